"""Decisions that wait for a second person: on applications, and on titles to end (待发布决定)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.applications import Application, Move
from cultivation.pipeline.querysets import EndingQuerySet, ProposalQuerySet, ReleaseQuerySet
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from enterprises.registry.models import Title


class Release(models.Model):
    """Decisions let go together by a second officer, at once or at a moment (集中发布).

    Until it starts it can be called off. What it holds cannot be changed meanwhile.
    """

    class State(models.TextChoices):
        PREPARED = "prepared", _("being prepared")
        SCHEDULED = "scheduled", _("scheduled")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("called off")

    level = models.CharField(max_length=8, choices=Region.Level.choices)
    region_path = models.CharField(max_length=6, blank=True, help_text="of the office")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED)
    due_at = models.DateTimeField(null=True, blank=True, help_text="not before this moment")
    count = models.PositiveIntegerField(default=0, help_text="how many, as typed to confirm")
    taken = models.PositiveIntegerField(default=0, help_text="how many took effect")
    run = models.ForeignKey(
        JobRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "due_at"], name="release_state_due")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="scheduled") | models.Q(due_at__isnull=False),
                name="a_scheduled_release_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.pk}"


class Pending(models.Model):
    """What both kinds of pending decision share: who proposes, who lets it go (待发布决定)."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        HELD = "held", _("in a release")
        RELEASED = "released", _("released")
        REPLACED = "replaced", _("replaced by another proposal")
        WITHDRAWN = "withdrawn", _("withdrawn")
        LAPSED = "lapsed", _("overtaken")

    level = models.CharField(max_length=8, choices=Region.Level.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reasons = models.JSONField(
        default=list, help_text='of the library: [{"code": …, "criterion": …}]'
    )
    words = models.TextField(blank=True, help_text="own words of the officer")
    reason = models.TextField(blank=True, help_text="all reasons as they go out")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Tell whether it can still take effect."""
        return self.state in {self.State.PENDING, self.State.HELD}


class Proposal(Pending):
    """An officer's proposal how to decide an application (拟办决定).

    `verdict` is the step it becomes, `version` the state of the application it was made on.
    """

    class Verdict(models.TextChoices):
        RECOGNISE = "recognise", _("recognise")
        RECOMMEND = "recommend", _("recommend")
        REFUSE = "refuse", _("refuse")

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="proposals")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    version = models.PositiveIntegerField(help_text="of the application when it was proposed")
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="proposals"
    )
    hindrance = models.TextField(blank=True, help_text="what stood in the way when last looked at")
    checked_at = models.DateTimeField(null=True, blank=True)
    move = models.OneToOneField(
        Move, null=True, blank=True, on_delete=models.PROTECT, related_name="proposal"
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["state", "level"], name="proposal_state_level")]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state__in=["pending", "held"]),
                name="one_open_proposal_of_an_application",
            ),
            models.CheckConstraint(
                condition=models.Q(released_by__isnull=True)
                | ~models.Q(released_by=models.F("proposed_by")),
                name="who_proposes_does_not_release",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="released")
                | models.Q(released_by__isnull=False, move__isnull=False),
                name="released_means_a_second_person_and_a_step",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="held") | models.Q(release__isnull=False),
                name="held_means_in_a_release",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.verdict}"


class Ending(Pending):
    """A proposal to revoke or cancel a title before its time (拟撤销、取消)."""

    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="endings")
    kind = models.CharField(
        max_length=10,
        choices=[(Title.End.REVOKED, _("revoked")), (Title.End.CANCELLED, _("cancelled"))],
    )

    objects = EndingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["title"],
                condition=models.Q(state__in=["pending", "held"]),
                name="one_open_ending_of_a_title",
            ),
            models.CheckConstraint(
                condition=models.Q(released_by__isnull=True)
                | ~models.Q(released_by=models.F("proposed_by")),
                name="who_proposes_an_ending_does_not_release_it",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="released") | models.Q(released_by__isnull=False),
                name="an_ending_released_has_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title_id} {self.kind}"
