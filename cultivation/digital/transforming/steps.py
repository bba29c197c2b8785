"""The stages and milestones of a project: due, done, left out, overdue (项目节点)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.models import ProjectStep, TransformationProject
from enterprises.registry import ledger

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

Stage = ProjectStep.Stage
ORDER = tuple(Stage.values)
FIXED = tuple(stage for stage in ORDER if stage != Stage.MILESTONE)
BY_PROJECT = (Stage.WORK, Stage.ACCEPTANCE)  # done by finishing and accepting the project
MOST_MILESTONES = 40
REASON = 200  # letters
EARLIEST = 2000  # year of a day that a project knows


def may_keep(user: User, enterprise: Enterprise) -> bool:
    """Tell whether a user may register and keep projects: staff, or reviewing officers (登记)."""
    return enterprise.pk in user.scope.enterprises or may_accept(user, enterprise)


def may_accept(user: User, enterprise: Enterprise) -> bool:
    """Tell whether a user may accept projects: only an officer who reviews (验收)."""
    return user.scope.reviews(enterprise.region_path)


def of_stage(project: TransformationProject, stage: str) -> ProjectStep | None:
    """Return the step of a stage that a project has once."""
    return ProjectStep.objects.filter(project=project, stage=stage).first()


def sorted_steps(rows: Sequence[ProjectStep]) -> list[ProjectStep]:
    """Return steps in the order of the stages, milestones by their due day."""
    return sorted(rows, key=lambda one: (ORDER.index(one.stage), str(one.due_on or "9999"), one.pk))


def overdue(on: dt.date | None = None) -> QuerySet[ProjectStep]:
    """Return the steps that are due before a day and open, of projects not accepted (逾期节点)."""
    return ProjectStep.objects.filter(
        due_on__lt=on or timezone.localdate(),
        done_on__isnull=True,
        left_out="",
        project__accepted_on__isnull=True,
    )


def is_overdue(step: ProjectStep) -> bool:
    """Tell whether a step of an open project is overdue today."""
    waits = step.done_on is None and not step.left_out and step.due_on is not None
    return waits and step.due_on < timezone.localdate()  # type: ignore[operator]


@transaction.atomic
def plan(
    project: TransformationProject, due: Mapping[str, dt.date | None], *, by: User
) -> list[ProjectStep]:
    """Set the due days of the stages; a stage without a day is there without one (计划节点)."""
    project = _open(project, by)
    made = []
    for stage, day in due.items():
        if stage not in FIXED:
            raise ValidationError(_("There is no stage “%(stage)s”.") % {"stage": stage})
        _refuse_early(project, day)
        step = ProjectStep.objects.filter(project=project, stage=stage).first()
        before = step.due_on if step else None
        if step is None:
            step = ProjectStep(project=project, stage=stage)
        elif before == day:
            continue
        step.due_on = day
        step.save()
        made.append(step)
        note(project, by=by, before={f"{stage}_due": before}, after={f"{stage}_due": day})
    return made


@transaction.atomic
def add_milestone(
    project: TransformationProject, *, name: str, due_on: dt.date, by: User
) -> ProjectStep:
    """Add a milestone with its due day (新增里程碑)."""
    project = _open(project, by)
    if project.finished_on:
        raise ValidationError(_("The work is done; no milestone can be added."))
    name = name.strip()
    if not name:
        raise ValidationError(_("A milestone needs a name."))
    rows = ProjectStep.objects.filter(project=project, stage=Stage.MILESTONE)
    if rows.count() >= MOST_MILESTONES:
        raise ValidationError(
            _("A project has at most %(most)s milestones.") % {"most": MOST_MILESTONES}
        )
    _refuse_early(project, due_on)
    step = ProjectStep.objects.create(
        project=project, stage=Stage.MILESTONE, name=name[:120], due_on=due_on
    )
    note(project, by=by, before={}, after={"milestone": name, "due": due_on})
    return step


@transaction.atomic
def move(step: ProjectStep, due_on: dt.date | None, *, by: User) -> None:
    """Give an open step another due day (调整节点)."""
    step = _waiting(step, by)
    _refuse_early(step.project, due_on)
    before, step.due_on = step.due_on, due_on
    step.save(update_fields=["due_on"])
    note(step.project, by=by, before={"step": str(step), "due": before}, after={"due": due_on})


@transaction.atomic
def complete(step: ProjectStep, *, on: dt.date, by: User) -> None:
    """Note that a step is done, after all before it (节点完成)."""
    step = _waiting(step, by)
    if step.stage in BY_PROJECT:
        raise ValidationError(_("Finish or accept the project itself."))
    refuse_future(on)
    _refuse_early(step.project, on)
    refuse_open(step.project, step.stage, on)
    step.done_on = on
    step.save(update_fields=["done_on"])
    note(step.project, by=by, before={}, after={"step": str(step), "done": on})


@transaction.atomic
def leave_out(step: ProjectStep, reason: str, *, by: User) -> None:
    """Leave a step out, for a reason; the work and the acceptance cannot be (略过节点)."""
    step = _waiting(step, by)
    if step.stage in BY_PROJECT:
        raise ValidationError(_("The work and the acceptance cannot be left out."))
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Say why the step is left out."))
    step.left_out = reason[:REASON]
    step.save(update_fields=["left_out"])
    note(step.project, by=by, before={}, after={"step": str(step), "left_out": step.left_out})


def refuse_open(project: TransformationProject, stage: str, on: dt.date) -> None:
    """Raise ValidationError where a step of an earlier stage is open, or was done later."""
    earlier = ORDER[: ORDER.index(stage)]
    rows = sorted_steps(list(ProjectStep.objects.filter(project=project, stage__in=earlier)))
    waiting = [str(one) for one in rows if one.done_on is None and not one.left_out]
    if waiting:
        raise ValidationError(
            _("First note as done, or leave out: %(steps)s.") % {"steps": _("; ").join(waiting)}
        )
    late = next((one for one in rows if one.done_on and one.done_on > on), None)
    if late is not None:
        raise ValidationError(
            _("“%(step)s” was done on %(day)s, which is later.")
            % {"step": str(late), "day": late.done_on}
        )


def close(project: TransformationProject, stage: str, on: dt.date) -> None:
    """Note the day on the step of a stage that the project itself reached."""
    ProjectStep.objects.filter(project=project, stage=stage).update(done_on=on)


def locked(project: TransformationProject) -> TransformationProject:
    """Return the project locked for this transaction, with its enterprise."""
    rows = TransformationProject.objects.select_for_update(of=("self",))
    found: TransformationProject = rows.select_related("enterprise").get(pk=project.pk)
    return found


def refuse_future(day: dt.date) -> None:
    """Raise ValidationError for a day that has not come, or that nobody can mean."""
    if day > timezone.localdate():
        raise ValidationError(_("The day lies in the future."))
    if day.year < EARLIEST:
        raise ValidationError(
            _("%(day)s lies before the year %(year)s; check the year.")
            % {"day": day, "year": EARLIEST}
        )


def _refuse_early(project: TransformationProject, day: dt.date | None) -> None:
    """Refuse a due day that cannot be meant: years before the project, or decades after."""
    if day is not None and not -3 <= day.year - project.started_on.year <= 20:
        raise ValidationError(
            _("%(day)s lies too far from the day the project began.") % {"day": day}
        )


def _open(project: TransformationProject, by: User) -> TransformationProject:
    project = locked(project)
    if not may_keep(by, project.enterprise):
        raise PermissionDenied
    if project.accepted_on:
        raise ValidationError(_("The project is accepted already."))
    return project


def _waiting(step: ProjectStep, by: User) -> ProjectStep:
    project = _open(step.project, by)
    found = ProjectStep.objects.select_for_update().get(pk=step.pk)
    found.project = project
    if found.done_on or found.left_out:
        raise ValidationError(_("“%(step)s” is settled already.") % {"step": str(found)})
    return found


def note(
    project: TransformationProject,
    *,
    by: User,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    """Write what changed in a project into the history and the audit log."""
    ledger.note(
        project.enterprise,
        f"project:{project.pk}",
        {key: str(value) if value is not None else None for key, value in before.items()},
        {key: str(value) if value is not None else None for key, value in after.items()},
        by,
        "",
    )
