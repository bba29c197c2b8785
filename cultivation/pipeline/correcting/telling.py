"""What people are told of corrections and of cases given to them (补正与指派通知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.notifications.addressees import officers_of, staff_of
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import notify

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application, Correction
    from enterprises.accounts.models import User

RETURNED = "application_returned"
RESUBMITTED = "application_resubmitted"
DUE_SOON = "correction_due_soon"
OVERDUE = "correction_overdue"
LATE_AT_OFFICE = "correction_overdue_at_office"
EXTENDED = "correction_extended"
ASSIGNED = "case_assigned"

register(
    Kind(
        RETURNED,
        _("An application was returned for correction"),
        _("%(enterprise)s: %(number)s things to correct by %(day)s. Only these are open."),
        audience="firm",
    ),
    Kind(
        RESUBMITTED,
        _("A corrected application came back"),
        _("%(enterprise)s has corrected its application; the page shows what differs."),
        audience="office",
    ),
    Kind(
        DUE_SOON,
        _("A correction is due soon"),
        _("%(enterprise)s: the correction is due by %(day)s."),
        audience="firm",
    ),
    Kind(
        OVERDUE,
        _("A correction is late"),
        _("%(enterprise)s: the correction was due by %(day)s. Ask your office for more time."),
        audience="firm",
    ),
    Kind(
        LATE_AT_OFFICE,
        _("An enterprise has not corrected in time"),
        _("%(enterprise)s had until %(day)s to correct. Give more time or close the case."),
        audience="office",
    ),
    Kind(
        EXTENDED,
        _("There is more time for a correction"),
        _("%(enterprise)s: the correction is due by %(day)s now."),
        audience="firm",
    ),
    Kind(
        ASSIGNED,
        _("A case was given to you"),
        _("%(enterprise)s: you work on this application from now on."),
        by_mail=False,
        audience="office",
    ),
)


def returned(application: Application, correction: Correction) -> None:
    """Tell the enterprise what is to be corrected, and by when."""
    _tell_firm(RETURNED, correction, application, number=correction.items.count())


def resubmitted(application: Application, correction: Correction | None) -> None:
    """Tell who works on the application, or else its office, that it is back."""
    level = application.returned_from.removeprefix("at_")
    at = correction.pk if correction else application.version
    notify(
        _officers(application, level),
        RESUBMITTED,
        key=f"application:{application.pk}:resubmitted:{at}",
        url=reverse("pipeline:review", args=[application.pk]),
        params={"enterprise": application.enterprise.name},
        enterprise_id=application.enterprise_id,
    )


def due_soon(application: Application, correction: Correction) -> bool:
    """Remind the enterprise that its last day is near; tell whether anybody heard it anew."""
    return bool(_tell_firm(DUE_SOON, correction, application))


def overdue(application: Application, correction: Correction) -> None:
    """Tell the enterprise and the office that the last day is past."""
    _tell_firm(OVERDUE, correction, application)
    notify(
        _officers(application, correction.level),
        LATE_AT_OFFICE,
        key=_key(LATE_AT_OFFICE, correction),
        url=reverse("pipeline:review", args=[application.pk]),
        params=_params(application, correction),
        enterprise_id=application.enterprise_id,
    )


def extended(application: Application, correction: Correction) -> None:
    """Tell the enterprise that it has more time."""
    _tell_firm(EXTENDED, correction, application)


def assigned(application: Application, to: User, *, at: int) -> None:
    """Tell an officer that a case is theirs."""
    notify(
        [to],
        ASSIGNED,
        key=f"assignment:{at}",
        url=reverse("pipeline:review", args=[application.pk]),
        params={"enterprise": application.enterprise.name},
        enterprise_id=application.enterprise_id,
    )


def _tell_firm(
    kind: str, correction: Correction, application: Application, **params: int | str
) -> int:
    return notify(
        staff_of(application.enterprise_id),
        kind,
        key=_key(kind, correction),
        url=reverse("pipeline:correction", args=[application.pk]),
        params=_params(application, correction) | params,
        enterprise_id=application.enterprise_id,
    )


def _key(kind: str, correction: Correction) -> str:
    return f"correction:{correction.pk}:{kind}:{correction.due_on}"


def _params(application: Application, correction: Correction) -> dict[str, str | int]:
    day = correction.due_on.isoformat() if correction.due_on else ""
    return {"enterprise": application.enterprise.name, "day": day}


def _officers(application: Application, level: str) -> Iterable[User]:
    """Return the officer who works on an application at a level, else all of the office."""
    mine = application.assignments.filter(level=level, ended_at__isnull=True).select_related(
        "officer"
    )
    officers = [one.officer for one in mine]
    return officers or officers_of(application.region_path, level)
