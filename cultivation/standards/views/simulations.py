"""Pages of scenarios: list, edit, result, side by side, what is done with one (门槛模拟页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.standards import editions, scenario_editing, scenario_lists, scenarios
from cultivation.standards import scenario_pages as pages
from cultivation.standards import scenario_reasons as reasons
from cultivation.standards.forms import ScenarioForm
from cultivation.standards.models import Edition, Scenario
from enterprises.accounts.access import seat_required
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.standards.scenario_editing import Table
    from enterprises.accounts.models import User

PAGE = 30
MOST_COMPARED = 4


def seen(request: HttpRequest, pk: int) -> Scenario:
    """Return a scenario in the viewer's sight; any other is a 404."""
    rows = Scenario.objects.visible_to(cast("User", request.user))
    rows = rows.select_related("edition", "made_by", "snapshot", "job")
    return cast("Scenario", get_object_or_404(rows, pk=pk))


@require_GET
@seat_required(scenarios.may_simulate)
def listing(request: HttpRequest) -> HttpResponse:
    """List the scenarios in sight, newest first (情景列表)."""
    user = cast("User", request.user)
    rows = Scenario.objects.visible_to(user).select_related("edition", "made_by", "job")
    page = Paginator(rows.prefetch_related("edition__overlays"), PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "rows": scenario_lists.listing(list(page), user_pk=user.pk),
        "editions": Edition.objects.all(),
    }
    return render(request, "standards/simulations.html", context)


@require_http_methods(["GET", "POST"])
@seat_required(scenarios.may_simulate)
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Make a scenario of an edition (新建情景)."""
    edition = get_object_or_404(Edition, code=code)
    return _edited(request, edition, None)


@require_http_methods(["GET", "POST"])
@seat_required(scenarios.may_simulate)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own scenario (修改情景)."""
    scenario = seen(request, pk)
    if not scenarios.may_change(cast("User", request.user), scenario):
        raise PermissionDenied(_("Only who made a scenario changes it. Make a copy of it."))
    return _edited(request, scenario.edition, scenario)


def _edited(request: HttpRequest, edition: Edition, scenario: Scenario | None) -> HttpResponse:
    user = cast("User", request.user)
    form = _form(request, scenario)
    path = scenario.region_path if scenario else scenarios.home(user.scope)
    as_of = scenario.as_of if scenario else _days(None)[0]
    empty = scenario_editing.table(editions.policy(edition), as_of=as_of, path=path)
    table = scenario_editing.fill(empty, scenario.changes if scenario else [])
    if request.method == "POST":
        valid = form.is_valid()
        reach = form.reach() if valid else {}
        table = scenario_editing.read(empty, editions.policy(edition), request.POST, reach=reach)
        if valid and not table.errors and not table.changes:
            form.add_error(None, _("Nothing is changed. Type a new figure or tick a criterion."))
        if form.is_valid() and not table.errors:
            saved = _kept(request, edition, scenario, form, table)
            if saved is not None:
                return redirect("standards:simulation", pk=saved.pk)
    failed = request.method == "POST"
    context = {"edition": edition, "scenario": scenario, "form": form, "table": table}
    return render(request, "standards/simulation_edit.html", context, status=400 if failed else 200)


def _kept(
    request: HttpRequest,
    edition: Edition,
    scenario: Scenario | None,
    form: ScenarioForm,
    table: Table,
) -> Scenario | None:
    """Keep what was typed and begin to compute it; a refusal goes into the form."""
    user = cast("User", request.user)
    said: dict[str, Any] = {**form.cleaned_data, "changes": table.changes}
    try:
        if scenario is None:
            kept = scenarios.create(edition, said, by=user)
        else:
            version = said["version"] or 0
            kept = scenarios.change(scenario, said, by=user, version=version)
    except (StaleError, ValidationError) as error:
        form.add_error(None, " ".join(error.messages))
        return None
    if not kept.result:
        scenarios.begin(kept, by=user)
    return kept


def _form(request: HttpRequest, scenario: Scenario | None) -> ScenarioForm:
    user = cast("User", request.user)
    regions = scenarios.regions(user.scope)
    national = any(path == "" for path, _name in regions)
    first: dict[str, Any] = scenario.changes[0] if scenario and scenario.changes else {}
    kinds = first.get("kinds", [])
    days = _days(scenario)
    initial = {"region_path": regions[0][0] if regions else "", "as_of": days[0].isoformat()}
    if scenario:
        initial = {
            "name": scenario.name,
            "region_path": scenario.region_path,
            "as_of": scenario.as_of.isoformat(),
            "note": scenario.note,
            "kind": kinds[0] if len(kinds) == 1 else "",
            "units": first.get("units", []),
            "version": scenario.version,
        }
    return ScenarioForm(
        request.POST or None,
        initial=initial,
        regions=regions,
        days=days,
        units=[(path, name) for path, name in regions if path] if national else [],
    )


