"""Rounds of application: windows, who may come in when, quotas, extensions (批次)."""
