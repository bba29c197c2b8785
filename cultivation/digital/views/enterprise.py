"""Digital maturity of one enterprise: levels, peers, assessments (企业数字化)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.digital import index, maturity, scoring
from cultivation.digital.assessing import comparing, declaring, gaps, peers, picture, rules
from cultivation.digital.forms import ResultForm
from cultivation.digital.helping import planned
from cultivation.digital.models import (
    AssessmentDraft,
    MaturityAssessment,
    ProjectStep,
    TransformationProject,
)
from cultivation.digital.transforming import listing, providers, steps
from cultivation.digital.views.assessing import SLUGS, told
from enterprises.registry.views.gate import refusals, seen_enterprise, viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.digital.assessing.gaps import Gap
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

Way = MaturityAssessment.Way
OFFERED = 5  # providers named beside a gap


@require_GET
@login_required
def of_enterprise(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an enterprise's levels, what the next one asks for, its peers and projects."""
    user, enterprise = viewer(request), seen_enterprise(request, pk)
    today = timezone.localdate()
    rows = MaturityAssessment.objects.visible_to(user).filter(enterprise=enterprise)
    by_way = comparing.latest(enterprise, on=today)
    current = min(by_way.values(), key=_order, default=None)
    gap = gaps.of(current)
    beside = comparing.beside(by_way.get(Way.SELF), by_way.get(Way.ON_SITE))
    compared = peers.compare(current, enterprise, on=today) if current else None
    context: dict[str, Any] = {
        "enterprise": enterprise,
        "assessments": list(rows.select_related("made_by", "rule")),
        "current": current,
        "by_way": [by_way[way] for way in (Way.SELF, Way.ON_SITE) if way in by_way],
        "beside": beside,
        "standing": gaps.standing_of(current),
        "gap": gap,
        "band": gaps.band_of(current),
        "fitting": _fitting(gap, enterprise),
        "compared": compared,
        "bars": picture.bars(compared) if compared else None,
        "planned": planned.with_firm(enterprise, user),
        "today": today,
        **_projects(user, enterprise),
        **_rights(user, enterprise),
    }
    return render(request, "digital/of_enterprise.html", context)


def _order(row: MaturityAssessment) -> tuple[int, str, int]:
    """Return the place of an assessment among those in force, as NEWEST_FIRST has it."""
    return -row.assessed_on.toordinal(), row.way, -row.pk


def _fitting(gap: Gap, enterprise: Enterprise) -> list[Any]:
    """Return providers who serve what the next level asks for."""
    lacking = {enterprise.pk: (enterprise.region_path, gap.scenarios)}
    return providers.fitting(lacking, most=OFFERED)[enterprise.pk]


def _projects(user: User, enterprise: Enterprise) -> dict[str, Any]:
    """Return the projects with how far each is, and their overdue steps."""
    rows = TransformationProject.objects.visible_to(user).filter(enterprise=enterprise)
    late: dict[int, list[ProjectStep]] = {}
    for step in steps.overdue().filter(project__enterprise=enterprise).order_by("due_on"):
        late.setdefault(step.project_id, []).append(step)
    return {
        "projects": [
            (one, listing.stage_of(one), late.get(one.pk, []))
            for one in rows.select_related("provider")
        ]
    }


def _rights(user: User, enterprise: Enterprise) -> dict[str, Any]:
    """Return what the viewer may do here, and the drafts that wait."""
    may: dict[str, bool] = {
        way: maturity.may_record(user, enterprise, way=way) for way in Way.values
    }
    found = AssessmentDraft.objects.filter(
        enterprise=enterprise, way__in=[w for w in may if may[w]]
    )
    return {
        "may_self": may[Way.SELF],
        "may_on_site": may[Way.ON_SITE],
        "may_keep": steps.may_keep(user, enterprise),
        "drafts": [(SLUGS[one.way], one) for one in found],
        "drafted": [SLUGS[one.way] for one in found],
    }


@require_GET
@login_required
def assessment(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show one assessment with every answer and how its level came about (评测详情)."""
    user, enterprise = viewer(request), seen_enterprise(request, pk)
    rows = MaturityAssessment.objects.visible_to(user).select_related(
        "rule", "document", "declared", "made_by"
    )
    row = get_object_or_404(
        rows.prefetch_related("rule__thresholds"), pk=number, enterprise=enterprise
    )
    standing = gaps.standing_of(row)
    context = {
        "enterprise": enterprise,
        "assessment": row,
        "standing": standing,
        "gap": gaps.of(row),
        "band": gaps.band_of(row),
        "answers": _answers(row) if standing else [],
        "scenarios": [
            (
                scenario,
                row.answers["scenarios"][str(scenario.no)],
                row.findings.get(f"s:{scenario.no}"),
            )
            for scenario in index.scenarios()
        ]
        if standing
        else [],
        "levels": {level.no: level for level in rules.levels_of(row.rule, row.index_version)},
    }
    return render(request, "digital/assessment.html", context)


@require_GET
@login_required
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was declared beside what was found on site, with the differences (对比)."""
    enterprise = seen_enterprise(request, pk)
    by_way = comparing.latest(enterprise)
    beside = comparing.beside(by_way.get(Way.SELF), by_way.get(Way.ON_SITE))
    context = {"enterprise": enterprise, "beside": beside, "only": request.GET.get("only") == "1"}
    return render(request, "digital/compare.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a result from its report: on site by officers, a total of 2022 by staff (结果录入)."""
    user, enterprise = viewer(request), seen_enterprise(request, pk)
    on_site = maturity.may_record(user, enterprise, way=Way.ON_SITE)
    if not (on_site or maturity.may_record(user, enterprise, way=Way.SELF)):
        raise PermissionDenied
    form = ResultForm(request.POST or None, enterprise=enterprise, on_site=on_site)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            if on_site:
                made = maturity.record(enterprise, way=Way.ON_SITE, by=user, **form.values())
            else:
                pledged = form.cleaned_data["pledge"]
                made = declaring.declare(enterprise, by=user, pledged=pledged, **form.values())
            messages.success(request, told(made))
            return redirect("digital:of_enterprise", pk=enterprise.pk)
    context = {"enterprise": enterprise, "form": form, "on_site": on_site}
    return render(request, "digital/result.html", context)


def _answers(row: MaturityAssessment) -> list[dict[str, Any]]:
    return [
        {
            "question": question,
            "chosen": [option for option in question.options if option.code in given],
            "points": index.plain(scoring.points_of(question, given)),
            "most": index.plain(question.most),
            "finding": row.findings.get(f"q:{question.no}"),
        }
        for question in index.questions()
        if (given := row.answers["questions"][str(question.no)])
    ]
