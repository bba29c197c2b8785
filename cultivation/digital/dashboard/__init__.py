"""The start page of coverage: pictures with their tables, read from what was stored (总览)."""
