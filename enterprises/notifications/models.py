"""What users are told, in the app and by mail (通知)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from enterprises.notifications.querysets import NotificationQuerySet


class Notification(models.Model):
    """One thing a user is told; its words come from its kind, in the reader's language (通知).

    The same `key` is told the same user once, however often it is sent.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict, help_text="what the words of the kind name")
    url = models.CharField(max_length=300, blank=True, help_text="the page it leads to")
    enterprise_id = models.BigIntegerField(null=True, db_index=True)
    key = models.CharField(max_length=200, help_text="told once a user")
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["recipient", "read_at"], name="notification_unread")]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="a_user_is_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
