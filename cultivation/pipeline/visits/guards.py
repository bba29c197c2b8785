"""That a decision waits for the visit that is owed or was drawn (核查前置条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import ahead, routes
from cultivation.pipeline.models import Visit
from cultivation.pipeline.visits import rules

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application


def visited(application: Application) -> str | None:
    """Hinder while a visit of the level that is owed or was drawn has not been signed or waived.

    The office's own wish holds its decision as well, until it is called off. A refusal is not held.
    """
    level = routes.holding_level(application)
    if not level:
        return None
    visit = next((one for one in ahead.visits_of(application) if one.level == level), None)
    if visit is not None:
        return _missing(visit) if visit.is_open else _outdated(application, visit)
    owing = rules.owed(application, level)
    if owing is not None:
        return _("A check on site is owed first (%(clause)s); none is planned yet.") % {
            "clause": owing.clause
        }
    waiting = rules.draw_first(application, level)
    if waiting is not None and not _was_listed(application, level):
        return _("The office waits for the draw of a sample first (%(clause)s).") % {
            "clause": waiting.clause
        }
    return None


def _missing(visit: Visit) -> str:
    if visit.state == Visit.State.OPEN:
        return _("A check on site waits to be planned: day and two officers are missing.")
    record = visit.records.last()
    day = {"day": date_format(visit.planned_on)} if visit.planned_on else {"day": ""}
    if record is None:
        return _("The check on site planned for %(day)s has no record yet.") % day
    if record.written_at is None:
        return _("The record of the check on site planned for %(day)s is not complete.") % day
    return _("The record of the check on site lacks the signature of the second officer.")


def _outdated(application: Application, visit: Visit) -> str | None:
    """Hinder where what was seen is not what the application says since it came again."""
    if visit.state != Visit.State.SIGNED:
        return None
    record = visit.records.filter(signed_at__isnull=False).select_related("submission").last()
    if record is None or record.submission_id == application.submission_id:
        return None
    before, now = (_judged(one) for one in (record.submission.result, application.submitted_result))
    changed = sorted(code for code in record.findings if before.get(code) != now.get(code))
    if not changed:
        return None
    return _(
        "The application came again with another statement on %(codes)s than was checked on site; "
        "a new version of the record is signed first."
    ) % {"codes": ", ".join(changed)}


def _judged(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a criterion was judged on, by code: value and verdict."""
    found: dict[str, Any] = {}
    nodes = [result]
    for node in nodes:
        nodes += node.get("parts", [])
        found[str(node.get("code"))] = (node.get("value"), node.get("verdict"))
    return found


def _was_listed(application: Application, level: str) -> bool:
    return any(one.draw.level == level for one in ahead.visit_lists_of(application))
