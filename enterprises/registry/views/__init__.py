"""Pages of the registry, split by subject (页面)."""
