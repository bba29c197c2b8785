"""Taking a step on applications, one or a thousand: the only writer of a status (推进落库).

Who may, and whether it is possible, was asked before; the rows are locked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from cultivation.pipeline import telling, traces
from cultivation.pipeline.correcting import assigning, clock
from cultivation.pipeline.models import Application, Move, Status
from cultivation.pipeline.notices import publishing
from cultivation.pipeline.releasing import overtaking
from enterprises.registry.imports_writing import update

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from cultivation.pipeline.models import Proposal
    from cultivation.pipeline.moves import Step
    from enterprises.accounts.models import User

moved = Signal()  # sent with each `move` once the transaction is committed


@dataclass(frozen=True, slots=True)
class Due:
    """An application on which a step is due, why, and on whose proposal (待推进)."""

    application: Application
    reason: str = ""
    proposal: Proposal | None = None
    proposed_by: int | None = None  # where somebody proposed it otherwise


def locked() -> QuerySet[Application]:
    """Return applications to lock, with what every step needs of them."""
    return Application.objects.select_for_update(of=("self",)).select_related(
        "enterprise__region", "edition", "title", "submission__edition"
    )


def take(step: Step, dues: Sequence[Due], *, by: User | None) -> list[Move]:
    """Take a step on applications of different enterprises, record it, return the records.

    What the step does for one it does for each; open proposals that it overtakes lapse.
    """
    applications = [due.application for due in dues]
    before = [_fields(application) for application in applications]
    decides = [step.two_persons(application) for application in applications]
    if step.together is not None:
        step.together(applications, by)
    notes = [_note(step, due, by) for due in dues]
    for application in applications:
        application.status = step.target(application)
        application.version += 1
    made = Move.objects.bulk_create(
        Move(
            application=due.application,
            name=step.name,
            source=was["status"],
            target=due.application.status,
            version=was["version"],
            reason=due.reason,
            note=note,
            judgement=due.application.submission,
            decides=decisive,
            proposed_by_id=due.proposal.proposed_by_id if due.proposal else due.proposed_by,
            made_by=by,
        )
        for due, was, note, decisive in zip(dues, before, notes, decides, strict=True)
    )
    for application in applications:
        clock.settle(application)
    _save(applications, before)
    assigning.release(applications, moved=step.moves_away)
    publishing.leave(
        due.application
        for due, was in zip(dues, before, strict=True)
        if was["status"] == Status.ON_NOTICE
    )
    if step.after is not None:
        step.after(applications)
    traces.moved(made, by=by)
    telling.moved(made, by=by)
    kept = [due.proposal.pk for due in dues if due.proposal]
    overtaking.lay_aside(step, made, kept=kept, by=by)
    transaction.on_commit(partial(_tell, made))
    return made


def _note(step: Step, due: Due, by: User | None) -> dict[str, Any]:
    moment = timezone.localtime(due.application.moment or timezone.now())
    note = {"received_at": moment.isoformat()} | step.effect(due.application, by)
    if due.proposal is None:
        return note
    return note | {"proposal": due.proposal.pk, "reasons": due.proposal.reasons}


def _fields(application: Application) -> dict[str, Any]:
    return {field.attname: getattr(application, field.attname) for field in _columns()}


def _columns() -> Iterable[Any]:
    return Application._meta.concrete_fields


def _save(applications: Sequence[Application], before: Sequence[dict[str, Any]]) -> None:
    """Store what a step changed; many in one statement for each set of fields it touched."""
    if len(applications) == 1:
        applications[0].save()
        return
    now = timezone.now()
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for application, was in zip(applications, before, strict=True):
        application.updated_at = now
        fields = _fields(application)
        touched = tuple(name for name, value in fields.items() if value != was[name])
        groups.setdefault(touched, []).append(
            {"id": application.pk, **{name: fields[name] for name in touched}}
        )
    for touched, rows in groups.items():
        update(Application, rows, touched)


def _tell(made: Sequence[Move]) -> None:
    for move in made:
        moved.send_robust(sender=Move, move=move)
