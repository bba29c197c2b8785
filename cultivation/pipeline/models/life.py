"""What follows recognition: yearly updates, major changes, consequences, relations (动态管理)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.life.querysets import ConsequenceQuerySet
from enterprises.registry.models import Document, Enterprise, Title
from enterprises.registry.querysets import OfEnterpriseQuerySet

USER = settings.AUTH_USER_MODEL


class YearlyUpdate(models.Model):
    """That a holder of titles owes the update of its information in a year (年度信息更新)."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="yearly_updates"
    )
    year = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=40)
    due_on = models.DateField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    missed_on = models.DateField(null=True, blank=True, help_text="first day too late")

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-year"]
        indexes = [models.Index(fields=["due_on", "confirmed_at"], name="update_due_confirmed")]
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "year"], name="one_update_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.year}"


class MajorChange(models.Model):
    """A major change that a holder of titles reports within three months (重大变化情况报告)."""

    class Kind(models.TextChoices):
        RENAME = "rename", _("change of name")
        MERGER = "merger", _("merger or split")
        RESTRUCTURING = "restructuring", _("restructuring")
        MOVE = "move", _("move to another province")
        FOREIGN_BRANCH = "foreign_branch", _("company set up abroad")
        OTHER = "other", _("other major change")

    class Status(models.TextChoices):
        REPORTED = "reported", _("reported")
        SIMPLE_RENAME = "simple_rename", _("simple rename")
        QUALIFIED = "qualified", _("still qualified")
        UNQUALIFIED = "unqualified", _("not qualified any more")
        WITHDRAWN = "withdrawn", _("withdrawn")

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="major_changes"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    happened_on = models.DateField()
    due_on = models.DateField(help_text="last day to report it in time")
    rule = models.CharField(max_length=40)
    new_name = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    documents = models.ManyToManyField(Document, blank=True, related_name="+")
    status = models.CharField(max_length=14, choices=Status.choices, default=Status.REPORTED)
    reason = models.TextField(blank=True, help_text="of who decided")
    reported_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["reported", "withdrawn"])
                | models.Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~models.Q(reason=""),
                name="a_decided_change_says_who_and_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.kind} {self.happened_on}"

    @property
    def is_late(self) -> bool:
        """Tell whether it was reported after its last day."""
        return timezone.localdate(self.reported_at) > self.due_on


class Consequence(models.Model):
    """What missing a duty leads to, by its clause: of itself or put before an office (处理事项)."""

    class Kind(models.TextChoices):
        RECHECK_LOST = "recheck_lost", _("right to a re-check lost")
        CANCEL = "cancel", _("end of the title")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("to be decided")
        APPLIED = "applied", _("in force")
        WAIVED = "waived", _("waived")

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="consequences"
    )
    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="consequences")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices)
    cause = models.CharField(max_length=80, help_text='"update:2026", "change:17"')
    rule = models.CharField(max_length=40)
    clause = models.TextField()
    confidence = models.CharField(max_length=1)
    reason = models.TextField(blank=True, help_text="of who decided")
    decided_by = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    objects = ConsequenceQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["title", "cause", "kind"], name="a_cause_has_one_consequence_for_a_title"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waived")
                | models.Q(decided_by__isnull=False) & ~models.Q(reason=""),
                name="a_waiver_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="applied")
                | models.Q(confidence="H")
                | models.Q(decided_by__isnull=False),
                name="what_is_not_sure_is_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title_id} {self.kind} {self.cause}"


class RecheckWaiver(models.Model):
    """That an enterprise gives up the re-check of a title (放弃复核)."""

    title = models.OneToOneField(Title, on_delete=models.PROTECT, related_name="recheck_waiver")
    reason = models.TextField()
    made_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.title_id)


class Relation(models.Model):
    """That one enterprise controls another, shares its group, or continues it (关联企业)."""

    class Kind(models.TextChoices):
        CONTROLS = "controls", _("controls")
        SAME_GROUP = "same_group", _("is of the same group as")
        CONTINUES = "continues", _("continues the business of")

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="relations")
    other = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="related_to")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)
    made_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "other", "kind"], name="a_relation_is_entered_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(enterprise=models.F("other")),
                name="no_enterprise_is_related_to_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.kind} {self.other_id}"
