"""Digital transformation projects: registered, finished, accepted (数字化改造项目)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.maturity import is_officer_of
from cultivation.digital.models import TransformationProject
from enterprises.registry import ledger

if TYPE_CHECKING:
    import datetime as dt

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise


def may_keep(user: User, enterprise: Enterprise) -> bool:
    """Tell whether a user may register and finish projects: staff, or an officer (登记)."""
    return enterprise.pk in user.scope.enterprises or is_officer_of(user, enterprise)


def may_accept(user: User, enterprise: Enterprise) -> bool:
    """Tell whether a user may accept projects: only an officer (验收)."""
    return is_officer_of(user, enterprise)


@transaction.atomic
def register(
    enterprise: Enterprise,
    *,
    name: str,
    started_on: dt.date,
    by: User,
    own_money: int | None = None,
    public_money: int | None = None,
    note: str = "",
) -> TransformationProject:
    """Register a project that has begun; money is whole fen (项目登记)."""
    if not may_keep(by, enterprise):
        raise PermissionDenied
    _refuse_future(started_on)
    if not name.strip():
        raise ValidationError(_("A project needs a name."))
    if min(own_money or 0, public_money or 0) < 0:
        raise ValidationError(_("Money spent is not negative."))
    project = TransformationProject.objects.create(
        enterprise=enterprise,
        name=name.strip(),
        started_on=started_on,
        own_money=own_money,
        public_money=public_money,
        note=note.strip(),
    )
    _note(project, by=by, before={}, after={"name": project.name, "started_on": started_on})
    return project


@transaction.atomic
def finish(project: TransformationProject, *, on: dt.date, by: User) -> TransformationProject:
    """Note that a project is finished, once, not before it began (项目完工)."""
    project = _locked(project)
    if not may_keep(by, project.enterprise):
        raise PermissionDenied
    if project.finished_on:
        raise ValidationError(_("The project is finished already."))
    _refuse_future(on)
    if on < project.started_on:
        raise ValidationError(_("A project is not finished before it begins."))
    project.finished_on = on
    project.save(update_fields=["finished_on"])
    _note(project, by=by, before={"finished_on": None}, after={"finished_on": on})
    return project


@transaction.atomic
def accept(project: TransformationProject, *, on: dt.date, by: User) -> TransformationProject:
    """Accept a finished project, once, not before it was finished (项目验收)."""
    project = _locked(project)
    if not may_accept(by, project.enterprise):
        raise PermissionDenied
    if project.accepted_on:
        raise ValidationError(_("The project is accepted already."))
    if not project.finished_on:
        raise ValidationError(_("A project is finished before it is accepted."))
    _refuse_future(on)
    if on < project.finished_on:
        raise ValidationError(_("A project is not accepted before it is finished."))
    project.accepted_on = on
    project.save(update_fields=["accepted_on"])
    _note(project, by=by, before={"accepted_on": None}, after={"accepted_on": on})
    return project


def _locked(project: TransformationProject) -> TransformationProject:
    rows = TransformationProject.objects.select_for_update(of=("self",))
    found: TransformationProject = rows.select_related("enterprise").get(pk=project.pk)
    return found


def _refuse_future(day: dt.date) -> None:
    if day > timezone.localdate():
        raise ValidationError(_("The day lies in the future."))


def _note(
    project: TransformationProject,
    *,
    by: User,
    before: dict[str, object],
    after: dict[str, object],
) -> None:
    ledger.note(
        project.enterprise,
        f"project:{project.pk}",
        {key: str(value) if value is not None else None for key, value in before.items()},
        {key: str(value) for key, value in after.items()},
        by,
        "",
    )
