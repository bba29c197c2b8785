"""Samples of cases to be seen on site, drawn by a sealed seed (现场核查抽样)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.applications import Application
from cultivation.pipeline.models.rounds import Round
from cultivation.pipeline.visits.querysets import VisitDrawQuerySet
from enterprises.places.models import Region
from enterprises.registry.models import Tier


class VisitDraw(models.Model):
    """A sample of what a level has in hand: size, seed, lists, outcome, with their moments (抽样).

    `sealed` is the seed under lock until the draw; `seed` stands there only once it is public.
    """

    class State(models.TextChoices):
        SEALED = "sealed", _("seed sealed")
        LISTED = "listed", _("lists closed")
        DRAWN = "drawn", _("drawn")
        CANCELLED = "cancelled", _("cancelled")

    class Strata(models.TextChoices):
        NONE = "", _("not split")
        UNIT = "unit", _("by recommending unit")
        CITY = "city", _("by city")
        COUNTY = "county", _("by county")

    token = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, blank=True, db_index=True)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    kind = models.CharField(max_length=12, choices=Application.Kind.choices)
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.PROTECT, related_name="visit_draws"
    )
    share = models.PositiveIntegerField(
        null=True, blank=True, help_text="parts per million of the cases listed"
    )
    number = models.PositiveIntegerField(null=True, blank=True, help_text="cases, instead of share")
    strata = models.CharField(max_length=8, choices=Strata.choices, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SEALED)
    commitment = models.CharField(max_length=64, help_text="SHA-256 of the 32 bytes of the seed")
    sealed = models.CharField(max_length=64)
    committed_at = models.DateTimeField()
    lists = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    seed = models.CharField(max_length=64, blank=True)
    word = models.CharField(max_length=80, blank=True, help_text="called by a witness")
    outcome = models.TextField(blank=True)
    outcome_digest = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = VisitDrawQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(share__isnull=True, number__isnull=False, number__gte=1)
                | models.Q(
                    number__isnull=True, share__isnull=False, share__gte=1, share__lte=1_000_000
                ),
                name="a_sample_has_a_share_or_a_number",
            ),
            models.CheckConstraint(
                condition=models.Q(listed_at__isnull=True)
                | models.Q(listed_at__gt=models.F("committed_at")),
                name="the_seed_of_a_sample_is_sealed_before_its_lists_close",
            ),
            models.CheckConstraint(
                condition=models.Q(drawn_at__isnull=True, seed="")
                | models.Q(
                    drawn_at__isnull=False,
                    listed_at__isnull=False,
                    drawn_at__gte=models.F("listed_at"),
                ),
                name="the_seed_of_a_sample_is_public_only_with_the_draw",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VisitListed(models.Model):
    """A case on the lists of a sample, under a number that says nothing (抽样名单).

    `rule` names what owes the visit anyway: such a case is listed, but not drawn.
    """

    draw = models.ForeignKey(VisitDraw, on_delete=models.CASCADE, related_name="listed")
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="visit_lists"
    )
    token = models.CharField(max_length=12)
    stratum = models.CharField(max_length=12, help_text="its number; one for all where not split")
    region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=40, blank=True)
    drawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["token"]
        constraints = [
            models.UniqueConstraint(
                fields=["draw", "application"], name="on_a_sample_s_list_a_case_stands_once"
            ),
            models.UniqueConstraint(
                fields=["draw", "token"], name="one_case_of_a_sample_has_a_number"
            ),
            models.CheckConstraint(
                condition=models.Q(drawn=False) | models.Q(rule=""),
                name="what_is_owed_anyway_is_not_drawn",
            ),
        ]
