"""Check-lists by which projects are accepted: rows, loaded from seeds (验收清单)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models.wording import worded
from enterprises.places.models import Region


class AcceptanceRule(models.Model):
    """What a city or this system asks for before a project is accepted (验收规则)."""

    code = models.CharField(max_length=40, unique=True)
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.PROTECT, help_text="none: everywhere"
    )
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source_zh = models.TextField()
    source_en = models.TextField()
    confidence = models.CharField(max_length=1, help_text="H, M or L")
    own = models.BooleanField(default=False, help_text="this system's, no authority's")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return worded(self, "name")

    @property
    def source(self) -> str:
        """Return where the list comes from, in the page's language."""
        return worded(self, "source")

    @property
    def verified(self) -> bool:
        """Tell whether the official text was seen, or several sources agree."""
        return self.confidence == "H"


class AcceptanceItem(models.Model):
    """One item of a check-list (验收事项)."""

    class Found(models.TextChoices):
        BY_HAND = "", _("by an officer")
        DIAGNOSED = "diagnosed", _("the diagnosis is done")
        FINISHED = "finished", _("the work is done")
        ASSESSED = "assessed", _("assessed after the work")
        ON_SITE = "on_site", _("assessed on site after the work")
        LEVEL_2 = "level_2", _("level 2 or above after the work")

    rule = models.ForeignKey(AcceptanceRule, on_delete=models.CASCADE, related_name="items")
    code = models.CharField(max_length=30)
    number = models.PositiveSmallIntegerField()
    text_zh = models.CharField(max_length=200)
    text_en = models.CharField(max_length=200)
    required = models.BooleanField(default=True)
    document = models.BooleanField(default=False, help_text="a document must prove it")
    found = models.CharField(
        max_length=10, blank=True, choices=Found.choices, help_text="found by the system"
    )

    class Meta:
        ordering = ["rule", "number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "code"], name="one_acceptance_item_of_a_code")
        ]

    def __str__(self) -> str:
        return worded(self, "text")
