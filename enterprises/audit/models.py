"""Records of who did what, before and after, and why (审计日志)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from enterprises.audit.querysets import AuditRecordQuerySet


class AuditRecord(models.Model):
    """One thing done: who, what, before and after, why, in which request (审计记录).

    Rows are only ever added. `content_hash` is the SHA-256 of what the row says.
    """

    action = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=80, db_index=True, help_text='"application:17"')
    enterprise_id = models.BigIntegerField(null=True, db_index=True)
    region_path = models.CharField(max_length=6, blank=True, help_text="whose auditors may read it")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    request_id = models.CharField(max_length=32, blank=True)
    content_hash = models.CharField(max_length=64)

    objects = AuditRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
