"""Addresses at which calendars are read without signing in (日历)."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """The secret address of a user's calendar; only the hash of its secret is kept (日历订阅)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    secret_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256")
    language = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
