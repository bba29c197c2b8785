"""Digital transformation projects (数字化改造项目)."""

from __future__ import annotations

from django.db import models

from enterprises.registry.models import Enterprise
from enterprises.registry.querysets import OfEnterpriseQuerySet


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
            ),
            models.CheckConstraint(
                condition=models.Q(finished_on__isnull=True)
                | models.Q(finished_on__gte=models.F("started_on")),
                name="project_is_finished_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.name
