"""On-site checks of applications: planned, recorded criterion by criterion, signed (现场核查)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.applications import Application
from cultivation.pipeline.models.visit_draws import VisitListed
from cultivation.pipeline.visits.querysets import VisitQuerySet
from cultivation.standards.models import Judgement
from enterprises.places.models import Region


class VisitRuleUse(models.Model):
    """That an office goes by a rule on visits that is not sure, or waits for a draw (启用规则)."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")
    rule = models.CharField(max_length=40)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region", "rule"], name="an_office_takes_a_rule_on_visits_once"
            )
        ]


class Visit(models.Model):
    """A check on site that a level makes of an application: why, by whom, when, what became of it.

    `rule` names the rule that owes it; it is empty where the visit was drawn (`listed`) or is the
    office's own wish.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be planned")
        PLANNED = "planned", _("planned")
        SIGNED = "signed", _("signed")
        WAIVED = "waived", _("waived")
        CANCELLED = "cancelled", _("called off")

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="visits")
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    rule = models.CharField(max_length=40, blank=True)
    listed = models.OneToOneField(
        VisitListed, null=True, blank=True, on_delete=models.PROTECT, related_name="visit"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    planned_on = models.DateField(null=True, blank=True, db_index=True)
    first = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    waiver_reason = models.TextField(blank=True)
    waiver_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "level"],
                condition=~models.Q(state="cancelled"),
                name="a_level_checks_an_application_on_site_once",
            ),
            models.CheckConstraint(
                condition=models.Q(first__isnull=True)
                | models.Q(second__isnull=True)
                | ~models.Q(first=models.F("second")),
                name="two_different_officers_go",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["planned", "signed"])
                | models.Q(
                    planned_on__isnull=False, first__isnull=False, second__isnull=False
                ),
                name="a_planned_visit_has_a_day_and_two_officers",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waived")
                | models.Q(waiver_by__isnull=False, waived_by__isnull=False)
                & ~models.Q(waiver_reason="")
                & ~models.Q(waiver_by=models.F("waived_by")),
                name="a_waiver_takes_a_reason_and_two_persons",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.application_id} {self.level}"

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be made."""
        return self.state in {self.State.OPEN, self.State.PLANNED}

    @property
    def left(self) -> int | None:
        """Return how many days are left to the planned day; below nought it is past."""
        if self.planned_on is None or not self.is_open:
            return None
        return (self.planned_on - timezone.localdate()).days


class VisitRecord(models.Model):
    """A version of what was found: by criterion, in words for the firm; frozen once signed (记录).

    `findings` holds by criterion `outcome` (agrees | deviates | unseen), `found`, `words`, and with
    the signature `objection`, the words put into the review sheet. Declared values and thresholds
    are those of `submission`.
    """

    class Outcome(models.TextChoices):
        AGREES = "agrees", _("agrees")
        DEVIATES = "deviates", _("deviates")
        UNSEEN = "unseen", _("could not be seen")

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="records")
    number = models.PositiveSmallIntegerField(default=1)
    submission = models.ForeignKey(Judgement, on_delete=models.PROTECT, related_name="+")
    visited_on = models.DateField(null=True, blank=True)
    findings = models.JSONField(default=dict)
    told = models.TextField(blank=True, help_text="the outcome in words for the enterprise")
    remarks = models.TextField(blank=True, help_text="for the office")
    correction = models.TextField(blank=True, help_text="why an earlier version was corrected")
    version = models.PositiveIntegerField(default=1)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)
    seal = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the record as signed")

    class Meta:
        ordering = ["visit", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "number"], name="a_record_of_a_visit_has_its_number"
            ),
            models.UniqueConstraint(
                fields=["visit"],
                condition=models.Q(signed_at__isnull=True),
                name="one_record_of_a_visit_is_open",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_at__isnull=True, signed_by__isnull=True, seal="")
                | models.Q(
                    signed_at__isnull=False, signed_by__isnull=False, written_by__isnull=False,
                    visited_on__isnull=False,
                )
                & ~models.Q(seal=""),
                name="a_signed_record_is_dated_written_and_sealed",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_by__isnull=True)
                | ~models.Q(signed_by=models.F("written_by")),
                name="who_wrote_a_record_does_not_sign_it",
            ),
            models.CheckConstraint(
                condition=models.Q(number=1) | ~models.Q(correction=""),
                name="a_correction_of_a_record_says_why",
            ),
        ]  # fmt: skip

    @property
    def is_signed(self) -> bool:
        """Tell whether it is frozen."""
        return self.signed_at is not None


class VisitFile(models.Model):
    """A photo or document taken on a visit, checked by content and size (现场照片与材料)."""

    record = models.ForeignKey(VisitRecord, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(upload_to="visits/%Y/%m")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    criterion = models.CharField(max_length=40, blank=True)
    kept = models.BooleanField(default=False, help_text="signed with its record")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]


class VisitComment(models.Model):
    """What an enterprise says on a visit (企业意见)."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]


class VisitRecusal(models.Model):
    """That an officer declared a conflict of interest and does not go (回避)."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="recusals")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "officer"], name="an_officer_leaves_a_visit_once"
            )
        ]
