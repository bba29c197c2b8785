"""Who counts on a day, and in which group: one SQL expression a definition (计数与分组).

- Counted are the holders of a tier's title valid on the day, once each.
- An assessment or project counts from the day it is dated, whenever it was entered; so running a
  past date again includes what was entered late.
- A firm counts where it stood on the day, in the industry, chain, park and cluster of the day, as
  far as the history of its record tells. Of the size the present one is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import (
    Case,
    Exists,
    Expression,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from cultivation.digital.definitions import rule_on
from cultivation.digital.maturity import latest
from cultivation.digital.models import TransformationProject
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

    from cultivation.digital.models import CoverageDefinition, MaturityAssessment

TIERS = (Tier.LITTLE_GIANT, Tier.SRDI)
NOT_ASSESSED, NOT_TRANSFORMED, TRANSFORMED = 0, 1, 2
GROUPS = {
    "transformed": TRANSFORMED,
    "not_transformed": NOT_TRANSFORMED,
    "not_assessed": NOT_ASSESSED,
}


class Counts(Protocol):
    """What says what is counted: a definition as it stands, or a version of it."""

    @property
    def count(self) -> dict[str, Any]:
        """Return what is counted."""


def held(on: dt.date) -> QuerySet[Title]:
    """Return the titles valid on a day (有效认定)."""
    running = Q(ended_on__isnull=True) | Q(ended_on__gt=on)
    return Title.objects.filter(running, granted_on__lte=on, valid_to__gte=on)


def holders(tier: str, on: dt.date) -> QuerySet[Title, int]:
    """Return the ids of enterprises whose title of a tier is valid on a day (在册企业)."""
    return held(on).filter(tier=tier).order_by().values_list("enterprise_id", flat=True)


def group_of(rule: Counts, on: dt.date) -> Expression:
    """Return the group of an enterprise under a rule on a day, as an expression (分组)."""
    count = rule.count
    if count["basis"] == "level":
        grade = Case(
            When(level__gte=count["at_least"], then=Value(TRANSFORMED)),
            default=Value(NOT_TRANSFORMED),
            output_field=IntegerField(),
        )
        return Coalesce(Subquery(assessed(rule, on).values_list(grade)), Value(NOT_ASSESSED))
    projects = TransformationProject.objects.filter(enterprise=OuterRef("pk"))
    return Case(
        When(Exists(projects.filter(_reached(rule, on))), then=Value(TRANSFORMED)),
        When(Exists(projects.filter(started_on__lte=on)), then=Value(NOT_TRANSFORMED)),
        When(Exists(latest(on)), then=Value(NOT_TRANSFORMED)),
        default=Value(NOT_ASSESSED),
        output_field=IntegerField(),
    )


def assessed(rule: Counts, on: dt.date) -> QuerySet[MaturityAssessment]:
    """Return the assessment that decides under a rule, as a subquery of Enterprise (所据评测)."""
    count = rule.count
    if count["basis"] == "level":
        return latest(on, ways=count["ways"], versions=count["index_versions"])
    return latest(on)


def begun(rule: Counts, on: dt.date) -> QuerySet[TransformationProject]:
    """Return the project that decides, as a subquery of Enterprise: the first to get there."""
    projects = TransformationProject.objects.filter(enterprise=OuterRef("pk"), started_on__lte=on)
    reached = Case(When(_reached(rule, on), then=Value(0)), default=Value(1))
    milestone = f"{rule.count['milestone']}_on"
    return projects.order_by(reached, milestone, "started_on", "pk")[:1]


def _reached(rule: Counts, on: dt.date) -> Q:
    return Q(**{f"{rule.count['milestone']}_on__lte": on})


def firms(
    among: QuerySet[Enterprise], definition: CoverageDefinition, *, tier: str, on: dt.date
) -> QuerySet[Enterprise]:
    """Return those of some enterprises that count on a day, each with its `group` (企业名单)."""
    rows = among.filter(pk__in=holders(tier, on))
    return rows.annotate(group=group_of(rule_on(definition, on), on))
