"""Moves and titles beside what the audit log says of them (交叉核对).

Whoever rewrites a move, its judgement and the receipt together, or a title, has not rewritten the
log. What is older than the log's first word on such rows is not held against anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.pipeline import traces
from cultivation.pipeline.models import Move
from enterprises.audit.faults import CHECKS, Fault, Wrong
from enterprises.audit.models import AuditRecord
from enterprises.registry.models import Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from enterprises.audit.faults import Row

CHUNK = 1000
READ = (
    "application_id", "name", "source", "target", "version", "reason", "note", "judgement_id",
    "made_by_id", "made_at", "proposed_by_id", "decides", "alone", "application__receipt",
    "application__enterprise__fictional",
    *(f"judgement__{name}" for name in traces.HASHES),
)  # fmt: skip
Said = tuple[int, tuple[Any, ...]]  # the record, and what it says


class Moves:
    """Every move has its record, which says the same of it (流转核对)."""

    def __init__(self, since: dt.date | None) -> None:
        self._since = since
        self._said: dict[int, Said] = {}
        self._twice: list[Fault] = []

    def see(self, record: Row) -> None:
        """Take in what a record says of a move."""
        if not record.action.startswith("application."):
            return
        after = record.told()
        move = after.get("move")
        if move is None:
            return
        known = self._said.get(move)
        if known is not None and known[0] != record.pk:
            self._twice.append(_fault(Wrong.OTHERWISE, record.pk, "move", move, _("told twice")))
        else:
            self._said[move] = record.pk, _of_record(after)

    def faults(self) -> Iterator[Fault]:
        """Yield the moves that the log does not know, knows otherwise, or that are gone."""
        yield from self._twice
        first = min(self._said, default=None)
        moves = Move.objects.select_related("judgement", "application__enterprise").order_by("pk")
        moves = moves.only(*READ)
        if self._since is not None:
            moves = moves.filter(made_at__date__gte=self._since)
        if first is not None:
            moves = moves.filter(pk__gte=first)
            for move in moves.iterator(CHUNK):
                yield from self._held_against(move)
        for gone, (record, _values) in self._said.items():
            if not Move.objects.filter(pk=gone).exists():
                yield _fault(Wrong.GONE, record, "move", gone)

    def _held_against(self, move: Move) -> Iterator[Fault]:
        said = self._said.pop(move.pk, None) or _looked_up(
            f"application:{move.application_id}", "move", move.pk, _of_record
        )
        if said is None:
            yield _fault(Wrong.UNRECORDED, None, "move", move.pk, str(move))
            return
        now = _of_record(traces.kept_of(move, move.application))
        if move.application.enterprise.fictional:  # the demonstration spreads its moves over weeks
            now = (said[1][0], *now[1:])
        if now != said[1]:
            yield _fault(Wrong.OTHERWISE, said[0], "move", move.pk, str(move))


class Titles:
    """Every title is as the log said of it last (称号核对)."""

    def __init__(self, since: dt.date | None) -> None:
        self._since = since
        self._said: dict[int, Said] = {}

    def see(self, record: Row) -> None:
        """Take in what a record says of a title; a later one replaces it."""
        if not record.action.startswith("title."):
            return
        after = record.told()
        title = after.get("title")
        if title is not None and record.pk >= self._said.get(title, (0,))[0]:
            self._said[title] = record.pk, _of_title(after)

    def faults(self) -> Iterator[Fault]:
        """Yield the titles that the log does not know, knows otherwise, or that are gone."""
        first = min(self._said, default=None)
        if first is None:
            return
        rows = Title.objects.filter(pk__gte=first).order_by("pk")
        if self._since is not None:
            rows = rows.filter(pk__in=list(self._said))
        for title in rows.iterator(CHUNK):
            now = _of_title(traces.state_of(title))
            said = self._said.pop(title.pk, None)
            if said is None or said[1] != now:
                said = _looked_up(f"title:{title.pk}", "title", title.pk, _of_title) or said
            if said is None:
                yield _fault(Wrong.UNRECORDED, None, "title", title.pk, title.number)
            elif said[1] != now:
                yield _fault(Wrong.OTHERWISE, said[0], "title", title.pk, title.number)
        for gone, (record, _values) in self._said.items():
            yield _fault(Wrong.GONE, record, "title", gone)


def _of_record(after: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(after.get(name) for name in ("at", "digest", "receipt", *traces.HASHES))


def _of_title(after: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(after.get(name) for name in traces.STATE)


def _looked_up(subject: str, key: str, pk: int, said: Any) -> Said | None:
    """Return what the log says last of a row that changed while the chain was walked."""
    for record in AuditRecord.objects.filter(subject=subject).order_by("-pk"):
        after: Any = record.after
        if isinstance(after, dict) and after.get(key) == pk:
            return record.pk, said(after)
    return None


def _fault(wrong: Wrong, record: int | None, kind: str, pk: int, more: str = "") -> Fault:
    return Fault(wrong, None, record, f"{kind} {pk} {more}".strip())


CHECKS.extend((Moves, Titles))
