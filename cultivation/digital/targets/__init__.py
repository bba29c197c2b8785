"""The goals beside coverage: measured where the system can count, reported elsewhere (目标)."""
