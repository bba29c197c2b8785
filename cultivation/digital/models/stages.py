"""How many enterprises stand at each stage and tier, and since when (梯度分布快照)."""

from __future__ import annotations

from django.db import models

from enterprises.places.models import Region
from enterprises.registry.models import Tier


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
        indexes = [models.Index(fields=["on"], name="stage_snapshot_on")]


class LevelSnapshot(models.Model):
    """Holders of a tier in a region subtree by level on a day (水平等级快照).

    The level is that of the latest assessment valid on the day, of whichever kind and index. Rows
    are written by one writer from the regions themselves, so the database looks none of them up.
    """

    on = models.DateField()
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    tier = models.CharField(max_length=12, choices=Tier.choices)
    none = models.PositiveIntegerField(help_text="not assessed")
    level_0 = models.PositiveIntegerField()
    level_1 = models.PositiveIntegerField()
    level_2 = models.PositiveIntegerField()
    level_3 = models.PositiveIntegerField()
    level_4 = models.PositiveIntegerField()

    class Meta:
        ordering = ["-on", "region"]
        constraints = [
            models.UniqueConstraint(fields=["region", "tier", "on"], name="one_row_of_levels_a_day")
        ]
        indexes = [models.Index(fields=["on"], name="level_snapshot_on")]

    def __str__(self) -> str:
        return f"{self.region_id} {self.tier} {self.on}"
