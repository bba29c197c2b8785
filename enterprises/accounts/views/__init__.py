"""Pages of claims, seats and readings (页面)."""
