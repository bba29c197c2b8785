"""Enterprises invited to apply because they were found to qualify (主动发现邀约)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.applications import Application
from cultivation.standards.models import Edition, JudgingRun
from enterprises.registry.models import Enterprise, Tier
from enterprises.registry.querysets import OfEnterpriseQuerySet


class Invitation(models.Model):
    """An office's invitation to apply for a title; it lowers no standard (邀约).

    `message` is for the enterprise, `note` for the offices alone.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("open")
        APPLIED = "applied", _("applied")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="invitations")
    tier = models.CharField(max_length=12, choices=Tier.choices)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(
        JudgingRun,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="the run that found it",
    )
    qualified = models.BooleanField(default=True, help_text="false: one requirement was short")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    message = models.TextField(blank=True, help_text="for the enterprise")
    note = models.TextField(blank=True, help_text="for the offices alone")
    due_on = models.DateField(null=True, blank=True, help_text="asked to apply by")
    reason = models.TextField(blank=True, help_text="why declined or withdrawn")
    application = models.OneToOneField(
        Application,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invitation",
        help_text="what it led to",
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="the officer who follows it up",
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="grows with every change")

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["outcome", "tier"], name="invitation_outcome_tier")]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "tier"],
                condition=models.Q(outcome="open"),
                name="one_open_invitation_of_a_firm_for_a_tier",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="applied") | models.Q(application__isnull=False),
                name="applied_means_an_application",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise} · {self.get_tier_display()}"