def _days(scenario: Scenario | None) -> list[Any]:
    """Return the days offered: those of known facts, today, and the scenario's own."""
    own = [scenario.as_of] if scenario else []
    return list(dict.fromkeys([*scenarios.days(), timezone.localdate(), *own]))


@require_GET
@seat_required(scenarios.may_simulate)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a scenario would do: who gains, who loses, where, by what (情景结果)."""
    scenario, user = seen(request, pk), cast("User", request.user)
    context: dict[str, Any] = {
        "scenario": scenario,
        "sentence": pages.sentence(scenario),
        "state": scenarios.state(scenario),
        "region": pages.region_name(scenario),
        "changes": reasons.changed(scenario),
        "run": scenario.job if scenario.job and scenario.job.status != "done" else None,
        "is_live": bool(scenario.job and scenario.job.is_live),
        "may_change": scenarios.may_change(user, scenario),
    }
    if scenario.result:
        context |= _result(request, scenario)
    return render(request, "standards/simulation.html", context)


def _result(request: HttpRequest, scenario: Scenario) -> dict[str, Any]:
    names = pages.Names.of([scenario.result])
    choices = pages.pairs(scenario)
    pair = request.GET.get("cross", "") or choices[0][0]
    measure = request.GET.get("measure", "")
    measure = measure if measure in pages.MEASURES else "gains"
    titles = pages.measure_names()
    return {
        "totals": scenario.result["totals"],
        "tables": pages.tables(scenario, names),
        "pairs": choices,
        "measures": [(name, titles[name]) for name in pages.MEASURES],
        "cross": pages.cross(scenario, names, pair=pair, measure=measure),
        "deciding": reasons.deciding(scenario),
        "verdicts": reasons.verdicts(scenario),
        "quota": reasons.quota(scenario, request.GET.get("places", "").strip()),
        "missing": scenario.result["missing"],
    }


@require_POST
@seat_required(scenarios.may_simulate)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Compute a scenario again (重新计算)."""
    scenario = seen(request, pk)
    _job, fresh = scenarios.begin(scenario, by=cast("User", request.user))
    if not fresh:
        messages.info(request, _("It is being computed already."))
    return redirect("standards:simulation", pk=pk)


@require_POST
@seat_required(scenarios.may_simulate)
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy a scenario and open the copy to be changed (复制情景)."""
    made = scenarios.copy(seen(request, pk), by=cast("User", request.user))
    messages.success(request, _("This is your copy. Change what you like."))
    return redirect("standards:simulation_edit", pk=made.pk)


@require_POST
@seat_required(scenarios.may_simulate)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own scenario (删除情景)."""
    scenario = seen(request, pk)
    scenarios.delete(scenario, by=cast("User", request.user))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": scenario.name})
    return redirect("standards:simulations")


@require_GET
@seat_required(scenarios.may_simulate)
def compare(request: HttpRequest) -> HttpResponse:
    """Set two to four computed scenarios side by side (情景对比)."""
    wanted = [
        int(pk) for pk in request.GET.getlist("s") if pk.isascii() and pk.isdigit() and len(pk) < 19
    ]
    rows = Scenario.objects.visible_to(cast("User", request.user)).select_related("edition")
    found = [row for row in rows.filter(pk__in=wanted[: 2 * MOST_COMPARED]) if row.result]
    if not 2 <= len(found) <= MOST_COMPARED:
        messages.error(request, _("Tick two to four scenarios that have been computed."))
        return redirect("standards:simulations")
    found.sort(key=lambda row: wanted.index(row.pk))
    measure = request.GET.get("measure", "")
    measure = measure if measure in pages.MEASURES else "gains"
    names = pages.Names.of([row.result for row in found])
    titles = pages.measure_names()
    context = {
        "compared": scenario_lists.comparison(found, names, measure=measure),
        "measure": measure,
        "measures": [(name, titles[name]) for name in pages.MEASURES],
    }
    return render(request, "standards/simulation_compare.html", context)
