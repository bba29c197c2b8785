"""What the review queue can be narrowed and sorted by (审核队列筛选)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.filters import EVERY, MINE, Narrowed
from cultivation.pipeline.models import Application, Assignment, CriterionReview, Round, Status

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from enterprises.accounts.models import User

FAR = dt.date(9999, 12, 31)  # what has no last day comes last
SORTS: dict[str, StrOrPromise] = {
    "held_since": _("longest waiting first"),
    "due": _("last day first"),
    "-submitted_at": _("latest submitted first"),
}
WEEK = dt.timedelta(days=7)
DAYS = (5, 10, 20, 40)


class QueueFilter(Narrowed):
    """Narrow the review queue (审核队列筛选)."""

    show = django_filters.ChoiceFilter(
        method="by_turn",
        choices=[(MINE, _("waiting for me")), (EVERY, _("all in sight"))],
        label=_("Show"),
        empty_label=None,
    )
    status = django_filters.ChoiceFilter(
        choices=[choice for choice in Status.choices if choice[0] != Status.DRAFT],
        label=_("Status"),
        empty_label=_("Any status"),
    )
    round = django_filters.ModelChoiceFilter(
        queryset=lambda request: Round.objects.visible_to(request.user).order_by("-year", "-pk"),
        label=_("Round"),
        empty_label=_("All rounds"),
    )
    given = django_filters.ChoiceFilter(
        method="by_officer",
        choices=[("me", _("me")), ("nobody", _("nobody")), ("others", _("somebody else"))],
        label=_("Worked on by"),
        empty_label=_("Anybody"),
    )
    waiting = django_filters.ChoiceFilter(
        method="by_waiting",
        choices=lambda: [(str(n), _("more than %(days)s days") % {"days": n}) for n in DAYS],
        label=_("Waiting for"),
        empty_label=_("Any time"),
    )
    due = django_filters.ChoiceFilter(
        method="by_due",
        choices=[("late", _("past")), ("week", _("within a week")), ("none", _("none"))],
        label=_("Last day"),
        empty_label=_("Any day"),
    )
    dispute = django_filters.ChoiceFilter(
        method="by_dispute",
        choices=[("yes", _("levels disagree")), ("objected", _("something is objected to"))],
        label=_("Opinions"),
        empty_label=_("Any opinions"),
    )
    sort = django_filters.ChoiceFilter(
        method="as_it_is", choices=list(SORTS.items()), label=_("Sorted by"), empty_label=None
    )
    path = "region_path"

    class Meta:
        model = Application
        fields: list[str] = []

    def by_turn(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what waits for the viewer."""
        return rows.waiting_for(self.request.user) if value == MINE else rows  # type: ignore[attr-defined]

    def by_officer(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what the viewer, nobody or somebody else works on."""
        given = Assignment.objects.filter(application=OuterRef("pk"), ended_at__isnull=True)
        mine = given.filter(officer=self.request.user)
        if value == "me":
            return rows.filter(Exists(mine))
        if value == "nobody":
            return rows.filter(~Exists(given))
        return rows.filter(Exists(given), ~Exists(mine))

    def by_waiting(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what has been where it is for so many days."""
        return rows.filter(held_since__lt=timezone.now() - dt.timedelta(days=int(value)))

    def by_due(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what is late, what soon will be, or what has no last day."""
        today = timezone.localdate()
        if value == "late":
            return rows.filter(due_on__lt=today)
        if value == "week":
            return rows.filter(due_on__range=(today, today + WEEK))
        return rows.filter(due_on__isnull=True)

    def by_dispute(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep where somebody objected, or where one level agreed to what another objected to."""
        objected = CriterionReview.objects.filter(application=OuterRef("pk"), opinion="objected")
        if value == "objected":
            return rows.filter(Exists(objected))
        agreed = CriterionReview.objects.filter(
            application=OuterRef("application"),
            criterion=OuterRef("criterion"),
            opinion="agreed",
        )
        return rows.filter(Exists(objected.filter(Exists(agreed))))

    def as_it_is(self, rows: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Leave the rows alone: the page sorts."""
        return rows


def sortable(rows: QuerySet[Application], sort: str) -> tuple[QuerySet[Application], str]:
    """Return the rows with the key that a sort goes by, and its name."""
    if sort != "due":
        return rows, sort if sort in SORTS else "held_since"
    last = Coalesce("due_on", Value(FAR), output_field=DateField())
    return rows.annotate(due_key=last), "due_key"


def late(today: dt.date) -> Q:
    """Return the condition that the last day is past."""
    return Q(due_on__lt=today)


def queue_of(request: HttpRequest, user: User) -> QueueFilter:
    """Return the queue of a viewer as the address narrows it (队列)."""
    data = request.GET.copy()
    data.setdefault("show", MINE if user.scope.is_office else EVERY)
    data.setdefault("sort", "held_since")
    rows = Application.objects.visible_to(user).exclude(status="draft")
    return QueueFilter(data, queryset=rows, request=request)
