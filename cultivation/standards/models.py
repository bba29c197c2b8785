"""Editions of the standards as loaded, and what judging by them gave (标准与评价结果)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise, Tier
from enterprises.registry.querysets import OfEnterpriseQuerySet


class Verdict(models.IntegerChoices):
    """What a criterion says; `all` is the least of its parts, `any` the greatest (判定)."""

    UNMET = 0, _("unmet")
    UNKNOWN = 1, _("unknown")
    MANUAL = 2, _("manual")
    MET = 3, _("met")


class Edition(models.Model):
    """One edition of a tier's standard, as its file says (标准版本); immutable once used."""

    code = models.CharField(max_length=40, unique=True)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    document = models.CharField(max_length=200, help_text="number of the document (文号)")
    in_force = models.DateField()
    until = models.DateField(null=True, blank=True, help_text="last day")
    text = models.TextField(help_text="the TOML as loaded")
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["tier", "in_force"]

    def __str__(self) -> str:
        return self.title_en if (get_language() or "").startswith("en") else self.title_zh


class Snapshot(models.Model):
    """A facts frame written as Parquet, named by its content hash (事实快照)."""

    sha256 = models.CharField(max_length=64, unique=True)
    as_of = models.DateField()
    rows = models.PositiveIntegerField()
    columns = models.PositiveIntegerField()
    made_at = models.DateTimeField(auto_now_add=True)


class JudgingRun(models.Model):
    """One run of all editions over a snapshot (评价运行)."""

    job = models.ForeignKey(JobRun, null=True, on_delete=models.SET_NULL)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT)
    as_of = models.DateField()
    editions = models.JSONField(default=list, help_text="[[code, sha256, kind], …]")
    stored = models.PositiveIntegerField(default=0, help_text="rows written: only changed ones")
    judged = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]


class Assessment(models.Model):
    """The latest verdict on an enterprise by an edition (评价结果).

    `verdicts` holds one digit of Verdict a criterion, in the order of the edition's criteria.
    Scores are hundredths of a point; where figures are missing the true score lies between
    `score_low` and `score_high`. Foreign keys are not checked row by row: a run judges millions.
    """

    class Kind(models.TextChoices):
        RECOGNITION = "recognition", _("new application")
        RECHECK = "recheck", _("re-check")

    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="assessments",
    )
    edition = models.ForeignKey(
        Edition, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.RECOGNITION)
    verdict = models.PositiveSmallIntegerField(choices=Verdict.choices)
    verdicts = models.CharField(max_length=100)
    unmet = models.PositiveSmallIntegerField(help_text="requirements unmet")
    unknown = models.PositiveSmallIntegerField(help_text="requirements unknown")
    score_low = models.IntegerField(null=True)
    score_high = models.IntegerField(null=True)
    run = models.ForeignKey(
        JudgingRun, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "edition", "kind"],
                name="one_assessment_by_an_edition",
            )
        ]
        indexes = [models.Index(fields=["edition", "verdict"], name="assessment_edition_verdict")]
