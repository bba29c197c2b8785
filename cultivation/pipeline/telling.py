"""What the staff of a firm and the offices are told of the steps of an application (流转通知)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import Move, Status
from enterprises.jobs import runs
from enterprises.notifications.addressees import officers_of, staff_of, staff_of_each
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import Telling, notify_all, notify_each
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cultivation.pipeline.models import Application, Invitation
    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

SUBMITTED, MOVED, ARRIVED = "application_submitted", "application_moved", "application_arrived"
RECOGNISED, REFUSED, INVITED = "application_recognised", "application_refused", "invitation_made"
OF_FIRM = {"submit": SUBMITTED, "recognise": RECOGNISED, "refuse": REFUSED}
PAGES = {ARRIVED: "review", REFUSED: "feedback"}
AT_ONCE = 20  # steps told within the transaction that takes them
BATCH = 500  # steps told in one go
QUIET = {"return", "withdraw", "reopen"}  # told elsewhere, or one\'s own doing


def _in_words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters with tier and status in the language in use."""
    words = dict(params) | {"tier": Tier(params["tier"]).label}
    if "status" in params:
        words["status"] = Status(params["status"]).label
    return words


register(
    Kind(
        SUBMITTED,
        _("Your application is in"),
        _("%(enterprise)s, %(tier)s: it was received under the number %(receipt)s."),
        audience="firm",
        words=_in_words,
    ),
    Kind(
        MOVED,
        _("Your application went on"),
        _("%(enterprise)s, %(tier)s: it is %(status)s now."),
        audience="firm",
        words=_in_words,
    ),
    Kind(
        RECOGNISED,
        _("Your enterprise was recognised"),
        _("%(enterprise)s holds the title %(tier)s now."),
        audience="firm",
        words=_in_words,
    ),
    Kind(
        REFUSED,
        _("Your application was refused"),
        _("%(enterprise)s, %(tier)s: its page says why, criterion by criterion."),
        audience="firm",
        words=_in_words,
    ),
    Kind(
        ARRIVED,
        _("An application waits for your office"),
        _("%(enterprise)s, %(tier)s: the next step is your office's."),
        daily=True,
        audience="office",
        words=_in_words,
    ),
    Kind(
        INVITED,
        _("Your enterprise is invited to apply"),
        _("%(enterprise)s seems to meet what %(tier)s asks for."),
        audience="firm",
        words=_in_words,
    ),
)


def moved(made: Sequence[Move], *, by: User | None) -> None:
    """Tell whom steps concern; of many at once a run of its own tells, once they are committed."""
    if len(made) <= AT_ONCE:
        of_moves(made)
        return
    runs.start(
        "tell_moves",
        task="cultivation.pipeline.tasks.tell_moves",
        params={"moves": [move.pk for move in made]},
        by=by,
    )


def tell_run(pks: Sequence[int], *, progress: Progress) -> None:
    """Do the work of telling of many steps; killed and run again, nobody is told twice."""
    rows = Move.objects.filter(pk__in=pks).select_related("application__enterprise")
    for start in range(0, len(pks), BATCH):
        of_moves(rows.order_by("pk")[start : start + BATCH])
        progress.report(min(start + BATCH, len(pks)), len(pks))


def of_moves(made: Iterable[Move]) -> None:
    """Tell firms that their applications went on, and the offices that have them now, once each.

    Of a handover both are told from where to where, with the step itself.
    """
    moves = [move for move in made if move.name != "hand_over"]
    staff = staff_of_each({move.application.enterprise_id for move in moves})
    offices: dict[tuple[str, str], list[User]] = {}
    told: dict[str, list[Telling]] = defaultdict(list)
    for move in moves:
        application = move.application
        if move.name not in QUIET:
            people = staff.get(application.enterprise_id, [])
            kind = OF_FIRM.get(move.name, MOVED)
            told[kind].append(_telling(people, kind, application, move))
        level = move.target.removeprefix("at_")
        if level != move.target and move.source != Status.RETURNED:
            place = (application.region_path, level)
            if place not in offices:
                offices[place] = list(officers_of(*place))
            told[ARRIVED].append(_telling(offices[place], ARRIVED, application, move))
    for kind, tellings in told.items():
        notify_each(tellings, kind)


def invited(invitations: Iterable[Invitation]) -> None:
    """Tell the firms that they were invited, as one event: many are held back (邀约通知)."""
    notify_all(
        (
            Telling(
                recipients=staff_of(one.enterprise_id),
                key=f"invitation:{one.pk}",
                url=reverse("pipeline:invitation", args=[one.pk]),
                params={"enterprise": one.enterprise.name, "tier": one.tier},
                enterprise_id=one.enterprise_id,
                region_path=one.enterprise.region_path,
            )
            for one in invitations
        ),
        INVITED,
    )


def _telling(people: Iterable[User], kind: str, application: Application, move: Move) -> Telling:
    page = PAGES.get(kind, "application")
    return Telling(
        people,
        key=f"move:{move.pk}:{kind}",
        url=reverse(f"pipeline:{page}", args=[application.pk]),
        params={
            "enterprise": application.enterprise.name,
            "tier": application.tier,
            "status": move.target,
            "receipt": application.receipt,
        },
        enterprise_id=application.enterprise_id,
        region_path=application.region_path,
    )
