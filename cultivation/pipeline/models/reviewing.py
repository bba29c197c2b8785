"""Who works on an application, and what an officer has seen of it (经办与已阅)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from cultivation.pipeline.models.applications import Application
from cultivation.standards.models import Judgement
from enterprises.places.models import Region


class Assignment(models.Model):
    """That an officer works on an application for a level, from when to when (指派经办)."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="assignments"
    )
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["officer", "ended_at"], name="assignment_of_officer")]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "level"],
                condition=models.Q(ended_at__isnull=True),
                name="one_officer_works_on_an_application_at_a_level",
            )
        ]


class Reviewed(models.Model):
    """That an officer went through an application as it was submitted then (已审阅)."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="reviewed")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    submission = models.ForeignKey(Judgement, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "officer", "level"],
                name="an_officer_went_through_an_application",
            )
        ]
