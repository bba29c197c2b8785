"""What reconsiderations and requests for more time can be narrowed by (筛选条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.filters import Narrowed
from cultivation.pipeline.models import MoreTimeRequest, Reconsideration
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from django.db.models import QuerySet

UNSENT, ENDED = ("draft", "lapsed"), ("upheld", "reopened", "withdrawn")
STATES = [one for one in Reconsideration.Status.choices if one[0] not in UNSENT]


class ReconsiderationFilter(Narrowed):
    """Narrow the reconsiderations (复核筛选)."""

    tier = django_filters.ChoiceFilter(
        field_name="application__tier",
        choices=lambda: [*reversed(Tier.choices)],
        label=_("Tier"),
        empty_label=_("All tiers"),
    )
    show = django_filters.ChoiceFilter(
        method="by_turn",
        choices=[
            ("open", _("not answered yet")),
            ("mine", _("waiting for me")),
            ("late", _("overdue")),
            ("closed", _("answered")),
        ],
        label=_("Show"),
        empty_label=_("All"),
    )
    status = django_filters.ChoiceFilter(
        choices=STATES, label=_("Status"), empty_label=_("Any status")
    )
    path = "region_path"

    class Meta:
        model = Reconsideration
        fields: list[str] = []

    def by_turn(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what is open, waits for the viewer, is overdue, or is answered."""
        some: Any = rows
        found: dict[str, Any] = {
            "mine": some.waiting_for(self.request.user),
            "late": some.late(),
            "open": some.open(),
        }
        chosen: QuerySet[Any] = found.get(value, rows.filter(status__in=ENDED))
        return chosen


class MoreTimeFilter(Narrowed):
    """Narrow the requests for more time (延期申请筛选)."""

    tier = None
    show = django_filters.ChoiceFilter(
        method="by_answer",
        choices=[("open", _("not answered yet")), ("closed", _("answered"))],
        label=_("Show"),
        empty_label=_("All"),
    )
    about = django_filters.ChoiceFilter(
        method="by_matter",
        choices=[("round", _("window of a round")), ("correction", _("correction"))],
        label=_("About"),
        empty_label=_("Any"),
    )

    class Meta:
        model = MoreTimeRequest
        fields: list[str] = []

    def by_answer(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what is answered, or what is not."""
        return rows.filter(outcome="") if value == "open" else rows.exclude(outcome="")

    def by_matter(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what is about a round, or about a correction."""
        return rows.filter(round__isnull=value != "round")
