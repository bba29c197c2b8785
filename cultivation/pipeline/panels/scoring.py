"""What an expert does with a case: declare, keep, submit, abstain (评分).

Every step looks again whether the case is his, the phase is open and no conflict came to light.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Application,
    CaseRemark,
    ExpertProfile,
    PanelBar,
    PanelTask,
    RubricLine,
    TaskVersion,
)
from cultivation.pipeline.panels import conflicts, phases, replacing, rubrics
from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cultivation.pipeline.panels.phases import Sight
    from enterprises.accounts.models import User

State, Declared = PanelTask.State, PanelTask.Declared
LONGEST = 2000
Scores = dict[str, dict[str, Any]]


class ScoreError(MoveError):
    """Scores that cannot be submitted; `faults` says by line why (评分有误)."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an expert typed (评分内容)."""

    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    remark: str = ""


def open_task(task: PanelTask, by: User) -> Sight:
    """Return what an expert may do with a task now; PermissionDenied where a conflict stands."""
    phase = phases.current(task.case.panel)
    if phase is None or not PanelTask.objects.before(by).filter(pk=task.pk).exists():
        raise PermissionDenied(_("This case is not before you now."))
    if found_conflicts(task):
        raise PermissionDenied(
            _("A conflict of interest stands between you and this case, so it stays closed to you. "
              "It will pass to somebody else.")
        )  # fmt: skip
    return phases.sight(task, phase)


def found_conflicts(task: PanelTask) -> list[conflicts.Clash]:
    """Return the conflicts between a task's expert and its firm as things stand today."""
    rule = conflicts.rule_of(task.case.panel, timezone.localdate())
    profiles = ExpertProfile.objects.filter(pk=task.member.profile_id)
    return conflicts.find(profiles, Application.objects.filter(pk=task.case.application_id), rule)


@transaction.atomic
def declare(
    task: PanelTask, *, by: User, conflict: bool, true: bool, reason: str = "", version: int
) -> PanelTask:
    """Declare that no conflict is known, or which one; then the case passes on (申明利益冲突)."""
    locked, sight = _opened(task, by, version)
    if not sight.declares:
        raise MoveError(_("There is nothing left to declare on this case."))
    if not true:
        raise MoveError(_("Confirm that the declaration is true."), field="true")
    if conflict and not reason.strip():
        raise MoveError(_("Say in a few words what the conflict is."), field="reason")
    locked.declared = Declared.CONFLICT if conflict else Declared.CLEAR
    locked.declared_at = timezone.now()
    locked.reason = reason.strip()[:LONGEST] if conflict else ""
    locked.version += 1
    locked.save()
    _note("panel.conflict_declared" if conflict else "panel.no_conflict_declared", locked, by)
    if conflict:
        said = conflicts.Clash(
            locked.member.profile_id,
            locked.case.application.enterprise_id,
            PanelBar.Reason.DECLARED,
            locked.reason[:300],
        )
        replacing.pass_on(locked, by=by, bars=[said], reason=_("declared by the expert"))
        locked.refresh_from_db()
    return locked


@transaction.atomic
def keep(task: PanelTask, sheet: Sheet, *, by: User, version: int) -> PanelTask:
    """Keep scores that are not complete yet; only wrong ones are refused (暂存)."""
    locked, sight = _opened(task, by, version)
    _may_score(sight)
    if locked.state in {State.FINAL, State.ABSTAINED}:
        raise MoveError(
            _("This case is submitted; a change counts only when it is submitted again.")
        )
    lines = list(locked.case.panel.rubric.lines.all())
    locked.scores = _read(lines, sheet.scores)
    locked.remark = sheet.remark.strip()[:LONGEST]
    locked.state, locked.kept_at = State.KEPT, timezone.now()
    locked.version += 1
    locked.save()
    return locked


@transaction.atomic
def submit(task: PanelTask, sheet: Sheet, *, by: User, version: int) -> PanelTask:
    """Submit the scores of a case; they may be submitted anew until the phase closes (提交)."""
    locked, sight = _opened(task, by, version)
    _may_score(sight)
    lines = list(locked.case.panel.rubric.lines.all())
    scores = _read(lines, sheet.scores)
    lacking = _lacking(lines, scores)
    if lacking:
        raise ScoreError(lacking)
    locked.scores, locked.total = scores, rubrics.total(lines, scores)
    locked.remark, locked.reason = sheet.remark.strip()[:LONGEST], ""
    locked.submission_id = locked.case.application.submission_id
    locked.state = State.FINAL
    locked.final_at = locked.kept_at = timezone.now()
    return _ended(locked, by, "panel.scored")


