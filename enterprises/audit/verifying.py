"""Walking the chain: is every record there, unchanged, in its place (审计链核验)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import F, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from enterprises.audit import anchoring, faults, hashing
from enterprises.audit.faults import Fault, Row, Wrong
from enterprises.audit.models import Anchor, AuditRecord, Seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from enterprises.audit.faults import Check

CHUNK = 2000
GRACE = dt.timedelta(minutes=10)  # so long may a record wait for its link
AS_KEPT = {name: Cast(name, TextField()) for name in hashing.PLAIN}
FIELDS = tuple(
    AS_KEPT.get(name, F(name)) for name in ("pk", *hashing.SAID, "content_hash")
)  # data as the texts that were hashed
Link = tuple[int, int, str, str, str]  # position, record, previous, hash, key


class Walk:
    """A walk along the chain: from the anchor before a day, or from its beginning (核验)."""

    def __init__(
        self, since: dt.date | None = None, *, told: Callable[[int], object] = lambda _n: None
    ) -> None:
        self.since, self._told = since, told
        self.links = self.records = 0
        self._keys = hashing.keys()
        self._begun = Anchor.objects.filter(day__lt=since).last() if since else None
        self._anchors: dict[int, list[anchoring.Line]] = {}
        self.position: int = 0
        self.hash = hashing.BEGINNING

    def faults(self) -> Iterator[Fault]:
        """Yield all that is wrong, in the order of the chain; nothing is wrong where none comes."""
        checks = [made(self.since) for made in faults.CHECKS]
        yield from self._read_anchors()
        yield from self._along(checks)
        for line in sorted(
            x for p, rest in self._anchors.items() if p > self.position for x in rest
        ):
            yield Fault(Wrong.CUT, line.position, detail=f"{line.day} {line.hash[:16]}")
        yield from self._unsealed(checks)
        for check in checks:
            yield from check.faults()

    def _read_anchors(self) -> Iterator[Fault]:
        """Take in the anchors of the database and of the file, which must be the same."""
        rows = [
            anchoring.Line(*row) for row in Anchor.objects.values_list("day", "position", "hash")
        ]
        inside, outside = set(rows), set(anchoring.lines())
        for odd in sorted(map(str, outside - inside)):
            yield Fault(Wrong.FILE, detail=f"{anchoring.place()}: {odd}")
        for line in sorted(inside - outside):
            yield Fault(Wrong.FILE, line.position, detail=f"{line.day} {line.hash[:16]}")
        for line in inside | {x for x in outside if isinstance(x, anchoring.Line)}:
            self._anchors.setdefault(line.position, []).append(line)

    def _along(self, checks: Sequence[Check]) -> Iterator[Fault]:
        links = Seal.objects.order_by("position")
        fields = ("position", "record_id", "previous", "hash", "key")
        place = Q(position__gt=self.position) if self.links else Q()
        if self._begun is not None and not self.links:
            place = Q(position__gte=self._begun.position)
            self.position, self.hash = self._begun.position - 1, ""
        while batch := list(links.filter(place).values_list(*fields)[:CHUNK]):
            rows = self._rows([record for _place, record, *_rest in batch])
            for link in batch:
                row = rows.get(link[1])
                yield from self._step(link, row)
                if row is not None:
                    for check in checks:
                        check.see(row)
            self.links += len(batch)
            place = Q(position__gt=batch[-1][0])
            self._told(self.links)

    def _rows(self, ids: Sequence[int]) -> dict[int, Row]:
        """Return records by id; they lie close together, but for those committed late."""
        first, last = min(ids), max(ids)
        close = Q(pk__range=(first, last)) if last - first < 2 * CHUNK else Q(pk__in=ids)
        found = AuditRecord.objects.filter(close).order_by().values_list(*FIELDS)
        return {row[0]: Row._make(row) for row in found}

    def _step(self, link: Link, row: Row | None) -> Iterator[Fault]:
        """Check one link against the one before, and its record against both."""
        position, record, previous, hash_, key = link
        if position != self.position + 1:
            yield Fault(Wrong.POSITION, self.position + 1)
        elif self.hash and previous != self.hash:
            yield Fault(Wrong.PREVIOUS, position, record)
        if row is None:
            yield Fault(Wrong.RECORD, position, record)
        elif key not in self._keys:
            yield Fault(Wrong.KEY, position, record, key)
        else:
            said = f"{row.action} {row.subject}"
            if not self._is_genuine(row, key):
                yield Fault(Wrong.CONTENT, position, record, said)
            content = row.content_hash
            if hashing.link(self._keys[key], previous, position, record, content) != hash_:
                yield Fault(Wrong.LINK, position, record, said)
        for line in self._anchors.get(position, ()):
            if line.hash != hash_:
                yield Fault(Wrong.ANCHOR, position, record, str(line.day))
        self.position, self.hash = position, hash_

    def _is_genuine(self, row: Row, key: str = "") -> bool:
        """Tell whether a record says what it said when it was written, under a key at hand."""
        self.records += 1
        said, first = row[1:-1], self._keys.get(key)
        if first is not None and hashing.hash_of(said, first) == row.content_hash:
            return True
        others = (secret for name, secret in self._keys.items() if name != key)
        return any(hashing.hash_of(said, secret) == row.content_hash for secret in others)

    def _unsealed(self, checks: Sequence[Check]) -> Iterator[Fault]:
        """Look at what has no link: what is fresh will get one, what is old should have one."""
        edge = timezone.now() - GRACE
        waiting = AuditRecord.objects.filter(seal__isnull=True).order_by("pk")
        for found in waiting.values_list(*FIELDS).iterator(CHUNK):
            row = Row._make(found)
            if not self._is_genuine(row):
                yield Fault(Wrong.CONTENT, None, row.pk, f"{row.action} {row.subject}")
            if row.made_at < edge:
                yield Fault(Wrong.UNSEALED, None, row.pk, f"{row.action} {row.subject}")
            for check in checks:
                check.see(row)
