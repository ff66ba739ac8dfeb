"""Conversations as documents: written in several formats, read from those of other programs, shared by an address."""
