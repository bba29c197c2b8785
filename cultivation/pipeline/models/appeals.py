"""Reconsiderations of refusals, and requests for more time (复核与延期申请)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.appealing.querysets import MoreTimeQuerySet, ReconsiderationQuerySet
from cultivation.pipeline.models.applications import Application, Move
from cultivation.pipeline.models.corrections import Correction, CorrectionExtension
from cultivation.pipeline.models.rounds import Extension, Round
from enterprises.places.models import Region
from enterprises.registry.models import Document, Enterprise


class Reconsideration(models.Model):
    """That an enterprise asks for a refusal to be looked at again, once, and the answer (复核).

    A draft until it is sent. The refusal it is about stays in the history whatever comes of it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("being written")
        LAPSED = "lapsed", _("not sent in time")
        ASKED = "asked", _("asked for")
        EXAMINED = "examined", _("under examination")
        PROPOSED = "proposed", _("reopening waits for a second officer")
        UPHELD = "upheld", _("refusal upheld")
        REOPENED = "reopened", _("reopened")
        WITHDRAWN = "withdrawn", _("withdrawn")

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="reconsiderations"
    )
    refusal = models.ForeignKey(Move, on_delete=models.PROTECT, related_name="reconsiderations")
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="reconsiderations"
    )
    level = models.CharField(max_length=8, choices=Region.Level.choices, help_text="that refused")
    region_path = models.CharField(max_length=6, db_index=True, help_text="of the application")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    number = models.CharField(max_length=24, blank=True)
    words = models.TextField(blank=True, help_text="on the refusal as a whole")
    documents = models.ManyToManyField(Document, blank=True, related_name="+")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    told_on = models.DateField(null=True, blank=True, help_text="the day of being told")
    ask_by = models.DateField(null=True, blank=True, help_text="last day to ask")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    reply_due = models.DateField(null=True, blank=True)
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reply = models.TextField(blank=True, help_text="the answer to the enterprise")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    move = models.OneToOneField(
        Move, null=True, blank=True, on_delete=models.PROTECT, related_name="reopened_by"
    )
    escalated_on = models.DateField(null=True, blank=True, help_text="told the office above")
    version = models.PositiveIntegerField(default=1)

    objects = ReconsiderationQuerySet.as_manager()

    OPEN = (Status.ASKED, Status.EXAMINED, Status.PROPOSED)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "region_path"], name="reconsideration_state")]
        constraints = [
            models.UniqueConstraint(fields=["refusal"], name="a_refusal_is_reconsidered_once"),
            models.UniqueConstraint(
                fields=["number"],
                condition=~models.Q(number=""),
                name="no_number_of_a_reconsideration_twice",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "lapsed"])
                | models.Q(asked_at__isnull=False, reply_due__isnull=False) & ~models.Q(number=""),
                name="a_reconsideration_asked_for_has_a_number_and_a_last_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["examined", "proposed"])
                | models.Q(handler__isnull=False),
                name="a_reconsideration_examined_is_in_hand",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["upheld", "reopened"])
                | models.Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~models.Q(reply=""),
                name="a_reconsideration_decided_is_answered",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="reopened")
                | models.Q(confirmed_by__isnull=False, move__isnull=False),
                name="reopened_means_a_second_officer_and_a_step",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("decided_by")),
                name="who_reopens_does_not_confirm",
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.pk)

    @property
    def is_open(self) -> bool:
        """Tell whether it was asked for and is not answered."""
        return self.status in self.OPEN

    @property
    def told_as(self) -> str:
        """Return the status as the enterprise reads it: what is not confirmed is not told."""
        return self.Status.EXAMINED if self.status == self.Status.PROPOSED else self.status

    @property
    def told_label(self) -> str:
        """Return that status in words."""
        return str(self.Status(self.told_as).label)

    @property
    def is_late(self) -> bool:
        """Tell whether its answer is overdue."""
        due = self.reply_due
        return self.is_open and due is not None and due < timezone.localdate()


class ContestedPoint(models.Model):
    """One thing of a refusal that the enterprise contests, and what was found (复核事项).

    `subject` is "criterion:L26-3a", "reason:data-differ", "reason:data-differ:L26-3a", or "words"
    for what the office wrote itself.
    """

    reconsideration = models.ForeignKey(
        Reconsideration, on_delete=models.CASCADE, related_name="points"
    )
    subject = models.CharField(max_length=120)
    words = models.TextField(blank=True)
    founded = models.BooleanField(null=True, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reconsideration", "subject"], name="a_point_is_contested_once"
            ),
            models.CheckConstraint(
                condition=models.Q(founded__isnull=True) | ~models.Q(answer=""),
                name="a_point_answered_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class ReconsiderationStep(models.Model):
    """One step in the handling of a reconsideration: who, when, what (办理记录)."""

    reconsideration = models.ForeignKey(
        Reconsideration, on_delete=models.CASCADE, related_name="steps"
    )
    name = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class MoreTimeRequest(models.Model):
    """That an enterprise asks for more time, in a round or for a correction (延期申请).

    Nothing is extended by itself: an officer who may grants it, as an extension, or refuses it.
    """

    class Outcome(models.TextChoices):
        OPEN = "", _("not answered yet")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        LAPSED = "lapsed", _("no longer needed")

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="more_time_requests"
    )
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.PROTECT, related_name="more_time_requests"
    )
    correction = models.ForeignKey(
        Correction,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="more_time_requests",
    )
    until = models.DateTimeField(help_text="asked for; of a correction, the end of the last day")
    reason = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    extension = models.OneToOneField(
        Extension, null=True, blank=True, on_delete=models.PROTECT, related_name="asked_for"
    )
    correction_extension = models.OneToOneField(
        CorrectionExtension,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="asked_for",
    )

    objects = MoreTimeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "enterprise"],
                condition=models.Q(outcome="", round__isnull=False),
                name="one_open_request_of_a_firm_in_a_round",
            ),
            models.UniqueConstraint(
                fields=["correction"],
                condition=models.Q(outcome="", correction__isnull=False),
                name="one_open_request_for_a_correction",
            ),
            models.CheckConstraint(
                condition=models.Q(round__isnull=False, correction__isnull=True)
                | models.Q(round__isnull=True, correction__isnull=False),
                name="more_time_is_for_a_round_or_a_correction",
            ),
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="who_asks_for_more_time_says_why"
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome__in=["granted", "refused"])
                | models.Q(answered_by__isnull=False, answered_at__isnull=False)
                & ~models.Q(answer=""),
                name="more_time_is_answered_with_a_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="granted")
                | models.Q(extension__isnull=False)
                | models.Q(correction_extension__isnull=False),
                name="more_time_granted_is_an_extension",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        """Tell whether nobody answered it."""
        return not self.outcome
