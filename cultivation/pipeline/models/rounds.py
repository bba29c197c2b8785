"""Rounds of application: for which title, by which standard, when, how many (批次)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.standards.models import Edition
from enterprises.places.models import Region
from enterprises.registry.models import Tier


class Round(models.Model):
    """A round (批次) of one tier, held by the nation or by a recommending unit.

    `region` is the nation or the unit that holds it; `kinds` the kinds of application it takes.
    Its windows, extensions and quotas are rows of their own. Without an `edition` the standard
    that counts on the day of submission applies.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("in preparation")
        OPEN = "open", _("published")
        CLOSED = "closed", _("closed")

    tier = models.CharField(max_length=12, choices=Tier.choices)
    kinds = models.JSONField(default=list, help_text='["recognition", "recheck"]')
    year = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, blank=True, db_index=True)
    edition = models.ForeignKey(
        Edition, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    document = models.CharField(max_length=120, blank=True, help_text="number of the notice")
    note = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "year", "region", "name"], name="no_round_twice_under_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
