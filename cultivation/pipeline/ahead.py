"""What guards and records look at, read ahead for many applications in a few queries (预读).

A guard asks here, or walks a relation that NEEDED names; so it costs one application a query or two
and a thousand no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q

from cultivation.pipeline.models import (
    LIVE,
    Application,
    Move,
    PanelCase,
    PanelTask,
    Status,
    Visit,
    VisitListed,
    VisitRuleUse,
)
from cultivation.pipeline.notices import publishing
from cultivation.standards import keeping
from enterprises.registry.models import Title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from cultivation.standards.drift import Difference
    from enterprises.registry.models import Enterprise

NOT_READ: Any = object()
SUBMISSIONS = ("submit", "resubmit")


def rechecks() -> QuerySet[Application]:
    """Return the re-checks under way of the title at hand in an outer query (复核期间)."""
    return Application.objects.filter(
        enterprise=OuterRef("enterprise"),
        tier=OuterRef("tier"),
        kind=Application.Kind.RECHECK,
        status__in=[status for status in LIVE if status != Status.DRAFT],
    )


def _titles() -> QuerySet[Title]:
    return Title.objects.annotate(under_recheck=Exists(rechecks()))


def _panel_cases() -> QuerySet[PanelCase]:
    """Return cases before panels, each with how many scored the application as it stands."""
    final = Q(tasks__state=PanelTask.State.FINAL, tasks__submission=F("application__submission"))
    counted = PanelCase.objects.filter(void=False).annotate(scored=Count("tasks", filter=final))
    return counted.select_related("panel")


def _drawn_lists() -> QuerySet[VisitListed]:
    return VisitListed.objects.filter(draw__state="drawn").select_related("draw")


JOINED = ("enterprise__region", "title", "submission", "round")
"""What is read with each row; an edition, whose text is long, once for all of them."""
NEEDED: tuple[str | Prefetch[Any], ...] = (
    "edition",
    "submission__edition",
    "criterion_reviews__grounds",
    "documents",
    Prefetch(
        "moves", queryset=Move.objects.filter(name__in=SUBMISSIONS), to_attr="submissions_read"
    ),
    Prefetch("notice_entries", queryset=publishing.entries_standing(), to_attr="entries_read"),
    Prefetch("enterprise__titles", queryset=_titles(), to_attr="titles_read"),
    "round__panel_duties",
    Prefetch("panel_cases", queryset=_panel_cases(), to_attr="panel_cases_read"),
    Prefetch("visits", queryset=Visit.objects.standing(), to_attr="visits_read"),
    Prefetch("visit_lists", queryset=_drawn_lists(), to_attr="visit_lists_read"),
)


def read(rows: QuerySet[Application]) -> list[Application]:
    """Return applications with all that guards look at, each judged again (批量预读)."""
    found = list(rows.select_related(None).select_related(*JOINED).prefetch_related(*NEEDED))
    judge_again(found)
    uses = rule_uses()
    for one in found:
        one.__dict__["rule_uses_read"] = uses
    return found


def judge_again(applications: Sequence[Application]) -> None:
    """Judge many as submitted again, in as few frames as it takes, for `drift_read` (批量重演)."""
    kept = [one.submission for one in applications if one.submission is not None]
    found = iter(keeping.replayed_all(kept))
    for one in applications:
        one.__dict__["drift_read"] = None if one.submission is None else next(found)


def drift_read(application: Application) -> Difference | None:
    """Return what judging again said, or NOT_READ where it was not done for this object."""
    found: Difference | None = application.__dict__.get("drift_read", NOT_READ)
    return found


def last_submission(application: Application) -> Move | None:
    """Return the step by which an application came in last."""
    known: list[Move] | None = getattr(application, "submissions_read", None)
    if known is None:
        known = list(application.moves.filter(name__in=SUBMISSIONS))
    return known[-1] if known else None


def titles_of(enterprise: Enterprise) -> list[Title]:
    """Return every title of an enterprise, `under_recheck` telling which a re-check holds."""
    known: list[Title] | None = getattr(enterprise, "titles_read", None)
    return list(_titles().filter(enterprise=enterprise)) if known is None else known


def panel_cases_of(application: Application) -> list[PanelCase]:
    """Return the cases of an application before panels; `scored` says how many scores count."""
    known: list[PanelCase] | None = getattr(application, "panel_cases_read", None)
    return list(_panel_cases().filter(application=application)) if known is None else known


def visits_of(application: Application) -> list[Visit]:
    """Return the checks on site of an application that were not called off."""
    known: list[Visit] | None = getattr(application, "visits_read", None)
    return list(application.visits.standing()) if known is None else known


def visit_lists_of(application: Application) -> list[VisitListed]:
    """Return on which lists of samples already drawn an application stood."""
    known: list[VisitListed] | None = getattr(application, "visit_lists_read", None)
    return list(_drawn_lists().filter(application=application)) if known is None else known


def rule_uses(application: Application | None = None) -> set[tuple[str, str]]:
    """Return which rules on visits which offices took into use, by the path of their region."""
    known: set[tuple[str, str]] | None = getattr(application, "rule_uses_read", None)
    if known is not None:
        return known
    return set(VisitRuleUse.objects.values_list("rule", "region__path"))
