"""What leaves a scenario: the enterprises behind a figure, and exports (情景名单与导出)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.standards import scenario_exports, scenario_firms, scenarios
from cultivation.standards import scenario_pages as pages
from cultivation.standards import scenario_reasons as reasons
from cultivation.standards.scenario_firms import PAGE
from cultivation.standards.views.simulations import seen
from enterprises.accounts.access import seat_required
from enterprises.registry import exports

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict

    from enterprises.accounts.models import User

ASKED = ("list", "requirement", "unit", "city", "county", "held", "section", "size")


@require_GET
@seat_required(scenarios.may_simulate)
def firms(request: HttpRequest, pk: int) -> HttpResponse:
    """List the enterprises behind a figure, recomputed on the same facts (企业名单)."""
    scenario = seen(request, pk)
    asked = _asked(request.GET)
    try:
        found = scenario_firms.firms(scenario, asked)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("standards:simulation", pk=pk)
    last = max(-(-found.rows.height // PAGE), 1)
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    number = min(max(int(text), 1), last) if is_number else 1
    context = {
        "scenario": scenario,
        "lists": pages.list_names().items(),
        "asked": asked,
        "said": reasons.narrowed(scenario, asked),
        "total": found.rows.height,
        "firms": found.page(cast("User", request.user), number),
        "number": number,
        "last": last,
    }
    return render(request, "standards/simulation_firms.html", context)


@require_POST
@seat_required(scenarios.may_simulate)
def firms_export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out a list of enterprises as CSV or XLSX and write down who took it (导出名单)."""
    scenario, user = seen(request, pk), cast("User", request.user)
    asked = _asked(request.POST)
    try:
        found = scenario_firms.firms(scenario, asked)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("standards:simulation", pk=pk)
    form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    rows = found.rows.height
    if form == "xlsx" and rows > exports.XLSX_MAX_ROWS:
        messages.error(
            request,
            _("A workbook holds at most %(most)s rows here. Narrow the list or export it as CSV.")
            % {"most": f"{exports.XLSX_MAX_ROWS:,}"},
        )
        return redirect("standards:simulation", pk=pk)
    exports.note(user, filters={"scenario": scenario.pk, **asked}, form=form, rows=rows)
    lines = scenario_exports.firm_lines(found.all(user))
    stamp = f"scenario-{scenario.pk}-{asked['list']}"
    if form == "xlsx":
        book = scenario_exports.book([(_("Enterprises"), scenario_exports.firm_heading(), lines)])
        return FileResponse(book, as_attachment=True, filename=f"{stamp}.xlsx")
    return _csv(exports.csv_text(scenario_exports.firm_heading(), lines), stamp)


@require_POST
@seat_required(scenarios.may_simulate)
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out the counts of a scenario as CSV or XLSX (导出结果)."""
    scenario, user = seen(request, pk), cast("User", request.user)
    if not scenario.result:
        messages.error(request, _("Not computed yet."))
        return redirect("standards:simulation", pk=pk)
    form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    rows = len(scenario_exports.result_lines(scenario)[1])
    exports.note(user, filters={"scenario": scenario.pk}, form=form, rows=rows)
    stamp = f"scenario-{scenario.pk}"
    if form == "xlsx":
        book = scenario_exports.result_book(scenario)
        return FileResponse(book, as_attachment=True, filename=f"{stamp}.xlsx")
    return _csv(scenario_exports.result_csv(scenario), stamp)


def _asked(data: QueryDict) -> dict[str, Any]:
    asked = {name: data[name][:40] for name in ASKED if data.get(name)}
    if asked.get("list") not in pages.list_names():
        asked["list"] = "losses"
    return asked


def _csv(lines: Any, stamp: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stamp}.csv"'
    return response
