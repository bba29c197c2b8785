"""What is told of reconsiderations and of requests for more time (复核与延期通知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.rounds.windows import written
from enterprises.accounts.scope import OFFICES
from enterprises.notifications.addressees import officers_of, staff_of
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import notify

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import MoreTimeRequest, Reconsideration
    from enterprises.accounts.models import User

register(
    Kind(
        "reconsideration_asked",
        _("A reconsideration is asked for"),
        _("%(firm)s asks that its refusal be reconsidered (%(number)s); answer by %(day)s."),
        audience="office",
    ),
    Kind(
        "reconsideration_given",
        _("A reconsideration is yours to handle"),
        _("Reconsideration %(number)s of %(firm)s was given to you; answer by %(day)s."),
        audience="office",
    ),
    Kind(
        "reconsideration_to_confirm",
        _("A reopening waits for a second officer"),
        _("Reconsideration %(number)s of %(firm)s is to be reopened; a second officer confirms."),
        audience="office",
    ),
    Kind(
        "reconsideration_not_confirmed",
        _("A reopening was not confirmed"),
        _("Reconsideration %(number)s of %(firm)s came back to you; its page says why."),
        audience="office",
    ),
    Kind(
        "reconsideration_withdrawn",
        _("A reconsideration was withdrawn"),
        _("%(firm)s withdrew its reconsideration %(number)s."),
        audience="office",
    ),
    Kind(
        "reconsideration_late",
        _("A reconsideration is overdue"),
        _("Reconsideration %(number)s of %(firm)s was to be answered by %(day)s."),
        audience="office",
    ),
    Kind(
        "reconsideration_due",
        _("A reconsideration has to be answered"),
        _("Reconsideration %(number)s of %(firm)s has to be answered by %(day)s."),
        audience="office",
    ),
    Kind(
        "reconsideration_received",
        _("Your reconsideration is in"),
        _("%(firm)s: it was received under the number %(number)s; an answer is due by %(day)s."),
        audience="firm",
    ),
    Kind(
        "reconsideration_upheld",
        _("The refusal was upheld"),
        _("%(firm)s, reconsideration %(number)s: the refusal stands; its page says why."),
        audience="firm",
    ),
    Kind(
        "reconsideration_reopened",
        _("Your application was reopened"),
        _("%(firm)s, reconsideration %(number)s: the application is under review again."),
        audience="firm",
    ),
    Kind(
        "reconsideration_closing",
        _("A reconsideration was begun and not sent"),
        _("%(firm)s can ask for a reconsideration until the end of %(day)s."),
        audience="firm",
    ),
    Kind(
        "reconsideration_lapsed",
        _("A reconsideration was not sent in time"),
        _("%(firm)s could ask for a reconsideration until the end of %(day)s."),
        audience="firm",
    ),
    Kind(
        "more_time_asked",
        _("An enterprise asks for more time"),
        _("%(firm)s asks for time until %(until)s: %(about)s."),
        audience="office",
    ),
    Kind(
        "more_time_refused",
        _("More time was refused"),
        _("%(firm)s gets no more time: %(about)s. The page says why."),
        audience="firm",
    ),
)


def to_offices(case: Reconsideration, kind: str, people: Iterable[User], *, at: str = "") -> int:
    """Tell officers of a reconsideration, once for each event."""
    return _tell(case, kind, people, reverse("pipeline:reconsideration", args=[case.pk]), at)


def to_firm(case: Reconsideration, kind: str, *, at: str = "") -> int:
    """Tell the staff of the enterprise."""
    url = reverse("pipeline:ask_again", args=[case.application_id])
    return _tell(case, kind, staff_of(case.enterprise_id), url, at)


def office_above(case: Reconsideration) -> tuple[str, list[User]]:
    """Return the nearest level above the one that refused where somebody decides, and who does."""
    levels = OFFICES[: OFFICES.index(case.level)] or OFFICES[:1]
    for level in reversed(levels):
        if found := list(officers_of(case.region_path, level, right="may_decide")):
            return level, found
    return levels[0], []


def more_time_asked(request: MoreTimeRequest, people: Iterable[User], about: str) -> int:
    """Tell the officers who may extend that somebody asks."""
    return notify(
        people,
        "more_time_asked",
        key=f"more_time:{request.pk}:asked",
        url=reverse("pipeline:more_time_request", args=[request.pk]),
        params={
            "firm": request.enterprise.name,
            "until": written(request.until),
            "about": about,
        },
        enterprise_id=request.enterprise_id,
    )


def more_time_refused(request: MoreTimeRequest, about: str) -> int:
    """Tell the enterprise that it gets no more time; that it gets some, the extension tells."""
    return notify(
        staff_of(request.enterprise_id),
        "more_time_refused",
        key=f"more_time:{request.pk}:refused",
        url=reverse("pipeline:more_time_request", args=[request.pk]),
        params={"firm": request.enterprise.name, "about": about},
        enterprise_id=request.enterprise_id,
    )


def _tell(case: Reconsideration, kind: str, people: Iterable[User], url: str, at: str) -> int:
    day = case.ask_by if kind.endswith(("closing", "lapsed")) else case.reply_due
    return notify(
        people,
        kind,
        key=":".join(filter(None, (f"reconsideration:{case.pk}", kind, at))),
        url=url,
        params={
            "firm": case.enterprise.name,
            "number": case.number,
            "day": day.isoformat() if day else "",
        },
        enterprise_id=case.enterprise_id,
        region_path=case.region_path,
    )
