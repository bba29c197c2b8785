"""How many enterprises stand at each stage and tier, and since when (梯度分布快照)."""

from __future__ import annotations

from django.db import models

from enterprises.places.models import Region


class StageSnapshot(models.Model):
    """Enterprises of a region subtree at a stage, or with a highest tier, on a day (阶段快照)."""

    class Kind(models.TextChoices):
        STAGE = "stage", "stage"
        TIER = "tier", "tier"

    on = models.DateField()
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=12, help_text="of the stage or tier")
    firms = models.PositiveIntegerField()
    median_days = models.PositiveIntegerField(
        null=True, help_text="middle time since it was reached; empty where there are no firms"
    )
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-on", "region"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "on", "kind", "name"], name="one_stage_count_a_day"
            )
        ]
