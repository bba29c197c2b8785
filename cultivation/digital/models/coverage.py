"""Coverage definitions, paths and snapshots (覆盖口径与快照)."""

from __future__ import annotations

from django.db import models

from cultivation.digital.models.wording import worded
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from enterprises.registry.models import Tier


class CoverageDefinition(models.Model):
    """One way to count a firm as transformed (覆盖口径); no official formula exists."""

    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    rule_zh = models.TextField()
    rule_en = models.TextField()
    evidence_en = models.TextField(blank=True)
    evidence_zh = models.TextField(blank=True)
    used_by_zh = models.TextField(blank=True, default="")
    used_by_en = models.TextField(blank=True, default="")
    count = models.JSONField(default=dict, help_text="what is counted; see the seed file")
    version = models.PositiveIntegerField(default=1, help_text="grows when what is counted does")
    strictness = models.PositiveSmallIntegerField(help_text="1 strictest")
    confidence = models.CharField(max_length=40)
    headline = models.BooleanField(default=False)

    class Meta:
        ordering = ["strictness"]

    def __str__(self) -> str:
        return worded(self, "name")

    @property
    def rule(self) -> str:
        """Return the rule in the page's language."""
        return worded(self, "rule")

    @property
    def evidence(self) -> str:
        """Return the evidence asked for in the page's language."""
        return worded(self, "evidence")

    @property
    def used_by(self) -> str:
        """Return who counts so, in the page's language."""
        return worded(self, "used_by")

    @property
    def verified(self) -> bool:
        """Tell whether sources agree that somebody counts so; inferred ones do not."""
        return self.confidence == "high"


class FormerRule(models.Model):
    """What a definition counted until it was changed (口径旧版); past days are counted by it."""

    definition = models.ForeignKey(
        CoverageDefinition, on_delete=models.CASCADE, related_name="former_rules"
    )
    version = models.PositiveIntegerField()
    count = models.JSONField()
    until = models.DateField(help_text="first day counted by the next version")

    class Meta:
        ordering = ["definition", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "version"], name="one_rule_a_version_of_a_definition"
            )
        ]

    def __str__(self) -> str:
        return f"{self.definition_id} v{self.version}"


class RequiredPath(models.Model):
    """The straight line of a tier to its goal (必达路径); rates in parts per million.

    Without a start the line begins at the first national snapshot of the definition.
    """

    tier = models.CharField(max_length=12, choices=Tier.choices, unique=True)
    start_on = models.DateField(null=True, blank=True)
    start_ppm = models.PositiveIntegerField(default=0, help_text="ppm on the first day")
    due_on = models.DateField()
    due_ppm = models.PositiveIntegerField(default=1_000_000, help_text="ppm on the last day")
    verified = models.BooleanField(default=False, help_text="the goal is read in a public source")
    start_verified = models.BooleanField(default=False, help_text="the start is, too")
    source_zh = models.TextField(blank=True)
    source_en = models.TextField(blank=True)

    class Meta:
        ordering = ["tier"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start_on__isnull=True)
                | models.Q(due_on__gt=models.F("start_on")),
                name="path_is_due_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(start_ppm__lte=1_000_000) & models.Q(due_ppm__lte=1_000_000),
                name="path_rates_are_at_most_the_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_tier_display()} → {self.due_on}"

    @property
    def source(self) -> str:
        """Return where the goal comes from, in the page's language."""
        return worded(self, "source")


class CoverageSnapshot(models.Model):
    """Coverage of one region subtree and tier on a date under a definition (覆盖快照).

    transformed + not_transformed + not_assessed = total; rates are derived, never stored. Tens of
    thousands of rows a night are written by one writer from the tables they name, so the database
    need not look each of these up again; Django protects what is named from being deleted.
    """

    on = models.DateField()
    definition = models.ForeignKey(
        CoverageDefinition, on_delete=models.PROTECT, db_constraint=False, db_index=False
    )
    definition_version = models.PositiveIntegerField(default=1, help_text="it was counted under")
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, db_constraint=False, db_index=False
    )
    tier = models.CharField(max_length=12, choices=Tier.choices)
    total = models.PositiveIntegerField()
    transformed = models.PositiveIntegerField()
    not_transformed = models.PositiveIntegerField()
    not_assessed = models.PositiveIntegerField()
    path_required = models.PositiveIntegerField(
        help_text="ppm that the path to 2027-12-31 asks for on this date"
    )
    job = models.ForeignKey(JobRun, null=True, on_delete=models.SET_NULL, db_constraint=False)
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-on", "region"]
        indexes = [
            models.Index(fields=["region", "tier", "definition", "on"], name="coverage_series")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["on", "definition", "region", "tier"], name="one_coverage_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total=models.F("transformed")
                    + models.F("not_transformed")
                    + models.F("not_assessed")
                ),
                name="coverage_parts_add_up",
            ),
        ]
