"""What the lists of decisions can be narrowed by (筛选条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.filters import CaseNarrowed, Narrowed
from cultivation.pipeline.models import Application, Proposal

if TYPE_CHECKING:
    from django.db.models import QuerySet


class UndecidedFilter(Narrowed):
    """Narrow the applications that wait for a decision (待拟办筛选)."""

    at = django_filters.ChoiceFilter(
        method="by_place",
        choices=[("notice_over", _("public notice is over")), ("in_hand", _("not on notice yet"))],
        label=_("Stands"),
        empty_label=_("Anywhere"),
    )
    path = "region_path"

    class Meta:
        model = Application
        fields: list[str] = []

    def by_place(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what was on notice, or what was not yet."""
        if value == "notice_over":
            return rows.filter(status="on_notice", notice_to__lt=timezone.localdate())
        return rows.exclude(status="on_notice")


class PendingFilter(CaseNarrowed):
    """Narrow the pending decisions (待发布筛选)."""

    verdict = django_filters.ChoiceFilter(
        choices=Proposal.Verdict.choices, label=_("Proposed decision"), empty_label=_("Any")
    )
    whose = django_filters.ChoiceFilter(
        method="by_person",
        choices=[("others", _("proposed by others: mine to release")), ("mine", _("by me"))],
        label=_("Proposed by"),
        empty_label=_("Anybody"),
    )
    way = django_filters.ChoiceFilter(
        method="by_hindrance",
        choices=[("free", _("nothing in the way")), ("hindered", _("hindered"))],
        label=_("When last looked at"),
        empty_label=_("Any"),
    )

    class Meta:
        model = Proposal
        fields: list[str] = []

    def by_person(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what others proposed, or what the viewer did."""
        mine = Q(proposed_by=self.request.user)
        return rows.filter(mine) if value == "mine" else rows.exclude(mine)

    def by_hindrance(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what was found hindered, or free."""
        if value == "hindered":
            return rows.exclude(hindrance="")
        return rows.filter(hindrance="", checked_at__isnull=False)
