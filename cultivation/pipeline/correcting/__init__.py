"""Reviewing criterion by criterion, sending back, mending, and the time it takes (审核与补正)."""
