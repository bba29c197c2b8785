"""Firms that carry transformations out (数字化服务商)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from enterprises.places.models import Region


class ServiceProvider(models.Model):
    """A provider of digital services that an office keeps in the list (数字化服务商)."""

    name = models.CharField(max_length=120, unique=True)
    credit_code = models.CharField(max_length=18, blank=True)
    about = models.TextField(blank=True)
    nationwide = models.BooleanField(default=False)
    regions = models.ManyToManyField(Region, blank=True, related_name="+")
    contact_name = models.CharField(max_length=60, blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    contact_email = models.EmailField(blank=True)
    kept_by = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=True)
    fictional = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProviderScenario(models.Model):
    """That a provider serves a scenario of the index (服务场景)."""

    provider = models.ForeignKey(
        ServiceProvider, on_delete=models.CASCADE, related_name="scenarios"
    )
    scenario = models.PositiveSmallIntegerField(help_text="number in the 2024 index")

    class Meta:
        ordering = ["provider", "scenario"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "scenario"], name="a_provider_serves_a_scenario_once"
            ),
            models.CheckConstraint(
                condition=models.Q(scenario__range=(1, 16)), name="scenario_served_is_1_to_16"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.scenario}"
