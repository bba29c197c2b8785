"""Dates that a user has to keep, on a page and as a calendar to subscribe to (日程)."""
