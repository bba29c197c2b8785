"""Tasks that officers give themselves to help a firm forward (帮扶任务)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models.coverage import CoverageDefinition
from enterprises.registry.models import Enterprise, Tier
from enterprises.registry.querysets import OfEnterpriseQuerySet


class HelpTask(models.Model):
    """What an officer does for one firm by a day, so that it counts as transformed (帮扶任务)."""

    class Kind(models.TextChoices):
        ON_SITE = "on_site", _("on-site assessment")
        SELF = "self", _("self-assessment by the firm")
        DIAGNOSIS = "diagnosis", _("diagnosis")
        ACCEPTANCE = "acceptance", _("acceptance of a project")
        SCENARIO = "scenario", _("scenarios to raise")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="help_tasks")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    definition = models.ForeignKey(CoverageDefinition, on_delete=models.PROTECT)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="help_tasks"
    )
    due_on = models.DateField()
    note = models.TextField(blank=True, help_text="read by officers alone")
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_on = models.DateField()
    made_at = models.DateTimeField(auto_now_add=True)
    handed = models.PositiveIntegerField(default=1, help_text="how often its owner or day was set")
    expires_on = models.DateField(
        null=True,
        blank=True,
        help_text="the firm counted when it was made, by an assessment valid until this day",
    )
    closed_on = models.DateField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.JSONField(default=dict, help_text="why it is closed; see helping.reasons")

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["owner", "state", "due_on"], name="help_task_of_owner")]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "kind"],
                condition=Q(state="open"),
                name="one_open_task_of_a_kind_for_a_firm",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_on__isnull=True)
                | Q(state__in=["done", "dropped"], closed_on__isnull=False),
                name="a_closed_task_says_when",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("made_on")), name="a_task_is_due_after_it_is_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_on}"
