"""Rubrics: weights that add up exactly, scores that are compared exactly (评分表)."""

from __future__ import annotations

import fnmatch
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Rubric, RubricLine
from cultivation.pipeline.models.rubrics import WHOLE
from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from enterprises.accounts.models import User

State = Rubric.State
MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a rubric as stated (评分项)."""

    label_zh: str
    label_en: str
    weight: int
    criteria: tuple[str, ...] = ()
    low: int = 0
    high: int = 10
    step: int = 1
    anchors: tuple[tuple[int, str, str], ...] = ()  # (score, Chinese, English)
    comment: str = RubricLine.Comment.EDGES


def may_keep(user: User) -> bool:
    """Tell whether a user makes rubrics: who decides at the nation or in a unit."""
    return any(level in {"nation", "province"} for _path, level in user.scope.decide_paths)


def faults(lines: Sequence[Line]) -> list[str]:
    """Return in words what is wrong with the lines of a rubric."""
    found = []
    if not 1 <= len(lines) <= MOST_LINES:
        found.append(_("A rubric has 1 to %(most)s lines.") % {"most": MOST_LINES})
    total = sum(line.weight for line in lines)
    if total != WHOLE:
        found.append(
            _("The weights add up to %(total)s %%, not to 100 %%.")
            % {"total": f"{total // 100}.{total % 100:02d}"}
        )
    for number, line in enumerate(lines, start=1):
        found += [f"{number}. {said}" for said in _faults_of(line)]
    return found


def _faults_of(line: Line) -> list[str]:
    found = []
    if not line.label_zh.strip():
        found.append(_("The line needs a Chinese label."))
    if line.weight < 1:
        found.append(_("The line needs a weight."))
    if not 0 <= line.low < line.high <= 1000:
        found.append(_("The scale runs from a low to a higher score, at most 1000."))
    elif line.step < 1 or (line.high - line.low) % line.step:
        found.append(_("The steps do not lead from the lowest to the highest score."))
    elif any(not is_on_scale(line, at) for at, _zh, _en in line.anchors):
        found.append(_("An anchor stands beside the scale."))
    return found


def is_on_scale(line: Line | RubricLine, value: int) -> bool:
    """Tell whether a score is one that the scale has."""
    return line.low <= value <= line.high and (value - line.low) % line.step == 0


@transaction.atomic
def write(
    rubric: Rubric | None,
    lines: Sequence[Line],
    *,
    by: User | None,
    **head: Any,
) -> Rubric:
    """Write a rubric in preparation anew; a published one is never touched (编写).

    `head` are code, tier, title_zh, title_en, source. Weights add up once it is published.
    """
    _permit(by)
    if rubric is None:
        last = Rubric.objects.filter(code=head["code"]).first()
        locked = Rubric(version=last.version + 1 if last else 1, made_by=by)
    else:
        locked = Rubric.objects.select_for_update().get(pk=rubric.pk)
    if locked.state != State.DRAFT:
        raise MoveError(_("A published rubric is not changed; make its next version."))
    for name, value in head.items():
        setattr(locked, name, value)
    locked.save()
    locked.lines.all().delete()
    RubricLine.objects.bulk_create(
        RubricLine(
            rubric=locked, position=number, label_zh=line.label_zh, label_en=line.label_en,
            criteria=list(line.criteria), weight=line.weight, low=line.low, high=line.high,
            step=line.step, comment=line.comment,
            anchors=[{"at": at, "zh": zh, "en": en} for at, zh, en in line.anchors],
        )
        for number, line in enumerate(lines, start=1)
    )  # fmt: skip
    _note("rubric.written", locked, by, lines=len(lines))
    return locked


@transaction.atomic
def next_version(rubric: Rubric, *, by: User) -> Rubric:
    """Begin the next version of a rubric with the lines of this one (新版本)."""
    begun = Rubric.objects.filter(code=rubric.code, state=State.DRAFT).first()
    if begun is not None:
        raise MoveError(
            _("Version %(version)s is in preparation already.") % {"version": begun.version}
        )
    return write(
        None, lines_of(rubric), by=by, code=rubric.code, tier=rubric.tier,
        title_zh=rubric.title_zh, title_en=rubric.title_en, source=rubric.source,
    )  # fmt: skip


@transaction.atomic
def publish(rubric: Rubric, *, by: User | None) -> Rubric:
    """Publish a rubric; from now on it does not change (发布)."""
    _permit(by)
    locked = Rubric.objects.select_for_update().get(pk=rubric.pk)
    if locked.state != State.DRAFT:
        raise MoveError(_("This rubric is published already."))
    wrong = faults(lines_of(locked))
    if wrong:
        raise MoveError(" ".join(wrong))
    locked.state, locked.published_at = State.PUBLISHED, timezone.now()
    locked.save()
    _note("rubric.published", locked, by)
    return locked


@transaction.atomic
def retire(rubric: Rubric, *, by: User) -> Rubric:
    """Offer a rubric no longer; panels that use it keep it (停用)."""
    _permit(by)
    locked = Rubric.objects.select_for_update().get(pk=rubric.pk)
    if locked.state != State.PUBLISHED:
        raise MoveError(_("Only a published rubric is retired."))
    locked.state = State.RETIRED
    locked.save()
    _note("rubric.retired", locked, by)
    return locked


def lines_of(rubric: Rubric) -> list[Line]:
    """Return the lines of a rubric as stated."""
    return [
        Line(
            row.label_zh, row.label_en, row.weight, tuple(row.criteria), row.low, row.high,
            row.step, tuple((one["at"], one["zh"], one["en"]) for one in row.anchors), row.comment,
        )
        for row in rubric.lines.all()
    ]  # fmt: skip


def unit(lines: Iterable[RubricLine]) -> int:
    """Return into how many parts a hundredth of a point is cut, so that all totals are whole."""
    return math.lcm(*(line.high - line.low for line in lines))


def total(lines: Sequence[RubricLine], scores: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the weighted score in whole units: each line counts from its lowest to its highest.

    Divide by `100 * unit(lines)` for points of 100 (see points).
    """
    cut = unit(lines)
    return sum(
        line.weight * (int(scores[line.key]["value"]) - line.low) * cut // (line.high - line.low)
        for line in lines
    )


def points(amount: int | Fraction, cut: int) -> Fraction:
    """Return a total, a mean or a spread in points of 100, exactly."""
    return Fraction(amount) / (100 * cut)


def bears_on(line: RubricLine, criterion: str) -> bool:
    """Tell whether a criterion bears on a line."""
    return any(fnmatch.fnmatchcase(criterion, pattern) for pattern in line.criteria)


def _permit(by: User | None) -> None:
    if by is not None and not may_keep(by):
        raise PermissionDenied(_("Rubrics are made by the nation's and the units' officers."))


def _note(action: str, rubric: Rubric, by: User | None, **said: object) -> None:
    after = {"code": rubric.code, "version": rubric.version, **said}
    recording.note(action, rubric, by=by, after=after)
