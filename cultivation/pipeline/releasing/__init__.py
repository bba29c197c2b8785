"""Decisions of two persons: proposed by one, released by another (两人决定)."""
