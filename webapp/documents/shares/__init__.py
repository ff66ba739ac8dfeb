"""Branches of conversations that whoever has the address may read."""
