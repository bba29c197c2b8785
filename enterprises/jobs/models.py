"""One run of a piece of background work, with its progress, log and result (任务运行)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from enterprises.jobs import names
from enterprises.jobs.querysets import JobRunQuerySet


class JobRun(models.Model):
    """A run of background work: who asked, how far it is, what came out (任务运行)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(max_length=40)
    task = models.CharField(max_length=120, help_text="Celery task that takes the run's id")
    key = models.CharField(max_length=120, blank=True, help_text="same kind and key: same work")
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="parts",
        help_text="the run that this one is a part of",
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    log = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    cancel_wanted = models.BooleanField(default=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind", "key", "status"], name="job_kind_key_status")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(status__in=["waiting", "running"]) & ~models.Q(key=""),
                name="one_live_run_for_the_same_work",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def percent(self) -> int:
        """Return how far the run is, 0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def is_live(self) -> bool:
        """Tell whether the run waits or works."""
        return self.status in (self.Status.WAITING, self.Status.RUNNING)

    @property
    def name(self) -> str:
        """Return what the run does, in the page's language."""
        return names.of_kind(self.kind)

    @property
    def about(self) -> str:
        """Return what a part is about; empty for a run of its own."""
        return names.of_part(self.params) if self.parent_id else ""

    @property
    def last_line(self) -> str:
        """Return the last line of the log."""
        return self.log.rstrip("\n").rpartition("\n")[2]
