"""Assessing the digital level: thresholds, drafts, what the next level asks for, peers (评测)."""
