"""What users are told of rounds: publication, other windows, extensions, drafts, moves (通知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import Status, WindowLevel
from cultivation.pipeline.rounds.windows import written
from enterprises.accounts.models import Seat, User
from enterprises.accounts.scope import OFFICES
from enterprises.notifications import addressees
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import notify

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.models import Application, Extension, Round

register(
    Kind(
        "round_published",
        _("Round published"),
        _("%(round)s is published; enterprises apply until %(until)s."),
        mass=True,
        audience="office",
    ),
    Kind(
        "window_changed",
        _("Window changed"),
        _("The window for enterprises of %(round)s is now open until %(until)s."),
        mass=True,
        audience="firm",
    ),
    Kind(
        "extension_granted",
        _("Extension granted"),
        _("%(enterprise)s may come later in %(round)s: until %(until)s."),
    ),
    Kind(
        "draft_not_submitted",
        _("Draft not submitted"),
        _(
            "The application of %(enterprise)s in %(round)s has not gone in; it closes at "
            "%(until)s."
        ),
        audience="firm",
    ),
    Kind(
        "case_handed_over",
        _("Case handed over"),
        _("The application of %(enterprise)s went from %(old)s to %(new)s."),
    ),
)


def published(round_: Round, until: dt.datetime) -> int:
    """Tell the offices that a round reaches that it is published."""
    seats = Seat.objects.filter(
        active=True, role__in=OFFICES, region__path__startswith=round_.region_path
    )
    officers = User.objects.filter(is_active=True, pk__in=seats.values("user"))
    return notify(
        officers,
        "round_published",
        key=f"round:{round_.pk}:published",
        url=reverse("pipeline:round", args=[round_.pk]),
        params={"round": round_.name, "until": written(until)},
        region_path=round_.region_path,
    )


def window_changed(round_: Round, path: str, until: dt.datetime, *, version: int) -> int:
    """Tell those with a draft in a round that its window for enterprises is another one."""
    drafts = round_.applications.filter(
        status=Status.DRAFT, enterprise__region_path__startswith=path
    )
    seats = Seat.objects.filter(active=True, enterprise__in=drafts.values("enterprise"))
    return notify(
        User.objects.filter(is_active=True, pk__in=seats.values("user")),
        "window_changed",
        key=f"round:{round_.pk}:window:{version}",
        url=reverse("pipeline:round", args=[round_.pk]),
        params={"round": round_.name, "until": written(until)},
        region_path=path,
    )


def extended(extension: Extension) -> int:
    """Tell the enterprise, or the office whose window it is, of an extension."""
    enterprise, level = extension.enterprise, extension.level
    to = (
        addressees.staff_of(enterprise.pk)
        if level == WindowLevel.COMPANY
        else addressees.officers_of(enterprise.region_path, level)
    )
    return notify(
        to,
        "extension_granted",
        key=f"extension:{extension.pk}",
        url=reverse("pipeline:round", args=[extension.round_id]),
        params={
            "enterprise": enterprise.name,
            "round": extension.round.name,
            "until": written(extension.until),
        },
        enterprise_id=enterprise.pk,
    )


def not_submitted(application: Application, until: dt.datetime, *, days: int) -> int:
    """Remind an enterprise of a draft whose window closes in some days (未提交提醒)."""
    if application.round is None:
        return 0
    return notify(
        addressees.staff_of(application.enterprise_id),
        "draft_not_submitted",
        key=f"application:{application.pk}:closing:{until:%Y%m%d%H%M%S}:{days}",
        url=reverse("pipeline:form", args=[application.pk]),
        params={
            "enterprise": application.enterprise.name,
            "round": application.round.name,
            "until": written(until),
        },
        enterprise_id=application.enterprise_id,
    )


def handed_over(application: Application, old: str, new: str, *, level: str) -> int:
    """Tell the enterprise and the office that has a case next that it was handed over (移交)."""
    params = {"enterprise": application.enterprise.name, "old": old, "new": new}
    key = f"application:{application.pk}:handed:{application.version}"
    firm, url = application.enterprise_id, reverse("pipeline:application", args=[application.pk])
    told = notify(
        addressees.staff_of(firm), "case_handed_over", key=key, url=url, params=params,
        enterprise_id=firm,
    )  # fmt: skip
    if not level:  # it waits with the enterprise
        return told
    officers = addressees.officers_of(application.region_path, level)
    return told + notify(
        officers, "case_handed_over", key=key, url=url, params=params, enterprise_id=firm
    )
