"""Forecasts of coverage (覆盖率预测)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models.coverage import CoverageDefinition
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from enterprises.registry.models import Tier


class Forecast(models.Model):
    """Where coverage of a region and tier goes under a definition, as seen on a day (覆盖率预测).

    Rates are parts per million, rates of firms hundredths of a firm a month. Where there is too
    little history to say anything, nothing is said.
    """

    class Method(models.TextChoices):
        MOVES = "moves", _("from the moves of past quarters")
        TOO_LITTLE = "too_little", _("too little to say")

    made_on = models.DateField()
    until = models.DateField(help_text="the horizon")
    region = models.ForeignKey(Region, on_delete=models.PROTECT)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    definition = models.ForeignKey(CoverageDefinition, on_delete=models.PROTECT)
    definition_version = models.PositiveIntegerField(default=1, help_text="it counts under")
    method = models.CharField(max_length=10, choices=Method.choices)
    total = models.PositiveIntegerField(help_text="holders on the day")
    transformed = models.PositiveIntegerField()
    low = models.PositiveIntegerField(null=True, help_text="ppm; one in ten runs ends below")
    lower = models.PositiveIntegerField(null=True, help_text="ppm; one in four ends below")
    middle = models.PositiveIntegerField(null=True)
    upper = models.PositiveIntegerField(null=True)
    high = models.PositiveIntegerField(null=True)
    holders = models.PositiveIntegerField(null=True, help_text="expected at the horizon")
    due = models.PositiveIntegerField(help_text="ppm asked for at the horizon")
    chance = models.PositiveIntegerField(null=True, help_text="ppm, of reaching what is due")
    needed = models.PositiveIntegerField(null=True, help_text="hundredths of a firm a month")
    run_rate = models.IntegerField(help_text="the same, net, in the twelve months before")
    own = models.PositiveIntegerField(null=True, help_text="ppm, weight of the region's own moves")
    quarters = models.PositiveSmallIntegerField(help_text="of history under the definition")
    fan = models.JSONField(default=list, help_text="by step: day, holders, five quantiles in ppm")
    climbs = models.JSONField(default=list, help_text="by state: ppm to count within a year")
    slack = models.JSONField(default=dict, help_text="ppm a year that ranges were widened by")
    backtest = models.JSONField(default=dict)
    seed = models.CharField(max_length=120)
    facts_hash = models.CharField(max_length=64)
    job = models.ForeignKey(JobRun, null=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_on", "region"]
        indexes = [
            models.Index(fields=["region", "tier", "definition", "made_on"], name="forecast_series")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["made_on", "region", "tier", "definition"], name="one_forecast_a_day"
            ),
            models.CheckConstraint(
                condition=Q(method="too_little", middle__isnull=True)
                | Q(
                    method="moves",
                    low__lte=F("lower"),
                    lower__lte=F("middle"),
                    middle__lte=F("upper"),
                    upper__lte=F("high"),
                    high__lte=1_000_000,
                ),
                name="forecast_says_nothing_or_a_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.tier} {self.definition} {self.made_on}"

    @property
    def missing(self) -> int | None:
        """Return the chance of missing what is due, in ppm (未达概率)."""
        return None if self.chance is None else 1_000_000 - self.chance

    @property
    def rate(self) -> int | None:
        """Return the share transformed on the day in ppm; None of none."""
        return self.transformed * 1_000_000 // self.total if self.total else None
