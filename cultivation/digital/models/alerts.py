"""Alerts of coverage: opened and closed by the nightly check (覆盖预警)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models.coverage import CoverageDefinition
from cultivation.digital.querysets import AlertQuerySet
from enterprises.places.models import Region
from enterprises.registry.models import Tier


class CoverageAlert(models.Model):
    """That something is amiss with the coverage of a region, from one day to another (覆盖预警).

    One row a region, tier, definition and kind while it lasts: it is never opened twice.
    """

    class Kind(models.TextChoices):
        BEHIND = "behind", _("behind the path")
        STALLED = "stalled", _("stalled")
        STALE = "stale", _("data are old")
        EXPIRING = "expiring", _("assessments expire")

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    tier = models.CharField(max_length=12, choices=Tier.choices)
    definition = models.ForeignKey(CoverageDefinition, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True, help_text="first day it no longer held")
    firms = models.PositiveIntegerField(help_text="firms it is about, on the last day seen")
    total = models.PositiveIntegerField(help_text="firms counted on the last day seen")
    figures = models.JSONField(default=dict, help_text="what was measured on the last day seen")
    seen_on = models.DateField(help_text="the last day it was found to hold")
    opening_told_on = models.DateField(null=True, help_text="empty: nobody was told of it yet")
    closing_told_on = models.DateField(null=True, help_text="empty: nobody was told of its end")
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, help_text="what the office says or does about it")

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-pk"]
        indexes = [
            models.Index(
                fields=["region"], condition=models.Q(closed_on=None), name="alerts_that_are_open"
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(opening_told_on=None)
                | models.Q(closed_on__isnull=False, closing_told_on=None),
                name="alerts_to_be_told",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "tier", "definition", "kind"],
                condition=models.Q(closed_on=None),
                name="an_alert_is_not_opened_twice",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True)
                | models.Q(closed_on__gte=models.F("opened_on")),
                name="alert_closes_after_it_opens",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.region_id}"

    @property
    def is_open(self) -> bool:
        """Tell whether it still holds."""
        return self.closed_on is None
