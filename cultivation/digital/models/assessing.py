"""Digital-maturity assessments (数字化水平评测)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from enterprises.registry.models import Document, Enterprise
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
