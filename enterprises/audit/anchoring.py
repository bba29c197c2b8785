"""Anchors: how the chain ended on a day, written where the database does not reach (每日锚点).

Who may write the whole database could cut the chain's tail off, or make it anew with a stolen key.
So every day its end is added to a file; a copy of that file on another machine is worth most.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from enterprises.audit import sealing
from enterprises.audit.models import Anchor, Seal

if TYPE_CHECKING:
    from collections.abc import Iterator


class Line(NamedTuple):
    """A line of the file: the day, the last position, its hash (锚点行)."""

    day: dt.date
    position: int
    hash: str


def anchor(day: dt.date | None = None) -> Anchor | None:
    """Keep the end of the chain for a day, once; None while the chain is empty (锚定)."""
    day = day or timezone.localdate()
    sealing.sweep(everything=True)
    with transaction.atomic():
        last = Seal.objects.order_by("-position").first()
        if last is None:
            return None
        kept, _new = Anchor.objects.get_or_create(
            day=day, defaults={"position": last.position, "hash": last.hash}
        )
    _add_lines()
    return kept


def place() -> Path:
    """Return where the file of anchors stands."""
    return Path(settings.AUDIT_ANCHORS)


def lines() -> Iterator[Line | str]:
    """Yield the lines of the file; one that cannot be read as the text it is. Nothing: no file."""
    try:
        with place().open(encoding="ascii", errors="replace") as file:
            for text in file:
                yield _read(text.rstrip("\n"))
    except FileNotFoundError:
        return


def _read(text: str) -> Line | str:
    try:
        day, position, hash_ = text.split("\t")
        return Line(dt.date.fromisoformat(day), int(position), hash_)
    except ValueError:
        return text


def _add_lines() -> None:
    """Add the anchors that the file lacks, and see them onto the disk."""
    there = {line.day for line in lines() if isinstance(line, Line)}
    missing = [one for one in Anchor.objects.all() if one.day not in there]
    if not missing:
        return
    place().parent.mkdir(parents=True, exist_ok=True)
    added = "".join(f"{one.day.isoformat()}\t{one.position}\t{one.hash}\n" for one in missing)
    descriptor = os.open(place(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(descriptor, added.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
