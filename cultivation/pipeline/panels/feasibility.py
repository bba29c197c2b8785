"""Whether every case can get its experts; if not, which lacks them and what mends it (可行性)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cultivation.pipeline.errors import MoveError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import Panel, PanelCase
    from cultivation.pipeline.panels.drawing import Lists, Outcome, Short

NAMED = 10


def check(lists: Lists, panel: Panel, cases: Sequence[PanelCase]) -> None:
    """Raise MoveError where no seed at all could fill every place."""
    if not lists.cases:
        raise MoveError(
            _("No application of the round is with this level here, so there is nothing to read.")
        )
    if len(lists.experts) < panel.seats:
        raise MoveError(
            _("The pool holds %(there)s experts, %(seats)s seats are to be drawn. "
              "Have more profiles checked, or draw fewer seats.")
            % {"there": len(lists.experts), "seats": panel.seats}
        )  # fmt: skip
    wanted, room = len(lists.cases) * lists.each, lists.seats * lists.most
    if wanted > room:
        raise MoveError(
            _("%(cases)s cases with %(each)s experts each are %(wanted)s readings; %(seats)s seats "
              "with at most %(most)s make %(room)s. Draw at least %(more_seats)s seats, or let an "
              "expert read %(more)s cases.")
            % {
                "cases": len(lists.cases), "each": lists.each, "wanted": wanted,
                "seats": lists.seats, "most": lists.most, "room": room,
                "more_seats": -(-wanted // lists.most), "more": -(-wanted // lists.seats),
            }
        )  # fmt: skip
    _enough_without_conflict(lists, cases)


def _enough_without_conflict(lists: Lists, cases: Sequence[PanelCase]) -> None:
    """Raise MoveError for cases that too few experts of the whole pool may read."""
    barred = Counter(case for _expert, case in lists.barred)
    lacking = [one for one in cases if len(lists.experts) - barred[one.token] < lists.each]
    if not lacking:
        return
    told = [
        _("%(firm)s: %(free)s of %(all)s experts have no conflict")
        % {
            "firm": case.application.enterprise,
            "free": len(lists.experts) - barred[case.token],
            "all": len(lists.experts),
        }
        for case in lacking[:NAMED]
    ]
    raise MoveError(_lacking(len(lacking), told) + " " + _mend_conflicts(lists.each))


def told(outcome: Outcome, lists: Lists, panel: Panel) -> str:
    """Return in words what a draw could not fill, and what would mend it."""
    tokens = [short.case for short in outcome.short]
    rows = panel.cases.filter(token__in=tokens).select_related("application__enterprise")
    firms = {row.token: str(row.application.enterprise) for row in rows}
    said = [_why(short, firms[short.case], lists) for short in outcome.short[:NAMED]]
    mend = set()
    if any(short.open_to < lists.each for short in outcome.short):
        mend.add(_mend_conflicts(lists.each))
    if any(short.open_to >= lists.each for short in outcome.short):
        mend.add(_("Let an expert read more cases, or draw more seats."))
    return " ".join([_lacking(len(tokens), said), *sorted(mend)])


def _why(short: Short, firm: str, lists: Lists) -> str:
    if short.open_to < lists.each:
        return _("%(firm)s: %(free)s of %(all)s seated experts have no conflict") % {
            "firm": firm,
            "free": short.open_to,
            "all": lists.seats,
        }
    return _("%(firm)s: the %(circle)s experts who could take it have %(most)s cases each") % {
        "firm": firm,
        "circle": short.circle,
        "most": lists.most,
    }


def _lacking(many: int, said: Sequence[str]) -> str:
    head = ngettext(
        "%(many)s case cannot get its experts.", "%(many)s cases cannot get their experts.", many
    ) % {"many": many}
    return f"{head} {_('; ').join(said)}."


def _mend_conflicts(each: int) -> str:
    return _("Have more experts without a conflict checked into the pool, draw more seats, or ask "
             "fewer than %(each)s experts a case.") % {"each": each}  # fmt: skip
