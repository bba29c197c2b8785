"""Whom to help next, and the tasks that officers make of it (帮扶)."""
