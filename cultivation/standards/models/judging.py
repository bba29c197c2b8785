"""What judging the registry gave: snapshots, runs, results and how they changed (评价结果)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.standards.models.editions import Edition, Verdict
from cultivation.standards.querysets import ReplayQuerySet
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise
from enterprises.registry.querysets import OfEnterpriseQuerySet


class Snapshot(models.Model):
    """The facts of the registry on a day as Parquet files, each named by its hash (事实快照).

    `parts` are files of a whole reading, one or more a recommending unit; `overlay` is the file of
    the enterprises changed since, whose rows count instead; `delta` is the file of those changed
    since the snapshot before. `sha256` is the hash of the manifest that names them all. One that is
    retired has no files any more.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    signature = models.CharField(
        max_length=64, blank=True, default="", help_text="hash of what the columns mean"
    )
    parts = models.JSONField(default=list, help_text="[[unit, sha256, rows], …]")
    overlay = models.CharField(max_length=64, blank=True)
    delta = models.CharField(max_length=64, blank=True)
    gone = models.JSONField(default=list, help_text="ids in `parts` that no longer exist")
    before = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    as_of = models.DateField()
    rows = models.PositiveIntegerField()
    columns = models.PositiveIntegerField()
    made_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)


class JudgingRun(models.Model):
    """One run of all editions over a snapshot (评价运行)."""

    job = models.ForeignKey(JobRun, null=True, on_delete=models.SET_NULL)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT)
    as_of = models.DateField()
    whole = models.BooleanField(default=True, help_text="all enterprises, not only those changed")
    mark = models.BigIntegerField(
        null=True, help_text="under which it took up what was touched; null: it left it"
    )
    editions = models.JSONField(default=list, help_text="[[code, hash of the rules, kind], …]")
    rules = models.JSONField(default=dict, help_text="hash of the rules: [[code, sha256], …]")
    engine = models.CharField(max_length=40, blank=True, help_text="version of the evaluator")
    counts = models.JSONField(default=dict, help_text="code kind: enterprises by verdict digit")
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
        db_index=False,
        related_name="assessments",
    )
    edition = models.ForeignKey(
        Edition, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.RECOGNITION)
    verdict = models.PositiveSmallIntegerField(choices=Verdict.choices)
    verdicts = models.CharField(max_length=200)
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


class VerdictChange(models.Model):
    """That a run judged an enterprise otherwise than the run before (评价变动).

    An enterprise qualifies where nothing is unmet or unknown: its verdict is MANUAL or MET.
    """

    class Turn(models.IntegerChoices):
        LOST = -1, _("no longer qualifies")
        NEITHER = 0, _("another verdict")
        GAINED = 1, _("newly qualifies")

    run = models.ForeignKey(
        JudgingRun, on_delete=models.CASCADE, db_index=False, related_name="changes"
    )
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    edition = models.ForeignKey(
        Edition, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=12, choices=Assessment.Kind.choices)
    before = models.PositiveSmallIntegerField(
        null=True, choices=Verdict.choices, help_text="null: not judged before"
    )
    after = models.PositiveSmallIntegerField(choices=Verdict.choices)
    turn = models.SmallIntegerField(choices=Turn.choices)
    verdicts_before = models.CharField(max_length=100, blank=True, help_text="as in Assessment")
    verdicts_after = models.CharField(max_length=100)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-run", "pk"]
        indexes = [
            models.Index(fields=["run", "turn", "edition", "kind"], name="change_run_turn_edition")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "enterprise", "edition", "kind"], name="one_change_in_a_run"
            )
        ]


class Judgement(models.Model):
    """What the rules said of facts at a step that counts, kept whole to be replayed (判定存档)."""

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="judgements")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="judgements")
    rules = models.JSONField(default=list, help_text="[[code, sha256], …] of edition and overlays")
    rules_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=Assessment.Kind.choices)
    as_of = models.DateField()
    facts = models.JSONField(help_text="the frame's row as judged")
    facts_hash = models.CharField(max_length=64)
    result = models.JSONField(help_text="the result tree as judged")
    result_hash = models.CharField(max_length=64)
    verdict = models.PositiveSmallIntegerField(choices=Verdict.choices)
    engine = models.CharField(max_length=40, help_text="version of the evaluator")
    made_at = models.DateTimeField(auto_now_add=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]


class Replay(models.Model):
    """A run that judged kept judgements and stored results again, and what differed (重演)."""

    job = models.ForeignKey(JobRun, null=True, on_delete=models.SET_NULL)
    judgements = models.PositiveIntegerField(default=0, help_text="judged again")
    results = models.PositiveIntegerField(default=0, help_text="stored results judged again")
    drifted = models.PositiveIntegerField(default=0, help_text="how many differed")
    drift = models.JSONField(default=list, help_text="the first that differed, with the reason")
    began_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ReplayQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