@transaction.atomic
def abstain(task: PanelTask, *, by: User, reason: str, version: int) -> PanelTask:
    """Say that one gives no score, and why (弃权)."""
    locked, sight = _opened(task, by, version)
    _may_score(sight)
    if not locked.case.panel.may_abstain:
        raise MoveError(_("On this panel nobody abstains; declare a conflict or give a score."))
    if not reason.strip():
        raise MoveError(_("Say why you abstain."), field="reason")
    locked.state, locked.total, locked.final_at = State.ABSTAINED, None, None
    locked.reason, locked.kept_at = reason.strip()[:LONGEST], timezone.now()
    return _ended(locked, by, "panel.abstained")


@transaction.atomic
def remark(task: PanelTask, text: str, *, by: User) -> CaseRemark:
    """Say something to the others on a case while it is discussed (讨论发言)."""
    locked, sight = _opened(task, by, task.version)
    if not sight.discusses:
        raise MoveError(_("This case is not being discussed now."))
    if not text.strip():
        raise MoveError(_("Write something first."), field="text")
    made = CaseRemark.objects.create(task=locked, text=text.strip()[:LONGEST])
    _note("panel.remarked", locked, by)
    return made


def _opened(task: PanelTask, by: User, version: int) -> tuple[PanelTask, Sight]:
    locked = (
        PanelTask.objects.select_for_update(of=("self",))
        .select_related("case__panel__rubric", "case__application", "member")
        .get(pk=task.pk)
    )
    sight = open_task(locked, by)
    if version != locked.version:
        raise MovedMeanwhileError(
            _("This case was changed in another window meanwhile. Look at it again.")
        )
    return locked, sight


def _may_score(sight: Sight) -> None:
    if not sight.scores:
        raise MoveError(_("Scores are given once you declared and while scoring is open."))


def _ended(task: PanelTask, by: User, action: str) -> PanelTask:
    task.version += 1
    task.save()
    TaskVersion.objects.create(
        task=task, version=task.version, state=task.state, scores=task.scores, total=task.total,
        remark=task.remark, reason=task.reason,
    )  # fmt: skip
    _note(action, task, by)
    return task


def _read(lines: Sequence[RubricLine], given: Mapping[str, Mapping[str, Any]]) -> Scores:
    """Return scores as kept; ScoreError for one that is not on the scale."""
    found: Scores = {}
    faults: dict[str, str] = {}
    for line in lines:
        said = given.get(line.key) or {}
        value, comment = said.get("value"), str(said.get("comment") or "").strip()[:LONGEST]
        if value is not None and not rubrics.is_on_scale(line, value):
            faults[line.key] = _(
                "“%(value)s” is not on the scale of %(line)s: %(low)s to %(high)s in steps of "
                "%(step)s."
            ) % {
                "value": value, "line": line, "low": line.low, "high": line.high,
                "step": line.step,
            }  # fmt: skip
        elif value is not None or comment:
            found[line.key] = {"value": value, "comment": comment}
    if faults:
        raise ScoreError(faults)
    return found


def _lacking(lines: Sequence[RubricLine], scores: Scores) -> dict[str, str]:
    """Return by line what is owed before scores can be submitted."""
    found = {}
    for line in lines:
        said = scores.get(line.key, {})
        if said.get("value") is None:
            found[line.key] = _("%(line)s has no score yet.") % {"line": line}
        elif comment_owed(line, said["value"]) and not said.get("comment"):
            found[line.key] = _("%(line)s needs a comment for this score.") % {"line": line}
    return found


def comment_owed(line: RubricLine, value: int) -> bool:
    """Tell whether a score of a line owes a comment."""
    edge = line.comment == line.Comment.EDGES and value in {line.low, line.high}
    return edge or line.comment == line.Comment.ALWAYS


def _note(action: str, task: PanelTask, by: User) -> None:
    recording.note(
        action, task, by=by, region_path=task.case.panel.region_path,
        after={"case": task.case.token, "expert": task.member.token, "version": task.version},
    )  # fmt: skip
