"""Digital transformation projects: registered, changed, finished, accepted (数字化改造项目)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.digital.models import TransformationProject
from cultivation.digital.transforming import accepting, gains, steps

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from cultivation.digital.models import ServiceProvider
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

MONEY = ("own_money", "own_paid", "public_money", "public_paid")
LARGEST = 10**17  # fen
EDITABLE = ("name", "provider", *MONEY, "note")


@transaction.atomic
def register(
    enterprise: Enterprise,
    *,
    name: str,
    started_on: dt.date,
    by: User,
    own_money: int | None = None,
    own_paid: int | None = None,
    public_money: int | None = None,
    public_paid: int | None = None,
    provider: ServiceProvider | None = None,
    note: str = "",
    due: Mapping[str, dt.date | None] | None = None,
) -> TransformationProject:
    """Register a project that has begun; money is whole fen (项目登记).

    `due` names the stages it is to go through, each with its due day or none.
    """
    if not steps.may_keep(by, enterprise):
        raise PermissionDenied
    steps.refuse_future(started_on)
    values = {
        "name": name.strip(), "provider": provider, "own_money": own_money, "own_paid": own_paid,
        "public_money": public_money, "public_paid": public_paid, "note": note.strip(),
    }  # fmt: skip
    _refuse_wrong(values)
    _refuse_unlisted(provider)
    project = TransformationProject.objects.create(
        enterprise=enterprise, started_on=started_on, **values
    )
    steps.note(project, by=by, before={}, after={"name": project.name, "started_on": started_on})
    if due:
        steps.plan(project, due, by=by)
    return project


@transaction.atomic
def change(
    project: TransformationProject, values: Mapping[str, Any], *, version: int, by: User
) -> TransformationProject:
    """Change name, provider, money and note of a project that is not accepted (修改项目).

    Raises ValidationError where somebody was faster.
    """
    project = steps.locked(project)
    if not steps.may_keep(by, project.enterprise):
        raise PermissionDenied
    if project.version != version:
        raise ValidationError(
            _("Somebody changed this project since you opened it. Load it again.")
        )
    if project.accepted_on and set(values) - {"own_paid", "public_paid"}:
        raise ValidationError(_("The project is accepted already; only payments can be noted."))
    now = {key: getattr(project, key) for key in EDITABLE} | dict(values)
    _refuse_wrong(now)
    if now["provider"] != project.provider:
        _refuse_unlisted(now["provider"])
    before = {key: getattr(project, key) for key in values if getattr(project, key) != values[key]}
    for key, value in values.items():
        setattr(project, key, value)
    project.version += 1
    project.save()
    if before:
        steps.note(project, by=by, before=before, after={key: values[key] for key in before})
    return project


@transaction.atomic
def finish(project: TransformationProject, *, on: dt.date, by: User) -> TransformationProject:
    """Note that the work is done, once, not before it began, after all its steps (项目完工)."""
    project = steps.locked(project)
    if not steps.may_keep(by, project.enterprise):
        raise PermissionDenied
    if project.finished_on:
        raise ValidationError(_("The project is finished already."))
    steps.refuse_future(on)
    if on < project.started_on:
        raise ValidationError(_("A project is not finished before it begins."))
    steps.refuse_open(project, steps.Stage.WORK, on)
    project.finished_on = on
    project.version += 1
    project.save(update_fields=["finished_on", "version"])
    steps.close(project, steps.Stage.WORK, on)
    steps.note(project, by=by, before={"finished_on": None}, after={"finished_on": on})
    return project


@transaction.atomic
def accept(project: TransformationProject, *, on: dt.date, by: User) -> TransformationProject:
    """Accept a finished project, once, with all that its check-list requires (项目验收).

    The list is the one in force on the day and what holds is what held on it. The list and the
    assessments before and after are kept with the project.
    """
    project = steps.locked(project)
    if not steps.may_accept(by, project.enterprise):
        raise PermissionDenied
    if project.accepted_on:
        raise ValidationError(_("The project is accepted already."))
    if not project.finished_on:
        raise ValidationError(_("A project is finished before it is accepted."))
    steps.refuse_future(on)
    if on < project.finished_on:
        raise ValidationError(_("A project is not accepted before it is finished."))
    checked = accepting.refuse_missing(project, on=on)
    after_it = gains.assessments_after(project, on=on)
    project.before = gains.assessment_before(project)
    project.after = after_it[0] if after_it else None
    project.accepted_on, project.acceptance_rule = on, checked.rule
    project.version += 1
    project.save()
    steps.close(project, steps.Stage.ACCEPTANCE, on)
    after: dict[str, object] = {"accepted_on": on}
    if checked.rule:
        after["rule"] = checked.rule.code
    steps.note(project, by=by, before={"accepted_on": None}, after=after)
    return project


def _refuse_unlisted(provider: ServiceProvider | None) -> None:
    """Refuse to choose a provider that is no longer in the list."""
    if provider is not None and not provider.active:
        raise ValidationError(
            _("%(provider)s is no longer in the list of providers; choose another one.")
            % {"provider": provider}
        )


def _refuse_wrong(values: Mapping[str, Any]) -> None:
    """Raise ValidationError for a project without a name, and for money that cannot be."""
    if not values["name"]:
        raise ValidationError(_("A project needs a name."))
    sums = [values[name] or 0 for name in MONEY]
    if min(sums) < 0:
        raise ValidationError(_("Money spent is not negative."))
    if max(sums) > LARGEST:
        raise ValidationError(_("The amount is too large; check the unit."))
    if (values["public_paid"] or 0) > (values["public_money"] or 0):
        raise ValidationError(_("More public money is paid than promised; correct one of them."))
