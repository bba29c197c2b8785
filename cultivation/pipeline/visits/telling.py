"""What enterprises and officers are told of visits (核查通知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.accounts.models import User
from enterprises.notifications.addressees import officers_of, staff_of
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import notify

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Visit, VisitComment, VisitRecord

register(
    Kind(
        "visit_planned",
        _("A visit to your enterprise is planned"),
        _("Two officers come on %(day)s to check on site what was applied with."),
        audience="firm",
    ),
    Kind(
        "visit_called_off",
        _("The visit to your enterprise is called off"),
        _("The check on site planned for %(day)s does not take place."),
        audience="firm",
    ),
    Kind(
        "visit_signed",
        _("The outcome of the visit is there"),
        _("The record of the check on site of %(day)s is signed; read the outcome and comment."),
        audience="firm",
    ),
    Kind(
        "visit_given",
        _("You go on a visit"),
        _("You check %(firm)s on site on %(day)s."),
        audience="office",
    ),
    Kind(
        "visit_left",
        _("A visit has to be planned anew"),
        _("An officer cannot go to %(firm)s for a conflict of interest; plan the visit anew."),
        audience="office",
    ),
    Kind(
        "visit_to_sign",
        _("The record of a visit waits for your signature"),
        _("The record of the check on site of %(firm)s waits for your signature."),
        audience="office",
    ),
    Kind(
        "visit_commented",
        _("An enterprise commented on a visit"),
        _("%(firm)s commented on the check on site."),
        audience="office",
    ),
)


def planned(visit: Visit) -> None:
    """Tell the enterprise and the two officers when a visit is made."""
    day = visit.planned_on.isoformat() if visit.planned_on else ""
    key = f"visit:{visit.pk}:planned:{visit.version}"
    _firm(visit, "visit_planned", key, day)
    _officers(visit, "visit_given", key, [visit.first_id, visit.second_id], day=day)


def called_off(visit: Visit) -> None:
    """Tell the enterprise that nobody comes."""
    day = visit.planned_on.isoformat() if visit.planned_on else ""
    _firm(visit, "visit_called_off", f"visit:{visit.pk}:off:{visit.version}", day)


def left(visit: Visit) -> None:
    """Tell the office that a visit has to be planned anew."""
    rows = officers_of(visit.application.region_path, visit.level)
    _office(visit, "visit_left", f"visit:{visit.pk}:left:{visit.version}", rows)


def to_sign(visit: Visit, record: VisitRecord) -> None:
    """Tell the other officer that the record waits."""
    others = [pk for pk in (visit.first_id, visit.second_id) if pk != record.written_by_id]
    _officers(visit, "visit_to_sign", f"visit:{visit.pk}:written:{record.version}", others)


def signed(visit: Visit, record: VisitRecord) -> None:
    """Tell the enterprise that the outcome is there."""
    day = record.visited_on.isoformat() if record.visited_on else ""
    _firm(visit, "visit_signed", f"visit:{visit.pk}:signed:{record.number}", day)


def commented(visit: Visit, comment: VisitComment) -> None:
    """Tell the office what the enterprise said."""
    rows = officers_of(visit.application.region_path, visit.level)
    _office(visit, "visit_commented", f"visit:{visit.pk}:comment:{comment.pk}", rows)


def _firm(visit: Visit, kind: str, key: str, day: str) -> None:
    notify(
        staff_of(visit.application.enterprise_id),
        kind,
        key=key,
        url=reverse("pipeline:visit_firm", args=[visit.pk]),
        params={"day": day},
        enterprise_id=visit.application.enterprise_id,
    )


def _officers(visit: Visit, kind: str, key: str, pks: list[int | None], day: str = "") -> None:
    rows = User.objects.filter(is_active=True, pk__in=[pk for pk in pks if pk])
    _office(visit, kind, key, rows, day=day)


def _office(visit: Visit, kind: str, key: str, to: Iterable[User], *, day: str = "") -> None:
    notify(
        to,
        kind,
        key=key,
        url=reverse("pipeline:visit", args=[visit.pk]),
        params={"firm": visit.application.enterprise.name, "day": day},
        enterprise_id=visit.application.enterprise_id,
    )
