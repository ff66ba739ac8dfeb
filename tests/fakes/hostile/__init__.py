"""What a hostile user can send, and a neighbour who measures whether anybody has to wait for it."""
