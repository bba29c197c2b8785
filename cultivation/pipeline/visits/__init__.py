"""On-site checks: who is seen, by a draw or because it is owed, and what was found (现场核查)."""
