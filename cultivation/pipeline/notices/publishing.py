"""Putting applications on public notice, alone or as a list with its hash (公示发布).

A list is laid open whole: its rows are written down with the names as they read that day, and the
SHA-256 of the list is published with it.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cultivation.pipeline import routes
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Notice, NoticeEntry
from enterprises.audit.recording import note
from enterprises.places import working_days
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from enterprises.accounts.models import User

MOST_DAYS = 30
MOST_AT_ONCE = 5000
_list: ContextVar[Notice | None] = ContextVar("notice_being_put_up", default=None)


@dataclass(frozen=True, slots=True)
class Hindered:
    """An application that cannot go onto the list, and why (未能公示)."""

    application: Application
    why: str


class ListError(MoveError):
    """A list that was not put up, with every application that hindered it."""

    def __init__(self, message: str, hindered: Sequence[Hindered] = ()) -> None:
        super().__init__(message)
        self.hindered = list(hindered)


@transaction.atomic
def publish(applications: Iterable[Application], *, by: User, days: int | None = None) -> Notice:
    """Put applications of one tier, kind and office on notice as one list, all or none (公示).

    Raises ListError with everything in the way, PermissionDenied where one is not the user's.
    """
    from cultivation.pipeline.moves import advance  # it takes its steps through this module

    chosen = list(applications)
    _fit_together(chosen)
    first = chosen[0]
    prepared = _begin(first, by=by, days=_fitting(days))
    hindered = []
    with _putting_up(prepared):
        for application in chosen:
            try:
                with transaction.atomic():
                    advance(application, "put_on_notice", by=by)
            except MoveError as error:
                hindered.append(Hindered(application, str(error)))
    if hindered:
        raise ListError(
            ngettext(
                "%(number)s application cannot go on notice yet; nothing was published.",
                "%(number)s applications cannot go on notice yet; nothing was published.",
                len(hindered),
            )
            % {"number": len(hindered)},
            hindered,
        )
    return _close(prepared, by=by)


def enter(application: Application, *, by: User) -> Notice:
    """Write an application onto the list being put up, or onto one of its own (列入公示)."""
    collected = _list.get()
    notice = collected or _begin(application, by=by, days=_fitting(None))
    region = application.enterprise.region
    NoticeEntry.objects.create(
        notice=notice,
        application=application,
        position=notice.rows.count() + 1,
        name=application.enterprise.name,
        region_name=region.name_zh,
        region_name_en=region.name_en,
    )
    application.notice_level = notice.level
    application.notice_from, application.notice_to = notice.first_day, notice.last_day
    if collected is None:
        _close(notice, by=by)
    return notice


def leave(applications: Iterable[Application]) -> None:
    """Mark applications taken off a notice before its end; the list keeps their rows (撤下)."""
    running = NoticeEntry.objects.filter(
        application__in=[one.pk for one in applications],
        left_at__isnull=True,
        notice__last_day__gte=timezone.localdate(),
    )
    running.update(left_at=timezone.now())


def entries_standing() -> QuerySet[NoticeEntry]:
    """Return the rows of lists that were not taken off, newest first, with objections."""
    rows = NoticeEntry.objects.filter(left_at__isnull=True).select_related("notice")
    return rows.prefetch_related("objections").order_by("-pk")


def current_entry(application: Application) -> NoticeEntry | None:
    """Return the newest row of an application on a list that it was not taken off (公示条目)."""
    known: list[NoticeEntry] | None = getattr(application, "entries_read", None)
    if known is None:
        known = list(entries_standing().filter(application=application)[:1])
    return known[0] if known else None


def canonical(notice: Notice) -> str:
    """Return a notice's list as it is hashed: JSON with sorted keys and no spaces (规范文本)."""
    rows = notice.rows.values_list("position", "name", "region_name")
    said: dict[str, Any] = {
        "tier": notice.tier,
        "kind": notice.kind,
        "level": notice.level,
        "region": notice.region.code,
        "first_day": notice.first_day.isoformat(),
        "last_day": notice.last_day.isoformat(),
        "rows": [list(row) for row in rows],
    }
    return canonical_json(said)


def canonical_json(said: Any) -> str:
    """Return JSON that reads the same everywhere: sorted keys, no spaces, characters as is."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the SHA-256 of a list's canonical text in UTF-8 (名单摘要)."""
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _putting_up(notice: Notice) -> Iterator[None]:
    token = _list.set(notice)
    try:
        yield
    finally:
        _list.reset(token)


def _fitting(days: int | None) -> int:
    least: int = settings.NOTICE_WORKING_DAYS
    wanted = least if days is None else days
    if not least <= wanted <= MOST_DAYS:
        raise ListError(
            _("A notice lasts %(least)s to %(most)s working days, not %(days)s.")
            % {"least": least, "most": MOST_DAYS, "days": wanted}
        )
    return wanted


def _fit_together(chosen: Sequence[Application]) -> None:
    if not chosen:
        raise ListError(_("Choose the applications that go on the notice."))
    if len(chosen) > MOST_AT_ONCE:
        raise ListError(
            _("A notice holds at most %(most)s applications; choose fewer.")
            % {"most": MOST_AT_ONCE}
        )
    lists = {(a.tier, a.kind, _unit_of(a), routes.holding_level(a)) for a in chosen}
    if len(lists) > 1:
        raise ListError(
            _("One notice is for one tier, one kind and one office; put up a notice for each.")
        )


def _unit_of(application: Application) -> str:
    """Return the path of the unit whose notice it is; the nation's notice takes all units."""
    nation = routes.holding_level(application) == "nation"
    return "" if nation else application.region_path[:2]


def _begin(application: Application, *, by: User, days: int) -> Notice:
    level = routes.holding_level(application) or application.notice_level
    path = _unit_of(application)
    region = Region.objects.filter(path=path, in_use=True).order_by("pk").first()
    if region is None or not by.scope.may_decide(application.region_path, level):
        raise PermissionDenied(_("Only the office that decides puts on notice."))
    today = timezone.localdate()
    return Notice.objects.create(
        tier=application.tier,
        kind=application.kind,
        level=level,
        region=region,
        region_path=path,
        first_day=today,
        last_day=working_days.add(today, days),
        working_days=days,
        made_by=by,
    )


def _close(notice: Notice, *, by: User) -> Notice:
    notice.entries = notice.rows.count()
    notice.list_hash = digest(canonical(notice))
    notice.state = Notice.State.PUBLISHED
    notice.published_at = timezone.now()
    notice.save()
    note(
        "notice.publish",
        notice,
        by=by,
        after={
            "entries": notice.entries,
            "list_hash": notice.list_hash,
            "first_day": notice.first_day,
            "last_day": notice.last_day,
        },
        region_path=notice.region_path,
    )
    return notice
