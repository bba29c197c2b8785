"""Setting the windows of a round: by its holder, and narrower ones by offices below (设定时段)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Round, RoundWindow, WindowLevel
from cultivation.pipeline.rounds import rights, told
from cultivation.pipeline.rounds.windows import spans, stored, written
from enterprises.audit import recording

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from enterprises.accounts.models import User
    from enterprises.places.models import Region

YEARS = range(2015, 2101)
COMPANY = WindowLevel.COMPANY


@dataclass(frozen=True, slots=True)
class Days:
    """What an office says of a level's window (时段设定)."""

    opens: dt.datetime | None
    closes: dt.datetime
    grace_seconds: int = 0
    confidence: str = ""
    document: str = ""


Wanted = dict[str, Days | None]


@transaction.atomic
def set_windows(
    round_: Round,
    region: Region,
    wanted: Mapping[str, Days | None],
    *,
    by: User,
    reason: str = "",
    version: int | None = None,
) -> Round:
    """Set, change or take away windows of levels for a region's subtree (设定时段).

    All or none. A level not named stays as it is, None takes its window away. Raises
    PermissionDenied where the office does not set it, MoveError with the field "opens_level" or
    "closes_level" where it makes no sense.
    """
    locked = locked_round(round_, version)
    allowed = rights.settable(by, locked, region)
    if not allowed or not set(wanted) <= set(allowed):
        raise PermissionDenied(_("These windows are set by another office."))
    if locked.state == Round.State.CLOSED:
        raise MoveError(_("The round is closed; its windows stay as they are."))
    rows = list(locked.windows.select_related("region"))
    before = {row.level: row for row in rows if row.region_id == region.pk}
    changed = {level: days for level, days in wanted.items() if days != _days(before.get(level))}
    if not changed:
        return locked
    if locked.state == Round.State.OPEN:
        _check_in_force(changed, before, reason)
    for level, days in changed.items():
        _check_alone(level, days)
    _write(locked, region, changed, by)
    _check_line(locked, region)
    recording.note(
        "round.windows",
        locked,
        by=by,
        before={level: _said(_days(before.get(level))) for level in changed},
        after={"region": region.code} | {level: _said(days) for level, days in changed.items()},
        reason=reason.strip(),
        region_path=region.path,
    )
    locked.version += 1
    locked.save(update_fields=["version"])
    if locked.state == Round.State.OPEN and changed.get(COMPANY) is not None:
        _tell(locked, region)
    round_.refresh_from_db()
    return round_


def _tell(round_: Round, region: Region) -> None:
    """Tell those with a draft of the window that holds in a region now."""
    now_holds = spans(round_.windows.all(), region.path)[COMPANY]
    told.window_changed(round_, region.path, now_holds.closes, version=round_.version)


def locked_round(round_: Round, version: int | None) -> Round:
    """Return a round locked for this transaction, if nobody changed it since it was seen."""
    locked: Round = Round.objects.select_for_update(of=("self",)).get(pk=round_.pk)
    if (round_.version if version is None else version) != locked.version:
        raise MovedMeanwhileError(
            _("Somebody changed this round meanwhile. Look at it again; nothing was saved.")
        )
    return locked


def _days(row: RoundWindow | None) -> Days | None:
    if row is None:
        return None
    return Days(row.opens, row.closes, row.grace_seconds, row.confidence, row.document)


def _said(days: Days | None) -> dict[str, Any] | None:
    if days is None:
        return None
    return {
        "opens": stored(days.opens),
        "closes": stored(days.closes),
        "grace_seconds": days.grace_seconds,
        "document": days.document,
    }


def _check_alone(level: str, days: Days | None) -> None:
    if days is None:
        return
    for name, moment in (("opens", days.opens), ("closes", days.closes)):
        if moment is not None and timezone.localtime(moment).year not in YEARS:
            raise MoveError(
                _("%(time)s lies outside the years 2015 to 2100.") % {"time": written(moment)},
                field=f"{name}_{level}",
            )
    if days.opens is not None and days.opens >= days.closes:
        raise MoveError(
            _("The window closes at %(closes)s, before it opens.")
            % {"closes": written(days.closes)},
            field=f"closes_{level}",
        )


