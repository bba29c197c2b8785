"""Pages of a list by key, with a count that stops counting (键集分页)."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

COUNT_CAP = 10_000
SIDES = ("after", "before")


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page and the cursors of its neighbours."""

    rows: Sequence[Any]
    previous: str
    following: str
    count: int
    capped: bool


def take(
    rows: QuerySet[Any],
    *,
    sort: str,
    after: str = "",
    before: str = "",
    size: int = 50,
    count: bool = True,
) -> Page:
    """Return the page after or before a cursor, sorted by a field (`-field` falls) and the key.

    No OFFSET: the cursor holds the last row's value and key, so the millionth row costs as much as
    the first. A cursor that cannot be read gives the first page. Counting stops at COUNT_CAP.
    """
    backwards = bool(before)
    falling = sort.startswith("-")
    field = sort.lstrip("-")
    mark = _read(before or after)
    down = falling != backwards
    found = rows.order_by(*_order(field, down=down))
    if mark:
        try:
            found = found.filter(_beyond(field, mark, down=down))
        except (ValidationError, ValueError, TypeError):
            mark = None
    batch = list(found[: size + 1])
    more = len(batch) > size
    batch = batch[:size]
    if backwards:
        batch.reverse()
    has_previous = more if backwards else bool(mark)
    has_following = bool(mark) if backwards else more
    number = rows.order_by()[: COUNT_CAP + 1].count() if count else 0
    return Page(
        rows=batch,
        previous=_write(batch[0], field) if has_previous and batch else "",
        following=_write(batch[-1], field) if has_following and batch else "",
        count=min(number, COUNT_CAP),
        capped=number > COUNT_CAP,
    )


def chosen_sort(wanted: str, allowed: Mapping[str, Any], default: str) -> str:
    """Return the sort asked for where the list allows it, else the default."""
    return wanted if wanted in allowed else default


def neighbour(request: HttpRequest, side: str, cursor: str) -> str:
    """Return the address of the page `before` or `after`, narrowed as now; empty where none is."""
    if not cursor:
        return ""
    kept = request.GET.copy()
    for name in SIDES:
        kept.pop(name, None)
    kept[side] = cursor
    return f"{request.path}?{kept.urlencode()}"


def _order(field: str, *, down: bool) -> list[str]:
    sign = "-" if down else ""
    return [f"{sign}{name}" for name in dict.fromkeys((field, "pk"))]


def _beyond(field: str, mark: tuple[Any, int], *, down: bool) -> Q:
    value, key = mark
    step = "lt" if down else "gt"
    if field == "pk":
        return Q(**{f"pk__{step}": key})
    return Q(**{f"{field}__{step}": value}) | Q(**{field: value, f"pk__{step}": key})


def _write(row: Model, field: str) -> str:
    value = row.pk if field == "pk" else getattr(row, field)
    if isinstance(value, (dt.datetime, dt.date)):
        value = value.isoformat()
    text = json.dumps([value, row.pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[Any, int] | None:
    if not cursor or len(cursor) > 2000:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        value, key = json.loads(text)
    except (binascii.Error, ValueError, TypeError):
        return None
    if not isinstance(key, int) or not isinstance(value, (int, str)) or abs(key) >= 2**63:
        return None
    return value, key
