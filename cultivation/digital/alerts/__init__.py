"""Alerts of coverage: measured every night, opened, closed, told, acknowledged (覆盖预警)."""
