"""Letting proposals take effect, by a second officer, one or thousands (发布决定).

A chunk is one transaction, and a proposal that took effect is no longer open: so a release that was
killed midway is run again, and each application is decided once.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import ahead, moves, taking
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Proposal
from enterprises.registry.imports_writing import update

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from cultivation.pipeline.models import Application, Move, Release
    from cultivation.pipeline.moves import Step
    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

CHUNK = 500  # applications a transaction
State = Proposal.State


@dataclass(slots=True)
class Released:
    """What took effect, and what stood in the way of the rest (发布结果)."""

    taken: list[Move] = field(default_factory=list)
    hindered: dict[int, str] = field(default_factory=dict)  # proposal: why

    def add(self, other: Released) -> None:
        """Add what another chunk gave."""
        self.taken += other.taken
        self.hindered |= other.hindered


def release(proposals: Iterable[Proposal], *, by: User) -> Released:
    """Let pending proposals take effect now (发布).

    Raises PermissionDenied, and does nothing, where the user proposed one of them or does not
    decide on its application. What else stands in the way of one leaves it pending; where another
    officer was faster, that is said.
    """
    pks = [proposal.pk for proposal in proposals]
    rows = Proposal.objects.filter(pk__in=pks, state=State.PENDING)
    for proposal in rows.select_related("application"):
        if said := not_yours(proposal, proposal.application, by):
            raise PermissionDenied(said)
    done = Released()
    for chunk in _work_off(rows, _keys(rows), by=by):
        done.add(chunk)
    if len(done.taken) + len(done.hindered) < len(set(pks)):
        gone = Proposal.objects.filter(pk__in=pks).exclude(pk__in=done.hindered)
        taken = [move.pk for move in done.taken]
        done.hindered |= {one.pk: _already(one) for one in gone if one.move_id not in taken}
    return done


def work_off(release: Release, *, progress: Progress | None = None) -> dict[str, int]:
    """Let what a release holds take effect, as far as it has not yet; return how many (执行发布).

    What a chunk read is let go with it: a release of thousands needs no more memory than of some.
    """
    rows = Proposal.objects.filter(release=release, state=State.HELD)
    counts = {"decided": 0, "hindered": 0}
    waiting = _keys(rows)
    for done in _work_off(rows, waiting, by=release.made_by):
        counts["decided"] += len(done.taken)
        counts["hindered"] += len(done.hindered)
        if progress is not None:
            progress.report(sum(counts.values()), len(waiting), always=True)
    return counts


def not_yours(proposal: Proposal, application: Application, by: User) -> str:
    """Say why a proposal is not a user's to release, or nothing."""
    if proposal.proposed_by_id == by.pk:
        return _("Who proposes does not release; a second officer has to.")
    step = moves.STEPS[proposal.verdict]
    decides = by.scope.may_decide(application.region_path, proposal.level)
    if decides and moves.may(application, step, by):
        return ""
    return _("“%(move)s” is not allowed to you for this application.") % {"move": step.label}


def hindrance(proposal: Proposal, application: Application) -> str:
    """Say what stands in the way of a proposal whoever releases it, or nothing."""
    step = moves.STEPS[proposal.verdict]
    if application.version != proposal.version or application.status not in step.sources:
        return _("The application is %(status)s since; propose anew.") % {
            "status": application.get_status_display()
        }
    return moves.hindrance(application, step)


def _already(proposal: Proposal) -> str:
    return _("The proposal is %(state)s already.") % {"state": proposal.get_state_display()}


def _work_off(
    rows: QuerySet[Proposal], waiting: Sequence[tuple[int, int]], *, by: User
) -> Iterator[Released]:
    """Let proposals take effect chunk by chunk; yield what came of each."""
    for chunk in _chunks(waiting):
        with _uncollected():
            done = _release(rows, chunk, by)
        yield done


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for cycles in all that a chunk reads, again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _keys(rows: QuerySet[Proposal]) -> list[tuple[int, int]]:
    """Return enterprise and application of proposals, in the order in which rows are locked."""
    found = rows.order_by("application_id").values_list(
        "application__enterprise_id", "application_id"
    )
    return list(found)


def _chunks(waiting: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield applications in chunks with an enterprise once, so that its stage moves in turn."""
    rest = list(waiting)
    while rest:
        chunk: dict[int, int] = {}
        later = []
        for firm, application in rest:
            if firm in chunk or len(chunk) >= CHUNK:
                later.append((firm, application))
            else:
                chunk[firm] = application
        yield list(chunk.values())
        rest = later


@transaction.atomic
def _release(rows: QuerySet[Proposal], pks: Sequence[int], by: User) -> Released:
    """Let the proposals on some applications take effect in one transaction."""
    found = taking.locked().filter(pk__in=pks).order_by("pk")
    applications = {one.pk: one for one in ahead.read(found)}
    proposals = list(rows.select_for_update(of=("self",)).filter(application__in=pks))
    done = Released()
    due: dict[str, list[taking.Due]] = defaultdict(list)
    for proposal in proposals:
        application = applications[proposal.application_id]
        said = not_yours(proposal, application, by) or hindrance(proposal, application)
        if said:
            done.hindered[proposal.pk] = said
        else:
            due[proposal.verdict].append(taking.Due(application, proposal.reason, proposal))
    for verdict, some in sorted(due.items()):
        step = moves.STEPS[verdict]
        for part in [some] if step.in_bulk else [[one] for one in some]:
            done.add(_take(step, part, by))
    _give_back(proposals, done.hindered)
    return done


def _take(step: Step, dues: Sequence[taking.Due], by: User) -> Released:
    """Take a step on some; one that is taken alone may find that another took its place."""
    try:
        with transaction.atomic():
            made = taking.take(step, dues, by=by)
    except MoveError as error:
        return Released(hindered={due.proposal.pk: str(error) for due in dues if due.proposal})
    _close(dues, made, by)
    return Released(taken=made)


def _close(dues: Sequence[taking.Due], made: Sequence[Move], by: User) -> None:
    """Note on the proposals that they took effect, as which steps."""
    now = timezone.now()
    rows: list[dict[str, Any]] = [
        {
            "id": due.proposal.pk,
            "state": State.RELEASED.value,
            "released_by_id": by.pk,
            "ended_at": now,
            "checked_at": now,
            "hindrance": "",
            "move_id": move.pk,
        }
        for due, move in zip(dues, made, strict=True)
        if due.proposal
    ]
    update(Proposal, rows, [name for name in rows[0] if name != "id"] if rows else [])


def _give_back(proposals: Sequence[Proposal], hindered: dict[int, str]) -> None:
    """Leave what is hindered pending, with what stands in its way."""
    now = timezone.now()
    rows: list[dict[str, Any]] = [
        {
            "id": one.pk,
            "state": State.PENDING.value,
            "hindrance": hindered[one.pk],
            "checked_at": now,
        }
        for one in proposals
        if one.pk in hindered
    ]
    update(Proposal, rows, [name for name in rows[0] if name != "id"] if rows else [])
