"""Records of who did what, and the chain that holds them together (审计日志)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from enterprises.audit.fields import PlainField
from enterprises.audit.querysets import AuditRecordQuerySet


class AuditRecord(models.Model):
    """One thing done: who, what, before and after, why, in which request (审计记录).

    Rows are only ever added; triggers of the database refuse anything else. `content_hash` is an
    HMAC of what the row says, so that no row can be forged in the database alone.
    """

    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text='"application:17"')
    enterprise_id = models.BigIntegerField(null=True)
    region_path = models.CharField(max_length=6, blank=True, help_text="whose auditors may read it")
    before = PlainField(default=dict)
    after = PlainField(default=dict)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    made_at = models.DateTimeField()
    request_id = models.CharField(max_length=32, blank=True)
    content_hash = models.CharField(max_length=64)

    objects = AuditRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["action", "id"], name="audit_by_action"),
            models.Index(fields=["subject", "id"], name="audit_by_subject"),
            models.Index(fields=["enterprise_id", "id"], name="audit_by_enterprise"),
            models.Index(fields=["made_by", "id"], name="audit_by_person"),
            models.Index(fields=["request_id"], name="audit_by_request"),
            models.Index(fields=["made_at"], name="audit_by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class Seal(models.Model):
    """One link of the chain: the record at a position, bound to all before it (链环).

    `hash` covers the hash before, the position, the record and its content, under the key that is
    called `key`.
    """

    position = models.BigIntegerField(primary_key=True)
    record = models.OneToOneField(AuditRecord, on_delete=models.PROTECT, related_name="seal")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    key = models.CharField(max_length=8, help_text="which key: never the key itself")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position} {self.hash[:12]}"


class Anchor(models.Model):
    """The end of the chain as it was on a day; a file outside the database says the same (锚点)."""

    day = models.DateField(primary_key=True)
    position = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.position}"
