"""What an enterprise is asked to mend, by when, and what came of it (退回补正)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.applications import Application
from cultivation.pipeline.models.reasons import Reason
from cultivation.standards.models import Judgement
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt


class Correction(models.Model):
    """What a level asks an enterprise to mend before it goes on (补正通知).

    In preparation until it is opened; while it is open the level's clock stands still. What stood
    before and after is kept, so that the difference can be shown at any time.
    """

    class Outcome(models.TextChoices):
        NONE = "", _("open")
        RESUBMITTED = "resubmitted", _("resubmitted")
        WITHDRAWN = "withdrawn", _("withdrawn")
        LAPSED = "lapsed", _("not corrected in time")

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="corrections"
    )
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    due_on = models.DateField(null=True, blank=True, db_index=True, help_text="last day")
    overdue_at = models.DateTimeField(null=True, blank=True, help_text="when found to be late")
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    words = models.TextField(blank=True, help_text="of the office, beyond those on single fields")
    before = models.ForeignKey(
        Judgement, null=True, on_delete=models.PROTECT, related_name="+", help_text="as sent back"
    )
    after = models.ForeignKey(
        Judgement, null=True, on_delete=models.PROTECT, related_name="+", help_text="as resubmitted"
    )
    answers_before = models.JSONField(default=dict)
    answers_after = models.JSONField(default=dict)
    papers_before = models.JSONField(default=list, help_text="[[subject, sha256, name, page], …]")
    papers_after = models.JSONField(default=list)
    beyond_words = models.TextField(
        blank=True, help_text="why something changed beyond what was asked"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(opened_at__isnull=False, closed_at__isnull=True),
                name="one_open_correction_of_an_application",
            ),
            models.UniqueConstraint(
                fields=["application", "level"],
                condition=models.Q(opened_at__isnull=True),
                name="one_correction_in_preparation_at_a_level",
            ),
            models.CheckConstraint(
                condition=models.Q(opened_at__isnull=True) | models.Q(due_on__isnull=False),
                name="an_open_correction_has_a_last_day",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True, outcome="")
                | models.Q(opened_at__isnull=False, closed_at__gte=models.F("opened_at"))
                & ~models.Q(outcome=""),
                name="a_closed_correction_was_open_and_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.level}"

    @property
    def is_open(self) -> bool:
        """Tell whether the enterprise has it in hand."""
        return self.opened_at is not None and self.closed_at is None

    def is_late(self, today: dt.date) -> bool:
        """Tell whether its last day is past."""
        return self.is_open and self.due_on is not None and self.due_on < today


class CorrectionItem(models.Model):
    """One thing to mend: which field, and why; what the enterprise says to it (补正事项).

    `subject` is "answer:niche", "report:2025:revenue", "statement:own_brand", "criterion:L26-3a",
    "document:17" or "fact:ip".
    """

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="items")
    subject = models.CharField(max_length=80)
    grounds = models.ForeignKey(
        Reason, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    words = models.TextField(blank=True, max_length=1000, help_text="the officer's own")
    answer = models.TextField(blank=True, max_length=1000, help_text="what the enterprise says")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["correction", "subject"], name="a_thing_is_sent_back_once_in_a_correction"
            ),
            models.CheckConstraint(
                condition=models.Q(grounds__isnull=False) | ~models.Q(words=""),
                name="what_is_sent_back_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def reason(self) -> str:
        """Return why, in the reader's language: the library's words and the officer's own."""
        return "\n".join(filter(None, (str(self.grounds or ""), self.words)))


class CorrectionExtension(models.Model):
    """That a correction got more time, and why (补正延期)."""

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="extensions")
    due_before = models.DateField()
    due_after = models.DateField()
    reason = models.TextField(max_length=1000)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_after__gt=models.F("due_before")) & ~models.Q(reason=""),
                name="an_extension_gives_more_time_and_says_why",
            )
        ]
