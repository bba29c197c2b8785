"""What a panel found: cases, experts, one case, what experts get of its documents (评审结果)."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import PanelCase, PanelTask
from cultivation.pipeline.panels import evidence, phases, replacing, results, rights, rubrics
from cultivation.pipeline.panels.forms import ReleaseForm
from cultivation.pipeline.views.panels import PAGE, reads_panels, seen_panel
from enterprises.accounts.access import seat_required
from enterprises.audit import recording
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from cultivation.pipeline.models import Panel
    from cultivation.pipeline.panels.results import CaseResult

SHOWS = ("all", "flips", "hangs", "short")


@require_GET
@seat_required(reads_panels)
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the cases with their scores, those on which experts disagree most first."""
    panel = seen_panel(request, pk)
    found = results.of(panel)
    cases = [one for one in found.cases if not _is_own(request, one.case)]
    show = request.GET.get("show", "")
    kept = [one for one in cases if _fits(one, show, panel)]
    page = Paginator(kept, PAGE).get_page(request.GET.get("page"))
    context = {
        "panel": panel,
        "page": page,
        "found": found,
        "show": show if show in SHOWS else "all",
        "shows": [
            ("all", _("all cases"), len(cases)),
            ("flips", _("decision would flip"), sum(one.flips for one in cases)),
            ("hangs", _("hangs on one score"), sum(one.hangs_on_one for one in cases)),
            ("short", _("scores missing"), sum(_is_short(one, panel) for one in cases)),
        ],
        "closed": phases.closed(panel),
        "holds": rights.holds(viewer(request), panel),
    }
    return render(request, "pipeline/panels/results.html", context)


def _is_own(request: HttpRequest, case: PanelCase) -> bool:
    return case.application.enterprise_id in viewer(request).scope.enterprises


def _fits(one: CaseResult, show: str, panel: Panel) -> bool:
    return {"flips": one.flips, "hangs": one.hangs_on_one, "short": _is_short(one, panel)}.get(
        show, True
    )


def _is_short(one: CaseResult, panel: Panel) -> bool:
    return len(one.totals) < panel.least


@require_POST
@seat_required(reads_panels)
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the results as CSV and write down who took them (导出)."""
    panel = seen_panel(request, pk)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"panel-{panel.token}-{timezone.localdate():%Y%m%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    answer.write("\ufeff")
    rows = csv.writer(answer)
    for row in _table(request, panel):
        rows.writerow(row)
    recording.note(
        "panel.results_exported", panel, by=viewer(request), region_path=panel.region_path
    )
    return answer


def _table(request: HttpRequest, panel: Panel) -> Iterator[list[str]]:
    yield [
        _("Case"), _("Enterprise"), _("Credit code"), _("Scores"), _("Mean"), _("Median"),
        _("Spread"), _("Adjusted"), _("Reaches the line"), _("Would flip"),
    ]  # fmt: skip
    for one in results.of(panel).cases:
        if _is_own(request, one.case):
            continue
        firm = one.case.application.enterprise
        yield [
            one.case.token, _safe(firm.name), firm.credit_code, str(len(one.totals)),
            _points(one.mean), _points(one.median), _points(one.spread),
            "" if one.adjusted is None else f"{one.adjusted / 100:.2f}",
            "" if one.passes is None else _yes(said=one.passes), _yes(said=one.flips),
        ]  # fmt: skip


def _points(value: Any) -> str:
    return "" if value is None else f"{float(value):.4f}"


def _yes(*, said: bool) -> str:
    return _("yes") if said else _("no")


def _safe(text: str) -> str:
    """Return a text that a table program does not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


@require_GET
@seat_required(reads_panels)
def calibration(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how severe each expert is, how widely he scores, how often he stands apart (校准)."""
    panel = seen_panel(request, pk)
    found = results.of(panel)
    most = max((abs(one.leaning or 0) for one in found.experts), default=0)
    context = {"panel": panel, "found": found, "most": max(most, 1)}
    return render(request, "pipeline/panels/calibration.html", context)


@require_GET
@seat_required(reads_panels)
def case(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Show one case: who has it, every score with its comment, its documents (案卷)."""
    panel, found = _case(request, pk, token)
    lines = list(panel.rubric.lines.all())
    cut = rubrics.unit(lines)
    tasks = found.tasks.select_related("member__profile__user").prefetch_related("versions")
    context = {
        "panel": panel,
        "case": found,
        "holds": rights.holds(viewer(request), panel),
        "lines": lines,
        "tasks": [
            {
                "task": one,
                "points": rubrics.points(one.total, cut) if one.total is not None else None,
                "stale": one.state == PanelTask.State.FINAL
                and one.submission_id != found.application.submission_id,
                "scores": [(line, one.scores.get(line.key, {})) for line in lines],
                "versions": len(one.versions.all()),
                "followed": found.replacements.filter(left=one.member_id).exists(),
            }
            for one in tasks.order_by("number", "token")
        ],
        "bars": found.bars.select_related("member__profile__user"),
        "replacements": found.replacements.select_related(
            "left__profile__user", "taken__profile__user"
        ),
        "later": evidence.handed_in_later(found),
        "documents": [
            (row, evidence.neutral_name(row), ReleaseForm(initial={"release": row.release}))
            for row in found.documents.select_related("document")
        ],
        "remarks": [
            (one.task.member.profile.user, one)
            for task in tasks
            for one in task.remarks.select_related("task__member__profile__user")
        ],
    }
    return render(request, "pipeline/panels/case.html", context)


def _case(request: HttpRequest, pk: int, token: str) -> tuple[Panel, PanelCase]:
    panel = seen_panel(request, pk)
    rows = panel.cases.select_related("application__enterprise__region").exclude(
        application__enterprise__in=viewer(request).scope.enterprises
    )
    return panel, get_object_or_404(rows, token=token)


@require_POST
@seat_required(reads_panels)
def release(request: HttpRequest, pk: int, token: str, number: int) -> HttpResponse:
    """Say what experts get of a document (公开材料)."""
    _panel, found = _case(request, pk, token)
    row = get_object_or_404(found.documents.all(), number=number)
    form = ReleaseForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for e in form.errors.values() for one in e))
        return redirect("pipeline:panel_case", pk, token)
    try:
        evidence.release(
            row, form.cleaned_data["release"], by=viewer(request), copy=form.cleaned_data["copy"]
        )
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("pipeline:panel_case", pk, token)


@require_POST
@seat_required(reads_panels)
def add_expert(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Draw a further expert for a case where one abstained (增补)."""
    _panel, found = _case(request, pk, token)
    expert = request.POST.get("expert", "")
    task = get_object_or_404(found.tasks.all(), member__token=expert[:12])
    try:
        replacing.add_expert(task, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("A further expert was drawn."))
    return redirect("pipeline:panel_case", pk, token)
