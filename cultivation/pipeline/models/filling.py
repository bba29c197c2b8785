"""What is kept of a form beside its values: who saved, what proves, who is in it (填报).

Values have one home each: texts and declarations in the application, figures and statements in the
registry. A row here says of a field when it was saved last and by whom, and which saves it knows.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from cultivation.pipeline.models.applications import Application
from enterprises.registry.models import Document


class Entry(models.Model):
    """One field of an application's form, or one paper asked for (填报项).

    `subject` names it: "answer:niche", "report:2025:revenue", "statement:own_brand",
    "paper:audit_report:2025". `saves` are the last saves as [id, mark of the value], so that a save
    sent twice is one save.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="entries")
    subject = models.CharField(max_length=80)
    saves = models.JSONField(default=list, help_text="[[id of the save, mark of the value]]")
    remark = models.CharField(max_length=300, blank=True, help_text="for the reviewer")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "subject"], name="one_entry_for_a_field_of_an_application"
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.subject}"


class Evidence(models.Model):
    """That a document of the enterprise is handed in as a paper asked for (佐证)."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="evidence")
    subject = models.CharField(max_length=80, help_text='"paper:audit_report:2025"')
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=80, blank=True, help_text="page or line")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "subject", "document"],
                name="a_document_is_handed_in_once_as_a_paper",
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.subject}"


class Presence(models.Model):
    """Where in an application's form somebody is, as heard last (在场)."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=60)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "user"], name="somebody_is_in_one_place_of_an_application"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.application_id} {self.section}"