def _check_in_force(
    changed: Mapping[str, Days | None], before: Mapping[str, RoundWindow], reason: str
) -> None:
    """Refuse a change of a published window without a reason, or into the past."""
    if not reason.strip():
        raise MoveError(_("The round is published: say why its windows change."), field="reason")
    now = timezone.now()
    old, new = before.get(COMPANY), changed.get(COMPANY)
    if old is not None and COMPANY in changed and new is None and not old.region_path:
        return  # taken away below by _check_line, which says that one is owed
    if new is not None and new.closes < now and (old is None or new.closes < old.closes):
        raise MoveError(
            _("A published window is not shortened into the past: %(time)s is over.")
            % {"time": written(new.closes)},
            field=f"closes_{COMPANY}",
        )


def _write(round_: Round, region: Region, changed: Mapping[str, Days | None], by: User) -> None:
    for level, days in changed.items():
        mine = RoundWindow.objects.filter(round=round_, level=level, region=region)
        if days is None:
            mine.delete()
            continue
        RoundWindow.objects.update_or_create(
            round=round_,
            level=level,
            region=region,
            defaults={
                "region_path": region.path,
                "opens": days.opens,
                "closes": days.closes,
                "grace_seconds": days.grace_seconds,
                "confidence": days.confidence,
                "document": days.document,
                "made_by": by,
            },
        )


def _check_line(round_: Round, region: Region) -> None:
    """Refuse windows that do not fit those above: of the same level, and of the next levels."""
    rows = [
        row
        for row in RoundWindow.objects.filter(round=round_).select_related("region")
        if region.path.startswith(row.region_path)
    ]
    mine = [row for row in rows if row.region_id == region.pk]
    for row in mine:
        for above in rows:
            if above.level == row.level and len(above.region_path) < len(row.region_path):
                _check_within(row, above)
    check_order(rows)
    if round_.state == Round.State.OPEN and not any(
        row.level == COMPANY and row.region_path == round_.region_path for row in rows
    ):
        raise MoveError(
            _("A published round has a window for enterprises."), field=f"closes_{COMPANY}"
        )


def _check_within(row: RoundWindow, above: RoundWindow) -> None:
    if row.closes > above.closes:
        raise MoveError(
            _("%(level)s: %(region)s closes this window at %(time)s; yours cannot be later.")
            % _named(row, above, above.closes),
            field=f"closes_{row.level}",
        )
    if above.opens is None:
        return
    if row.opens is not None and row.opens < above.opens:
        raise MoveError(
            _("%(level)s: %(region)s opens this window at %(time)s; yours cannot be earlier.")
            % _named(row, above, above.opens),
            field=f"opens_{row.level}",
        )
    if row.closes <= above.opens:
        raise MoveError(
            _("%(level)s: %(region)s opens this window at %(time)s; yours is over by then.")
            % _named(row, above, above.opens),
            field=f"closes_{row.level}",
        )


def _named(row: RoundWindow, above: RoundWindow, time: dt.datetime) -> dict[str, Any]:
    return {
        "level": capfirst(row.get_level_display()),
        "region": above.region,
        "time": written(time),
    }


def check_order(rows: Iterable[RoundWindow]) -> None:
    """Refuse windows of which a lower level closes after a higher one (逐级截止)."""
    last: dict[str, RoundWindow] = {}
    for row in rows:
        if row.level not in last or row.closes < last[row.level].closes:
            last[row.level] = row
    ordered = [last[level] for level in WindowLevel.values if level in last]
    for lower, higher in pairwise(ordered):
        if lower.closes > higher.closes:
            raise MoveError(
                _("The %(lower)s would close at %(late)s, after the %(higher)s at %(early)s.")
                % {
                    "lower": lower.get_level_display(),
                    "higher": higher.get_level_display(),
                    "late": written(lower.closes),
                    "early": written(higher.closes),
                },
                field=f"closes_{lower.level}",
            )
