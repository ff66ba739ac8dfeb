"""What an Authorization header carries."""


def carries_token(header: str) -> bool:
    """Whether it is a token, ours or not; a proxy in front may send others with each request of a browser."""
    return header[:7].lower() == "bearer "
