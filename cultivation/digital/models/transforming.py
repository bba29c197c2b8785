"""Digital transformation projects, their steps, acceptance and providers (数字化改造项目)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models.acceptance import AcceptanceItem, AcceptanceRule
from cultivation.digital.models.assessing import MaturityAssessment
from cultivation.digital.models.providing import ServiceProvider
from enterprises.registry.models import Document, Enterprise
from enterprises.registry.querysets import OfEnterpriseQuerySet


class TransformationProject(models.Model):
    """A digital transformation project of an enterprise (数字化改造项目).

    Coverage counts by the days begun, finished and accepted; the steps say how it got there.
    """

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="transformation_projects"
    )
    name = models.CharField(max_length=200)
    started_on = models.DateField()
    finished_on = models.DateField(null=True, blank=True)
    accepted_on = models.DateField(null=True, blank=True)
    own_money = models.BigIntegerField(null=True, blank=True, help_text="fen, planned")
    own_paid = models.BigIntegerField(null=True, blank=True, help_text="fen")
    public_money = models.BigIntegerField(null=True, blank=True, help_text="fen, promised")
    public_paid = models.BigIntegerField(null=True, blank=True, help_text="fen")
    provider = models.ForeignKey(
        ServiceProvider, null=True, blank=True, on_delete=models.PROTECT, related_name="projects"
    )
    acceptance_rule = models.ForeignKey(
        AcceptanceRule, null=True, blank=True, on_delete=models.PROTECT, help_text="accepted under"
    )
    before = models.ForeignKey(
        MaturityAssessment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    after = models.ForeignKey(
        MaturityAssessment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

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
            models.CheckConstraint(
                condition=models.Q(public_paid__isnull=True)
                | models.Q(public_paid=0)
                | models.Q(public_money__isnull=False, public_paid__lte=models.F("public_money")),
                name="public_money_is_promised_before_it_is_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProjectStep(models.Model):
    """A stage or milestone of a project with its due day (项目节点)."""

    class Stage(models.TextChoices):
        DIAGNOSIS = "diagnosis", _("diagnosis")
        PLAN = "plan", _("plan")
        CONTRACT = "contract", _("contract")
        MILESTONE = "milestone", _("milestone")
        WORK = "work", _("completion of the work")
        ACCEPTANCE = "acceptance", _("acceptance")

    project = models.ForeignKey(
        TransformationProject, on_delete=models.CASCADE, related_name="steps"
    )
    stage = models.CharField(max_length=10, choices=Stage.choices)
    name = models.CharField(max_length=120, blank=True, help_text="of a milestone")
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    left_out = models.CharField(max_length=200, blank=True, help_text="why it is left out")
    reminded_of = models.DateField(null=True, blank=True, help_text="due day reminded of")

    class Meta:
        ordering = ["project", "pk"]
        indexes = [
            models.Index(
                fields=["due_on"],
                name="project_steps_open",
                condition=models.Q(done_on__isnull=True, left_out=""),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "stage"],
                condition=~models.Q(stage="milestone"),
                name="a_project_has_each_stage_once",
            ),
            models.CheckConstraint(
                condition=models.Q(done_on__isnull=True) | models.Q(left_out=""),
                name="a_step_is_done_or_left_out",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.get_stage_display()


class ProjectTick(models.Model):
    """That an officer found an item of the acceptance list in order (验收核对)."""

    project = models.ForeignKey(
        TransformationProject, on_delete=models.CASCADE, related_name="ticks"
    )
    item = models.ForeignKey(AcceptanceItem, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(
        Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    remark = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "item"], name="an_item_of_a_project_is_ticked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.item_id}"
