"""Applications on their way from draft to recognition, and every step taken (申报与认定)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.reasons import Reason
from cultivation.pipeline.models.rounds import Round
from cultivation.pipeline.querysets import ApplicationQuerySet
from cultivation.standards.models import Edition, Judgement
from enterprises.places.models import Region
from enterprises.registry.models import Document, Enterprise, Stage, Tier, Title
from enterprises.registry.querysets import OfEnterpriseQuerySet

if TYPE_CHECKING:
    import datetime as dt


class Status(models.TextChoices):
    """Where an application stands (申报状态)."""

    DRAFT = "draft", _("draft")
    AT_COUNTY = "at_county", _("with the county")
    AT_CITY = "at_city", _("with the city")
    AT_PROVINCE = "at_province", _("with the province")
    AT_NATION = "at_nation", _("with the nation")
    RETURNED = "returned", _("returned for correction")
    ON_NOTICE = "on_notice", _("on public notice")
    RECOGNISED = "recognised", _("recognised")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


LIVE = (
    Status.DRAFT, Status.AT_COUNTY, Status.AT_CITY, Status.AT_PROVINCE, Status.AT_NATION,
    Status.RETURNED, Status.ON_NOTICE,
)  # fmt: skip


class Application(models.Model):
    """An enterprise's application for a tier, or for its re-check (申报)."""

    # Of the step at hand, not stored: the server's time it counts by, the round that takes it
    # (rounds.choosing.Intake), and where a handover leads.
    moment: dt.datetime | None = None
    taken_in: Any = None
    heads_for: str = ""

    class Kind(models.TextChoices):
        RECOGNITION = "recognition", _("new application")
        RECHECK = "recheck", _("re-check")

    class Intake(models.TextChoices):
        SELF_APPLIED = "self_applied", _("applied by itself")
        DISCOVERED = "discovered", _("discovered and invited")

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="applications"
    )
    tier = models.CharField(max_length=12, choices=Tier.choices)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.RECOGNITION)
    intake = models.CharField(max_length=12, choices=Intake.choices, default=Intake.SELF_APPLIED)
    year = models.PositiveSmallIntegerField(help_text="year of the application")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.PROTECT, related_name="applications"
    )
    status = models.CharField(
        max_length=12, choices=Status.choices, default=Status.DRAFT, db_index=True
    )
    region_path = models.CharField(max_length=6, db_index=True, help_text="at submission")
    route = models.JSONField(default=list, help_text="levels to pass, in order")
    held_since = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="since when it is where it is"
    )
    due_on = models.DateField(
        null=True, blank=True, db_index=True, help_text="last day for who has it in hand"
    )
    returned_from = models.CharField(max_length=12, choices=Status.choices, blank=True)
    answers = models.JSONField(default=dict, help_text="texts and statements of the form")
    receipt = models.CharField(max_length=40, blank=True, db_index=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_answers = models.JSONField(default=dict, help_text="the answers as submitted")
    submitted_form = models.JSONField(
        default=dict, help_text="fields, lists, papers and remarks as submitted"
    )
    submitted_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the whole submission"
    )
    submission = models.ForeignKey(
        Judgement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="applications",
        help_text="the judgement as submitted",
    )
    notice_level = models.CharField(
        max_length=8, blank=True, choices=Region.Level.choices, help_text="whose notice it is"
    )
    notice_from = models.DateField(null=True, blank=True)
    notice_to = models.DateField(null=True, blank=True, help_text="last day of the notice")
    title = models.OneToOneField(
        Title,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="application",
    )
    documents = models.ManyToManyField(Document, blank=True, related_name="+")
    reconsidered = models.CharField(
        max_length=24, blank=True, help_text="number of the reconsideration that reopened it"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "region_path"], name="application_status_region")]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "tier"],
                condition=models.Q(status__in=LIVE),
                name="one_live_application_of_a_firm_for_a_tier",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="recognised") | models.Q(title__isnull=False),
                name="recognised_means_a_title_was_given",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="on_notice")
                | models.Q(
                    notice_level__in=["province", "nation"],
                    notice_from__isnull=False,
                    notice_to__gte=models.F("notice_from"),
                ),
                name="a_notice_has_a_level_and_two_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise} · {self.get_tier_display()} {self.year}"

    @property
    def submitted_facts(self) -> dict[str, Any]:
        """Return the row of the frame as judged at submission; nothing before it."""
        return dict(self.submission.facts) if self.submission else {}

    @property
    def submitted_result(self) -> dict[str, Any]:
        """Return the result tree as judged at submission; nothing before it."""
        return dict(self.submission.result) if self.submission else {}


class Move(models.Model):
    """One step an application took: who, from where to where, why (流转记录)."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="moves")
    name = models.CharField(max_length=20)
    source = models.CharField(max_length=12, choices=Status.choices)
    target = models.CharField(max_length=12, choices=Status.choices)
    version = models.PositiveIntegerField(help_text="of the application when the step was taken")
    reason = models.TextField(blank=True)
    note = models.JSONField(default=dict, help_text="what the step recorded beside the reason")
    judgement = models.ForeignKey(
        Judgement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="moves",
        help_text="what the step rests on",
    )
    decides = models.BooleanField(
        default=False, help_text="of the level that decides: takes two persons"
    )
    alone = models.BooleanField(
        default=False, help_text="taken by one person, before decisions took two"
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "version"], name="one_step_from_one_state"
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(name="recognise"),
                name="an_application_is_recognised_once",
            ),
            models.CheckConstraint(
                condition=models.Q(proposed_by__isnull=True)
                | ~models.Q(proposed_by=models.F("made_by")),
                name="who_proposes_does_not_take_the_step",
            ),
            models.CheckConstraint(
                condition=models.Q(decides=False)
                | models.Q(alone=True)
                | models.Q(proposed_by__isnull=False, made_by__isnull=False),
                name="a_decision_takes_two_persons",
            ),
            models.CheckConstraint(
                condition=~models.Q(name="recognise") | models.Q(decides=True),
                name="a_recognition_is_a_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.name}"


class CriterionReview(models.Model):
    """An officer's word on one criterion of an application (逐条审核)."""

    class Opinion(models.TextChoices):
        AGREED = "agreed", _("agreed")
        OBJECTED = "objected", _("objected")

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="criterion_reviews"
    )
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    criterion = models.CharField(max_length=40)
    opinion = models.CharField(max_length=8, choices=Opinion.choices)
    grounds = models.ForeignKey(
        Reason, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True, help_text="the officer's own words")
    document = models.ForeignKey(
        Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    page = models.CharField(max_length=40, blank=True, help_text="of the document")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "level", "criterion"],
                name="one_word_of_a_level_on_a_criterion",
            )
        ]

    @property
    def words(self) -> str:
        """Return why, in the reader's language: the library's words and the officer's own."""
        return "\n".join(filter(None, (str(self.grounds or ""), self.reason)))


class StageChange(models.Model):
    """That an enterprise's stage or tier changed, with the cause (培育阶段变更)."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="stage_changes"
    )
    stage_before = models.CharField(max_length=12, choices=Stage.choices)
    stage_after = models.CharField(max_length=12, choices=Stage.choices)
    tier_before = models.CharField(max_length=12, choices=Tier.choices, blank=True)
    tier_after = models.CharField(max_length=12, choices=Tier.choices, blank=True)
    effective_on = models.DateField(default=timezone.localdate, db_index=True)
    cause = models.CharField(max_length=200)
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on", "-pk"]
