"""Reporting major changes within three months, and what the office makes of them (重大变化)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import titles
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.life import consequences, duties
from cultivation.pipeline.models import MajorChange
from cultivation.pipeline.stages import LADDER
from enterprises.audit.recording import note
from enterprises.notifications.addressees import officers_of, staff_of
from enterprises.notifications.notifying import notify
from enterprises.registry import names, records
from enterprises.registry.models import Document, Enterprise, NameRecord, Tier, Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from enterprises.accounts.models import User

Kind, Status = MajorChange.Kind, MajorChange.Status
OUTCOMES = (Status.SIMPLE_RENAME, Status.QUALIFIED, Status.UNQUALIFIED)


@transaction.atomic
def report(
    enterprise: Enterprise,
    kind: str,
    *,
    happened_on: dt.date,
    text: str,
    by: User,
    new_name: str = "",
    documents: Iterable[Document] = (),
) -> MajorChange:
    """Report a major change; reported late it says so, and the office weighs it (报告)."""
    if enterprise.pk not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself reports its changes."))
    today = timezone.localdate()
    duty = duties.change_of(happened_on)
    if happened_on > today:
        raise MoveError(_("The day of the change lies in the future."), field="happened_on")
    if duty is None:
        raise MoveError(
            _("Changes before %(day)s are not reported here.")
            % {"day": min(d.since for d in duties.duties()).isoformat()},
            field="happened_on",
        )
    if not text.strip():
        raise MoveError(_("Say what changed."), field="text")
    if kind == Kind.RENAME and not names.key(new_name):
        raise MoveError(_("Write the new name."), field="new_name")
    if not titles.running(enterprise).exists():
        raise MoveError(_("The enterprise holds no title now; nothing is to be reported."))
    made = MajorChange.objects.create(
        enterprise=enterprise,
        kind=kind,
        happened_on=happened_on,
        due_on=duties.months_after(happened_on, duty.months),
        rule=duty.rule,
        new_name=new_name.strip() if kind == Kind.RENAME else "",
        text=text.strip(),
        reported_by=by,
        reported_at=timezone.now(),
    )
    made.documents.set([one for one in documents if one.enterprise_id == enterprise.pk])
    _noted("change.report", made, by, {"kind": kind, "late": made.is_late})
    if made.is_late:
        for title in titles.running(enterprise).select_related("enterprise"):
            consequences.follow(title, duty, cause=f"change:{made.pk}")
    notify(
        officers_of(enterprise.region_path, "province", right="may_decide"),
        "change_reported",
        key=f"change:{made.pk}:reported",
        url=f"/changes/{made.pk}/",
        params={"firm": enterprise.name},
        enterprise_id=enterprise.pk,
    )
    return made


def may_decide(change: MajorChange, user: User) -> bool:
    """Tell whether a user decides on a change: the unit's deciding officer, without a seat there.

    The unit decides for the titles it recognised and reports to the nation for little giants
    (2022 Measures, dynamic management).
    """
    enterprise = change.enterprise
    if enterprise.pk in user.scope.enterprises:
        return False
    path = enterprise.region_path
    return user.scope.may_decide(path, "province") or user.scope.may_decide(path, "nation")


@transaction.atomic
def decide(
    change: MajorChange, outcome: str, *, by: User, reason: str, version: int | None = None
) -> MajorChange:
    """Say what a change means: a simple rename, still qualified, or not any more (核查结论).

    A simple rename and a rename with the qualification kept write the new name into the record.
    Where the firm does not qualify any more, the titles are brought before the offices that
    recognised them; nothing ends by this alone.
    """
    locked: MajorChange = (
        MajorChange.objects.select_for_update(of=("self",))
        .select_related("enterprise")
        .get(pk=change.pk)
    )
    if not may_decide(locked, by):
        raise PermissionDenied(_("Only the recommending unit weighs a change."))
    if (change.version if version is None else version) != locked.version:
        raise MovedMeanwhileError(_("Somebody decided on this change meanwhile."))
    if locked.status != Status.REPORTED:
        raise MoveError(_("This change is decided already: %(state)s.") % {
            "state": locked.get_status_display()})  # fmt: skip
    if outcome not in OUTCOMES:
        raise MoveError(_("Choose simple rename, still qualified or not."), field="outcome")
    if outcome == Status.SIMPLE_RENAME and locked.kind != Kind.RENAME:
        raise MoveError(_("Only a change of name can be a simple rename."), field="outcome")
    if not reason.strip():
        raise MoveError(_("A reason is owed."), field="reason")
    locked.status, locked.reason = outcome, reason.strip()
    locked.decided_by, locked.decided_at = by, timezone.now()
    locked.version += 1
    locked.save()
    if locked.kind == Kind.RENAME and outcome != Status.UNQUALIFIED:
        _rename(locked, by)
    _noted("change.decide", locked, by, {"status": outcome}, reason)
    _tell(locked)
    return locked


@transaction.atomic
def withdraw(change: MajorChange, *, by: User) -> MajorChange:
    """Take a report back that nobody decided on yet (撤回报告)."""
    locked: MajorChange = MajorChange.objects.select_for_update().get(pk=change.pk)
    if locked.enterprise_id not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself takes its report back."))
    if locked.status != Status.REPORTED:
        raise MoveError(_("This change is decided already: %(state)s.") % {
            "state": locked.get_status_display()})  # fmt: skip
    locked.status = Status.WITHDRAWN
    locked.version += 1
    locked.save()
    _noted("change.withdraw", locked, by, {"status": Status.WITHDRAWN})
    return locked


def unreported(enterprise: Enterprise) -> list[NameRecord]:
    """Return renames in the record during a title that no report covers (未报告的更名)."""
    held = Title.objects.filter(enterprise=enterprise, tier__in=duties.HELD, ended_on=None)
    first = held.order_by("granted_on").values_list("granted_on", flat=True).first()
    if first is None:
        return []
    told = MajorChange.objects.filter(enterprise=enterprise, kind=Kind.RENAME)
    told = told.exclude(status=Status.WITHDRAWN)
    known = {names.key(name) for name in told.values_list("new_name", flat=True)}
    rows = NameRecord.objects.filter(enterprise=enterprise, since__gte=first)
    return [row for row in rows if row.name_key not in known]


def _rename(change: MajorChange, by: User) -> None:
    enterprise = change.enterprise
    if names.key(enterprise.name) == names.key(change.new_name):
        return
    try:
        records.change(enterprise, {"name": change.new_name}, by=by, reason=change.reason[:200])
    except ValidationError as error:
        raise MoveError(
            _("The new name cannot be entered: %(why)s") % {"why": "; ".join(error.messages)},
            field="new_name",
        ) from error


def _tell(change: MajorChange) -> None:
    params = {"firm": change.enterprise.name}
    notify(
        staff_of(change.enterprise_id),
        f"change_{change.status}",
        key=f"change:{change.pk}:{change.status}",
        url=f"/changes/{change.pk}/",
        params=params,
        enterprise_id=change.enterprise_id,
    )
    if change.status != Status.UNQUALIFIED:
        return
    for title in titles.running(change.enterprise):
        level = LADDER[Tier(title.tier)].decided_at
        notify(
            officers_of(change.enterprise.region_path, level, right="may_decide"),
            "change_ends_title",
            key=f"change:{change.pk}:title:{title.pk}",
            url=f"/titles/{title.pk}/",
            params=params | {"title": title.number},
            enterprise_id=change.enterprise_id,
        )


def _noted(
    action: str, change: MajorChange, by: User, after: dict[str, object], reason: str = ""
) -> None:
    note(
        action,
        change,
        by=by,
        after=after,
        reason=reason.strip(),
        enterprise_id=change.enterprise_id,
        region_path=change.enterprise.region_path,
    )
