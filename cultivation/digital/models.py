"""Digital maturity, transformation projects, and coverage against 2027 (数字化转型)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from enterprises.registry.models import Document, Enterprise, Tier
from enterprises.registry.querysets import OfEnterpriseQuerySet


class MaturityAssessment(models.Model):
    """A digital-maturity assessment of an enterprise (数字化水平评测)."""

    class Way(models.TextChoices):
        SELF = "self_declared", _("self-declared")
        ON_SITE = "on_site", _("on site")

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="maturity_assessments"
    )
    index_version = models.PositiveSmallIntegerField(help_text="2022 or 2024")
    way = models.CharField(max_length=14, choices=Way.choices)
    answers = models.JSONField(default=dict, help_text="question and scenario answers")
    score = models.PositiveIntegerField(null=True, blank=True, help_text="hundredths, 0-10000")
    level = models.PositiveSmallIntegerField(help_text="0 (none) to 4")
    assessed_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    assessor = models.CharField(max_length=120, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.SET_NULL)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-assessed_on", "-pk"]
        indexes = [models.Index(fields=["enterprise", "assessed_on"], name="maturity_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(level__range=(0, 4)), name="maturity_level_is_0_to_4"
            )
        ]


class TransformationProject(models.Model):
    """A digital transformation project of an enterprise (数字化改造项目)."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="transformation_projects"
    )
    name = models.CharField(max_length=200)
    started_on = models.DateField()
    finished_on = models.DateField(null=True, blank=True)
    accepted_on = models.DateField(null=True, blank=True)
    own_money = models.BigIntegerField(null=True, blank=True, help_text="fen")
    public_money = models.BigIntegerField(null=True, blank=True, help_text="fen")
    note = models.TextField(blank=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-started_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_on__isnull=True)
                | models.Q(accepted_on__gte=models.F("started_on")),
                name="project_is_accepted_after_it_starts",
            )
        ]


class CoverageDefinition(models.Model):
    """One way to count a firm as transformed (覆盖口径); no official formula exists."""

    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    rule_zh = models.TextField()
    rule_en = models.TextField()
    evidence_en = models.TextField(blank=True)
    evidence_zh = models.TextField(blank=True)
    strictness = models.PositiveSmallIntegerField(help_text="1 strictest")
    confidence = models.CharField(max_length=40)
    headline = models.BooleanField(default=False)

    class Meta:
        ordering = ["strictness"]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh


class CoverageSnapshot(models.Model):
    """Coverage of one region subtree and tier on a date under a definition (覆盖快照).

    transformed + not_transformed + not_assessed = total; rates are derived, never stored.
    """

    on = models.DateField()
    definition = models.ForeignKey(CoverageDefinition, on_delete=models.PROTECT)
    region = models.ForeignKey(Region, on_delete=models.PROTECT)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    total = models.PositiveIntegerField()
    transformed = models.PositiveIntegerField()
    not_transformed = models.PositiveIntegerField()
    not_assessed = models.PositiveIntegerField()
    path_required = models.PositiveIntegerField(
        help_text="ppm that the path to 2027-12-31 asks for on this date"
    )
    job = models.ForeignKey(JobRun, null=True, on_delete=models.SET_NULL)
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-on", "region"]
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
