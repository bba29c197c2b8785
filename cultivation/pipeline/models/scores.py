"""What experts do with a case: declare, score, remark; what they may read of it (评分)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.panels import PanelCase, PanelMember
from cultivation.pipeline.panels.querysets import TaskQuerySet
from cultivation.standards.models import Judgement
from enterprises.registry.models import Document


class PanelTask(models.Model):
    """A case before an expert, with what he said of it (评审任务).

    `token` is all that an expert's address shows. `scores` are {"1": {"value": 8, "comment": "…"}}
    by the position of the rubric's line; `total` is exact, in units of the rubric (rubrics.unit).
    """

    class State(models.TextChoices):
        OPEN = "open", _("not begun")
        KEPT = "kept", _("begun")
        FINAL = "final", _("submitted")
        ABSTAINED = "abstained", _("abstained")
        REPLACED = "replaced", _("given to somebody else")

    class Declared(models.TextChoices):
        NOTHING = "", _("not declared yet")
        CLEAR = "clear", _("no conflict")
        CONFLICT = "conflict", _("a conflict")

    case = models.ForeignKey(PanelCase, on_delete=models.CASCADE, related_name="tasks")
    member = models.ForeignKey(PanelMember, on_delete=models.CASCADE, related_name="tasks")
    token = models.CharField(max_length=24, unique=True)
    number = models.PositiveIntegerField(default=0, help_text="0 the draw, else the replacement")
    declared = models.CharField(max_length=8, choices=Declared.choices, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    scores = models.JSONField(default=dict)
    total = models.BigIntegerField(null=True, blank=True)
    remark = models.TextField(blank=True)
    reason = models.TextField(blank=True, help_text="of abstaining, or of a conflict")
    submission = models.ForeignKey(
        Judgement, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    kept_at = models.DateTimeField(null=True, blank=True)
    final_at = models.DateTimeField(null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["token"]
        indexes = [models.Index(fields=["member", "state"], name="task_member_state")]
        constraints = [
            models.UniqueConstraint(fields=["case", "member"], name="an_expert_has_a_case_once"),
            models.CheckConstraint(
                condition=~models.Q(state="final")
                | models.Q(total__isnull=False, final_at__isnull=False, declared="clear"),
                name="a_final_score_has_a_total_and_a_declaration",
            ),
        ]


class TaskVersion(models.Model):
    """What a task said each time it was submitted or laid down (评分历史)."""

    task = models.ForeignKey(PanelTask, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=PanelTask.State.choices)
    scores = models.JSONField(default=dict)
    total = models.BigIntegerField(null=True)
    remark = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["task", "version"], name="one_task_version_of_a_number")
        ]


class Replacement(models.Model):
    """That a case went from one expert to another after the draw (补抽).

    The number counts within the panel; with the seed it says who had to take over. `barred` are
    those who could not, so that anybody can check it. Nobody took it where nobody was left.
    """

    case = models.ForeignKey(PanelCase, on_delete=models.CASCADE, related_name="replacements")
    number = models.PositiveIntegerField()
    left = models.ForeignKey(PanelMember, on_delete=models.CASCADE, related_name="+")
    stays = models.BooleanField(default=False, help_text="abstained: still counts as read")
    taken = models.ForeignKey(PanelMember, null=True, on_delete=models.CASCADE, related_name="+")
    barred = models.JSONField(default=list, help_text="numbers of who could not take it")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]


class CaseDocument(models.Model):
    """A document of a case as experts get it: numbered, withheld until released (案卷材料)."""

    class Release(models.TextChoices):
        WITHHELD = "withheld", _("withheld")
        SHOWN = "shown", _("shown as it is")
        REDACTED = "redacted", _("shown in a redacted copy")

    case = models.ForeignKey(PanelCase, on_delete=models.CASCADE, related_name="documents")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    release = models.CharField(max_length=8, choices=Release.choices, default=Release.WITHHELD)
    copy = models.FileField(upload_to="panels/%Y/%m", blank=True)
    copy_type = models.CharField(max_length=80, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "document"], name="a_case_has_a_document_once"),
            models.UniqueConstraint(fields=["case", "number"], name="one_document_of_a_number"),
            models.CheckConstraint(
                condition=~models.Q(release="redacted") | ~models.Q(copy=""),
                name="a_redacted_document_has_a_copy",
            ),
        ]


class CaseRemark(models.Model):
    """What an expert says to the others on a case while it is discussed (讨论发言)."""

    task = models.ForeignKey(PanelTask, on_delete=models.CASCADE, related_name="remarks")
    text = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
