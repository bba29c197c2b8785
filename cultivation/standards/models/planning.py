"""Plans of enterprises and scenarios of policy makers (规划与情景)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from cultivation.standards.models.editions import Edition
from cultivation.standards.models.judging import Assessment, Snapshot
from cultivation.standards.querysets import PlanQuerySet, ScenarioQuerySet
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise


class Plan(models.Model):
    """Figures an enterprise means to reach for a tier; its own and nobody else's (达标规划)."""

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="plans")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Assessment.Kind.choices)
    name = models.CharField(max_length=80)
    as_of = models.DateField(help_text="the day it is to be judged as of")
    changes = models.JSONField(default=dict, help_text="column of the frame: planned value")
    note = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, help_text="grows with every change")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "name"], name="one_plan_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Scenario(models.Model):
    """An edition with other thresholds, and who would gain and lose by it (门槛情景)."""

    name = models.CharField(max_length=120)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="scenarios")
    region_path = models.CharField(max_length=6, blank=True, help_text="the subtree it looks at")
    as_of = models.DateField()
    changes = models.JSONField(default=list, help_text="amendments as TOML would state them")
    note = models.TextField(blank=True)
    snapshot = models.ForeignKey(Snapshot, null=True, blank=True, on_delete=models.PROTECT)
    rules_hash = models.CharField(max_length=64, blank=True)
    result = models.JSONField(default=dict)
    result_at = models.DateTimeField(null=True, blank=True)
    job = models.ForeignKey(JobRun, null=True, blank=True, on_delete=models.SET_NULL)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, help_text="grows with every change")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name
