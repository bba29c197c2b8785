"""Steps that are due: in the calendar, and one reminder when they are late (节点提醒)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.digital.models import ProjectStep
from cultivation.digital.transforming import steps
from cultivation.pipeline.calendar import sources
from cultivation.pipeline.calendar.sources import LATELY, Date
from enterprises.accounts.models import Seat, User
from enterprises.notifications import addressees, kinds, notifying

if TYPE_CHECKING:
    from enterprises.jobs.runs import Progress

AHEAD = dt.timedelta(days=60)
MOST = 100  # dates of an office
PIECE = 500

kinds.register(
    kinds.Kind(
        "project_step_overdue",
        gettext_lazy("Step of a project overdue"),
        gettext_lazy("%(enterprise)s: “%(step)s” of the project “%(project)s” was due on %(day)s."),
        daily=True,
    )
)


def dates_of(user: User) -> list[Date]:
    """Return when steps are due: all of own projects, in an office those of soon (日程)."""
    today = timezone.localdate()
    waiting = ProjectStep.objects.filter(
        due_on__gte=today - LATELY,
        done_on__isnull=True,
        left_out="",
        project__accepted_on__isnull=True,
    ).select_related("project__enterprise")
    own = waiting.filter(project__enterprise__in=user.scope.enterprises)
    rows = list(own.order_by("due_on", "pk"))
    if user.scope.offices:
        below = user.scope.visible(
            path="project__enterprise__region_path", enterprise="project__enterprise_id"
        )
        soon = waiting.filter(below, due_on__lte=today + AHEAD).order_by("due_on", "pk")
        rows = list({row.pk: row for row in [*rows, *soon[:MOST]]}.values())
    return [_date(row) for row in rows]


def _date(step: ProjectStep) -> Date:
    enterprise = step.project.enterprise
    return Date(
        f"project-step:{step.pk}",
        step.due_on,  # type: ignore[arg-type]
        _("Digital project, due: %(step)s") % {"step": str(step)},
        enterprise.name,
        reverse("digital:project", args=[enterprise.pk, step.project_id]),
        enterprise.pk,
    )


sources.register(dates_of)


def remind(*, progress: Progress | None = None) -> int:
    """Tell staff and the nearest office once of each step that is late; return how many are told.

    Run again, it tells nobody twice; a step with another due day is told anew.
    """
    number = 0
    rows = steps.overdue().exclude(reminded_of=F("due_on"), reminded_of__isnull=False)
    while piece := list(rows.select_related("project__enterprise").order_by("pk")[:PIECE]):
        for step in piece:
            number += _remind_of(step)
        if progress is not None:
            progress.report(number)
    return number


@transaction.atomic
def _remind_of(step: ProjectStep) -> int:
    enterprise = step.project.enterprise
    told = [*addressees.staff_of(enterprise.pk), *_officers(enterprise.region_path)]
    ProjectStep.objects.filter(pk=step.pk).update(reminded_of=step.due_on)
    return notifying.notify(
        told,
        "project_step_overdue",
        key=f"project-step:{step.pk}:{step.due_on}",
        url=reverse("digital:project", args=[enterprise.pk, step.project_id]),
        params={
            "enterprise": enterprise.name,
            "step": str(step),
            "project": step.project.name,
            "day": str(step.due_on),
        },
        enterprise_id=enterprise.pk,
    )


def _officers(path: str) -> list[User]:
    """Return the officers who review in the lowest office above a firm that has any."""
    above = [path[:length] for length in range(len(path) + 1)]
    seats = Seat.objects.filter(
        active=True,
        may_review=True,
        user__is_active=True,
        region__path__in=above,
        role__in=("county", "city", "province"),
    ).select_related("user", "region")
    found = sorted(seats, key=lambda one: -len(one.region.path))
    if not found:
        return []
    nearest = found[0].region.path
    return [seat.user for seat in found if seat.region.path == nearest]
