"""Panels: which cases of a round experts read, by which draw, in which phases (专家评审组)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.applications import Application
from cultivation.pipeline.models.experts import ExpertProfile
from cultivation.pipeline.models.rounds import Round
from cultivation.pipeline.models.rubrics import Rubric
from cultivation.pipeline.panels.querysets import PanelQuerySet
from enterprises.places.models import Region


class PanelDuty(models.Model):
    """That a round owes a panel at a level before that level decides (应当组织专家评审)."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="panel_duties")
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "level"], name="a_round_owes_a_panel_once")
        ]


class Panel(models.Model):
    """A panel of a round at one level: rubric, numbers, draw, phases (评审组).

    `region` is the office that holds it. `token` names it on the public page of its draw.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        COMMITTED = "committed", _("seed sealed")
        LISTED = "listed", _("lists closed")
        DRAWN = "drawn", _("drawn")
        CANCELLED = "cancelled", _("cancelled")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="panels")
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, blank=True, db_index=True)
    name = models.CharField(max_length=120)
    token = models.CharField(max_length=16, unique=True)
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="panels")
    industries = models.JSONField(default=list, help_text="sections whose cases it reads; []: all")
    seats = models.PositiveSmallIntegerField(help_text="experts drawn into the panel")
    each = models.PositiveSmallIntegerField(default=3, help_text="experts a case")
    most = models.PositiveSmallIntegerField(help_text="cases an expert")
    least = models.PositiveSmallIntegerField(default=2, help_text="scores a case needs")
    may_abstain = models.BooleanField(default=True)
    line = models.PositiveSmallIntegerField(null=True, blank=True, help_text="hundredths of points")
    years = models.PositiveSmallIntegerField(default=3, help_text="that past ties count")
    same_county = models.BooleanField(default=True, help_text="the same county is a conflict")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = PanelQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "level", "region", "name"], name="no_panel_twice_under_a_name"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    each__gte=1, seats__gte=models.F("each"), most__gte=1,
                    least__gte=1, least__lte=models.F("each"),
                ),
                name="a_panel_has_seats_for_each_case_and_scores_to_wait_for",
            ),
            models.CheckConstraint(
                condition=models.Q(line__isnull=True) | models.Q(line__lte=10_000),
                name="a_score_line_is_at_most_100_points",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class PanelPhase(models.Model):
    """What experts may do and see between two moments (评审阶段)."""

    class Kind(models.TextChoices):
        DECLARE = "declare", _("declare conflicts")
        SCORE = "score", _("score")
        DISCUSS = "discuss", _("discuss")

    class Others(models.TextChoices):
        NEVER = "never", _("never")
        AFTER_MINE = "after_mine", _("after my own is in")
        ALWAYS = "always", _("always")

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="phases")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(help_text="first moment that no longer counts")
    hide_firm = models.BooleanField(default=True)
    hide_experts = models.BooleanField(default=True)
    others = models.CharField(max_length=10, choices=Others.choices, default=Others.NEVER)

    class Meta:
        ordering = ["opens_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "kind"], name="one_phase_of_a_kind"),
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")),
                name="a_phase_closes_after_it_opens",
            ),
        ]


class PanelDraw(models.Model):
    """The draw of a panel: commitment, lists, seed, outcome, each with its moment (抽取记录).

    `sealed` is the seed under lock until the draw; `seed` stands there only once it is public.
    """

    panel = models.OneToOneField(Panel, on_delete=models.CASCADE, related_name="draw")
    commitment = models.CharField(max_length=64, help_text="SHA-256 of the 32 bytes of the seed")
    sealed = models.CharField(max_length=64)
    committed_at = models.DateTimeField()
    lists = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="how often lists were closed")
    seed = models.CharField(max_length=64, blank=True)
    word = models.CharField(max_length=80, blank=True, help_text="called by a witness")
    outcome = models.TextField(blank=True)
    outcome_digest = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(listed_at__isnull=True)
                | models.Q(listed_at__gt=models.F("committed_at")),
                name="the_seed_is_sealed_before_the_lists_close",
            ),
            models.CheckConstraint(
                condition=models.Q(drawn_at__isnull=True, seed="")
                | models.Q(
                    drawn_at__isnull=False,
                    listed_at__isnull=False,
                    drawn_at__gte=models.F("listed_at"),
                ),
                name="the_seed_is_public_only_with_the_draw",
            ),
        ]


class PanelMember(models.Model):
    """An expert on the lists of a panel; seated if the draw said so (候选与入组专家)."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="members")
    profile = models.ForeignKey(ExpertProfile, on_delete=models.PROTECT, related_name="memberships")
    token = models.CharField(max_length=12)
    place = models.PositiveSmallIntegerField(null=True, blank=True, help_text="in order of the lot")
    seated = models.BooleanField(default=False)

    class Meta:
        ordering = ["place", "token"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "profile"], name="an_expert_is_listed_once"),
            models.UniqueConstraint(fields=["panel", "token"], name="one_expert_of_a_number"),
        ]


class PanelCase(models.Model):
    """An application on the lists of a panel, under an opaque number (案卷)."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="cases")
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="panel_cases"
    )
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    token = models.CharField(max_length=12)
    void = models.BooleanField(default=False, help_text="the panel was cancelled")

    class Meta:
        ordering = ["token"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "token"], name="one_case_of_a_number"),
            models.UniqueConstraint(
                fields=["application", "level"],
                condition=models.Q(void=False),
                name="an_application_is_before_one_panel_of_a_level",
            ),
        ]


class PanelBar(models.Model):
    """That an expert may not read a case, and why (回避)."""

    class Reason(models.TextChoices):
        EMPLOYER = "employer", _("employed there")
        PAST_EMPLOYER = "past_employer", _("employed there before")
        SHARES = "shares", _("holds or held shares")
        WORK = "work", _("worked for it")
        FAMILY = "family", _("a near relative is tied to it")
        SEAT = "seat", _("sits or sat for the enterprise here")
        HANDLED = "handled", _("handled its application in an office")
        INVESTOR = "investor", _("tied to an investor of the enterprise")
        RELATED = "related", _("tied to a related enterprise")
        COUNTY = "county", _("lives in the same county")
        DECLARED = "declared", _("declared by the expert")

    member = models.ForeignKey(PanelMember, on_delete=models.CASCADE, related_name="bars")
    case = models.ForeignKey(PanelCase, on_delete=models.CASCADE, related_name="bars")
    reason = models.CharField(max_length=14, choices=Reason.choices)
    detail = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "case", "reason"], name="a_conflict_is_noted_once"
            )
        ]
