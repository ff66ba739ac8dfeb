"""Readers of what other programs write, one a module."""
