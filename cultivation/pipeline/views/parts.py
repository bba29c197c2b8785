"""Finished values that several pages of an application show (页面数据)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from cultivation.pipeline import routes
from cultivation.pipeline.correcting import opened, subjects
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import LIVE, Proposal, Status
from cultivation.pipeline.questions import questions_of
from cultivation.pipeline.routing import handing
from cultivation.pipeline.visits import officers, rules
from cultivation.pipeline.visits import reading as visits
from enterprises.places.models import Region
from enterprises.registry.models import Title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from cultivation.pipeline.models import Application
    from enterprises.accounts.models import User


def way(application: Application) -> list[dict[str, Any]]:
    """Return the levels of the route, each passed, held or still to come (申报路径)."""
    try:
        route = application.route or routes.route_of(
            application.enterprise.region, application.tier
        )
    except MoveError:
        return []
    holding = routes.holding_level(application)
    if application.status == Status.RETURNED:
        holding = application.returned_from.removeprefix("at_")
    at = route.index(holding) if holding in route else -1
    if application.status == Status.RECOGNISED:
        at = len(route)
    return [
        {
            "label": Region.Level(level).label,
            "state": "past" if number < at else "now" if number == at else "next",
        }
        for number, level in enumerate(route)
    ]


def moved(application: Application) -> dict[str, str] | None:
    """Return from where to where the enterprise has moved, and where the case goes (迁移提示)."""
    if application.status not in LIVE or not handing.has_moved(application):
        return None
    found = {
        "from": str(handing.region_at(application.region_path)),
        "to": str(application.enterprise.region),
        "goes": "",
    }
    try:
        way = handing.way_of(application)
    except MoveError:
        return found
    if way.waits:
        said = _("It goes back to the enterprise until a round of the new unit takes it.")
    else:
        said = _("It goes on with the %(level)s of the new place.") % {
            "level": Region.Level(way.level).label
        }
    return found | {"goes": said}


def answers_of(application: Application, answers: dict[str, Any]) -> list[dict[str, Any]]:
    """Return questions with answers, for reading."""
    return [
        {"question": question, "answer": answers.get(question.name)}
        for question in questions_of(application.tier)
    ]


def returned(application: Application) -> dict[str, Any] | None:
    """Return what has to be mended, by when, and at which level it was sent back."""
    if application.status != Status.RETURNED:
        return None
    level = application.returned_from.removeprefix("at_")
    correction = opened.open_correction(application)
    items = list(correction.items.select_related("grounds")) if correction else []
    labels = subjects.labels_of(
        [item.subject for item in items], application, application.submitted_result
    )
    last = application.moves.filter(name="return").last()
    return {
        "reason": last.reason if last else "",
        "level": Region.Level(level).label,
        "due_on": correction.due_on if correction else None,
        "words": correction.words if correction else "",
        "items": [{"label": labels[one.subject], "reason": one.reason} for one in items],
    }


def state_of(title: Title) -> tuple[str, str]:
    """Return how a title stands in words, and its tone."""
    if title.ended_on is None:
        return _("valid"), "good"
    if title.end_kind == Title.End.REPLACED:
        return _("replaced"), "neutral"
    return (title.get_end_kind_display(), "bad") if title.end_kind else (_("expired"), "neutral")


def pending_on(application: Application, user: User) -> Proposal | None:
    """Return the open proposal on an application, for those offices alone that may read it."""
    rows = Proposal.objects.visible_to(user).open().filter(application=application)
    return rows.select_related("proposed_by", "release").first()


def visits_of(application: Application, user: User) -> dict[str, Any]:
    """Return the checks on site of a case for its pages, as the viewer sees them (现场核查)."""
    if application.enterprise_id in user.scope.enterprises:
        return {
            "visits": visits.for_firm(application, user),
            "numbers": visits.numbers(application),
            "own": True,
        }
    level = routes.holding_level(application)
    seen = visits.for_office(application, user)
    may_begin = bool(level) and not any(one.level == level for one in seen)
    may_begin = may_begin and officers.may_visit(user, application, level)
    return {
        "visits": seen,
        "may_begin": may_begin,
        "owing": rules.owed(application, level) if may_begin else None,
    }


def ticked(data: QueryDict, *, most: int, longest: int = 18) -> list[int]:
    """Return the keys of the rows ticked on a list; ValueError where one is no number."""
    found = set()
    for text in data.getlist("row")[:most]:
        if len(text) > longest:
            raise ValueError(text[:longest])
        found.add(int(text))
    return sorted(found)


PLACE = ("after", "before", "csrfmiddlewaretoken", "format", "row", "every", "confirmed")


def kept(data: QueryDict) -> QueryDict:
    """Return the filters in force, without the place in the list and what was ticked."""
    found = data.copy()
    typed = ("message", "note", "due_on", "mine")
    for name in [n for n, value in found.items() if not value or n in PLACE or n in typed]:
        del found[name]
    return found


def narrowed_by(data: QueryDict, names: Iterable[str]) -> QueryDict:
    """Return those of the named filters that are in force."""
    found = QueryDict(mutable=True)
    for name in names:
        if value := data.get(name):
            found[name] = value
    return found


def neighbour_of(request: HttpRequest, side: str, cursor: str) -> str:
    """Return the address of the page before or after, with the filters in force."""
    if not cursor:
        return ""
    found = kept(request.GET)
    found[side] = cursor
    return f"{request.path}?{found.urlencode()}"
