"""Pages of the pipeline (页面)."""
