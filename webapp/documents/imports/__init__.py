"""Conversations out of files: of this program, and of others."""
