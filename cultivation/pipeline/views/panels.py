"""Panels for the office that holds them: set up, draw step by step, see who is on them (评审)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Panel, PanelBar, PanelDuty, PanelTask, Round
from cultivation.pipeline.panels import (
    draws,
    phases,
    pools,
    replacing,
    rights,
    running,
    setting_up,
)
from cultivation.pipeline.panels.forms import (
    DrawForm,
    PhasesForm,
    ReasonForm,
    SettingsForm,
    section_choices,
)
from enterprises.accounts.access import seat_required
from enterprises.places.models import Region
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

PAGE = 50
State = Panel.State
TONES = {
    State.PREPARING: "warn", State.COMMITTED: "info", State.LISTED: "info", State.DRAWN: "good",
    State.CANCELLED: "neutral",
}  # fmt: skip


def reads_panels(scope: Scope) -> bool:
    """Tell whether a scope reads panels by office or audit."""
    return bool(scope.paths)


def seen_panel(request: HttpRequest, pk: int) -> Panel:
    """Return a panel in the viewer's sight; any other is a 404."""
    rows = Panel.objects.visible_to(viewer(request)).select_related("round", "region", "rubric")
    found: Panel = get_object_or_404(rows.prefetch_related("phases"), pk=pk)
    return found


def held_panel(request: HttpRequest, pk: int) -> Panel:
    """Return a panel that the viewer runs; 404 unseen, 403 read-only."""
    found = seen_panel(request, pk)
    if not rights.holds(viewer(request), found):
        raise PermissionDenied
    return found


@require_GET
@seat_required(reads_panels)
def listing(request: HttpRequest) -> HttpResponse:
    """List the panels in sight, and the rounds that the viewer can set one up for."""
    user = viewer(request)
    rows = Panel.objects.visible_to(user).select_related("round", "region")
    rows = rows.prefetch_related("phases").annotate(number=Count("cases"))
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [
            {"panel": one, "phase": _phase_of(one), "tone": TONES[State(one.state)]} for one in page
        ],
        "rounds": _rounds(user),
        "duties": _duties(user),
    }
    return render(request, "pipeline/panels/list.html", context)


def _phase_of(panel: Panel) -> str:
    if panel.state != State.DRAWN:
        return ""
    now = phases.current(panel)
    if now is not None:
        return str(now.get_kind_display())
    return _("closed") if phases.closed(panel) else _("between phases")


def _offices(user: User) -> list[Region]:
    """Return the regions in whose office a user decides."""
    paths = {path for path, _level in user.scope.decide_paths}
    rows = Region.objects.filter(path__in=paths, in_use=True)
    return list(rows.filter(Q(path="", level=Region.Level.NATION) | ~Q(path="")).order_by("path"))


def _rounds(user: User) -> list[tuple[Round, Region]]:
    """Return the rounds for which a user can set a panel up, each with the office (可组建)."""
    offices = _offices(user)
    rounds = list(Round.objects.visible_to(user).in_force().select_related("region")[:100])
    return [
        (one, office) for one in rounds for office in offices if rights.may_open(user, one, office)
    ]


def _duties(user: User) -> list[dict[str, Any]]:
    """Return what rounds owe, with who can change it (评审要求)."""
    rows = Round.objects.visible_to(user).select_related("region")
    rounds = [one for one in rows[:100] if rights.may_owe(user, one)]
    owed = set(PanelDuty.objects.filter(round__in=rounds).values_list("round", "level"))
    levels = (Region.Level.PROVINCE, Region.Level.NATION)
    return [
        {"round": one, "level": level, "owed": (one.pk, level.value) in owed}
        for one in rounds
        for level in levels
    ]


@require_POST
@seat_required(reads_panels)
def owe(request: HttpRequest) -> HttpResponse:
    """Say that a round owes a panel at a level, or no longer does."""
    typed, level = request.POST.get("round", ""), request.POST.get("level", "")
    known = typed.isascii() and typed.isdigit() and len(typed) < 19
    rows = Round.objects.visible_to(viewer(request))
    round_ = get_object_or_404(rows, pk=int(typed) if known else 0)
    if level not in Region.Level.values:
        raise Http404
    setting_up.owe(round_, level, by=viewer(request), owed=request.POST.get("owed") == "1")
    messages.success(request, _("Saved."))
    return redirect("pipeline:panels")


@require_http_methods(["GET", "POST"])
@seat_required(reads_panels)
def new(request: HttpRequest, pk: int, path: str = "") -> HttpResponse:
    """Set up a panel of a round for an office (组建评审组)."""
    user = viewer(request)
    round_ = get_object_or_404(Round.objects.visible_to(user).in_force(), pk=pk)
    region = get_object_or_404(_seated(path))
    if not rights.may_open(user, round_, region):
        raise PermissionDenied
    form = SettingsForm(request.POST or None, tier=round_.tier)
    if request.method == "POST" and form.is_valid():
        try:
            made = setting_up.open_panel(round_, region, form.settings(), by=user)
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The panel is set up. Now set its phases."))
            return redirect("pipeline:panel_phases", made.pk)
    context = {"form": form, "round": round_, "region": region}
    return render(
        request, "pipeline/panels/settings.html", context, status=400 if form.errors else 200
    )


def _seated(path: str) -> QuerySet[Region]:
    rows = Region.objects.filter(path=path, in_use=True)
    return rows if path else rows.filter(level=Region.Level.NATION)


@require_http_methods(["GET", "POST"])
@seat_required(reads_panels)
def settings(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the settings of a panel (修改设置)."""
    panel = held_panel(request, pk)
    form = SettingsForm(request.POST or None, panel=panel, tier=panel.round.tier)
    if request.method == "POST" and form.is_valid():
        try:
            setting_up.change(panel, form.settings(), by=viewer(request), version=_version(request))
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("pipeline:panel", pk)
    context = {"form": form, "panel": panel, "round": panel.round, "region": panel.region}
    return render(
        request, "pipeline/panels/settings.html", context, status=400 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@seat_required(reads_panels)
def phases_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Set when experts declare, score and discuss (设置阶段)."""
    panel = held_panel(request, pk)
    form = PhasesForm(request.POST or None, panel=panel)
    if request.method == "POST" and form.is_valid():
        try:
            setting_up.set_phases(
                panel, form.phases(), by=viewer(request), version=_version(request),
                reason=form.cleaned_data.get("reason", ""),
            )  # fmt: skip
        except MoveError as error:
            field = form.place(error.field)
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, _("The phases are set."))
            return redirect("pipeline:panel", pk)
    context = {"form": form, "panel": panel, "groups": form.groups()}
    return render(
        request, "pipeline/panels/phases.html", context, status=400 if form.errors else 200
    )


@require_GET
@seat_required(reads_panels)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a panel: its settings, its draw step by step, how far its experts are."""
    return _shown(request, seen_panel(request, pk))


def _shown(
    request: HttpRequest, panel: Panel, *, forms: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    draw = getattr(panel, "draw", None)
    states = PanelTask.objects.filter(case__panel=panel).values("state")
    counts = {row["state"]: row["n"] for row in states.annotate(n=Count("pk")).order_by("state")}
    done = counts.get("final", 0) + counts.get("abstained", 0)
    tasks = sum(counts.values()) - counts.get("replaced", 0)
    context = {
        "panel": panel,
        "draw": draw,
        "run": running.current(panel),
        "tone": TONES[State(panel.state)],
        "holds": rights.holds(viewer(request), panel),
        "phase": phases.current(panel) if panel.state == State.DRAWN else None,
        "closed": phases.closed(panel),
        "phases": panel.phases.all(),
        "fields": _fields(panel),
        "experts": panel.members.count() or pools.experts(panel).count(),
        "seated": panel.members.filter(seated=True).count(),
        "cases": panel.cases.count() or pools.applications(panel).count(),
        "barred": PanelBar.objects.filter(case__panel=panel).count(),
        "progress": [
            {"label": state.label, "number": counts[state]}
            for state in PanelTask.State
            if state in counts
        ],
        "tasks": tasks,
        "done": done,
        "ratio": f"{done} / {tasks}",
        "draw_form": DrawForm(),
        "reopen_form": ReasonForm(auto_id="reopen_%s"),
        "cancel_form": ReasonForm(auto_id="cancel_%s"),
    } | (forms or {})
    return render(request, "pipeline/panels/panel.html", context, status=status)


def _fields(panel: Panel) -> list[str]:
    names = dict(section_choices())
    return [names.get(code, code) for code in panel.industries]


@require_POST
@seat_required(reads_panels)
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a step of the draw (抽取步骤)."""
    found, user = seen_panel(request, pk), viewer(request)
    reason = ReasonForm(request.POST, auto_id=f"{name}_%s")
    word = DrawForm(request.POST)
    owes_reason = name in {"reopen", "cancel"}
    form = reason if owes_reason else word
    if not form.is_valid():
        return _shown(request, found, forms={f"{name}_form": form}, status=400)
    given = form.cleaned_data
    try:
        said = _take(found, name, user, given)
    except MoveError as error:
        messages.error(request, str(error))
        return _shown(request, seen_panel(request, pk), status=409)
    messages.success(request, said)
    return redirect("pipeline:panel", pk)


def _take(panel: Panel, name: str, user: User, given: dict[str, Any]) -> str:
    if name == "commit":
        draws.commit(panel, by=user)
        return _("The seed is sealed; its commitment is public.")
    if name == "close":
        if running.close(panel, by=user):
            return _("The lists are being closed; this page says when it is done.")
        return _("The lists are closed; their hash is public.")
    if name == "reopen":
        draws.reopen_lists(panel, by=user, reason=given["reason"])
        return _("The lists are open again.")
    if name == "draw":
        if running.draw(panel, by=user, word=given["word"]):
            return _("The draw is under way; this page says when it is done.")
        return _("The panel is drawn; seed and outcome are public.")
    if name == "cancel":
        draws.cancel(panel, by=user, reason=given["reason"])
        return _("The panel is cancelled.")
    if name == "conflicts":
        number = replacing.pass_on_conflicts(panel, by=user)
        return _("Cases passed on: %(number)s.") % {"number": number}
    raise Http404


@require_GET
@seat_required(reads_panels)
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who may be drawn or was, and who is barred from what (候选专家与回避)."""
    found = seen_panel(request, pk)
    members = found.members.select_related("profile__user").annotate(
        load=Count("tasks", filter=~Q(tasks__state=PanelTask.State.REPLACED), distinct=True),
        conflicts=Count("bars__case", distinct=True),
    )
    bars = PanelBar.objects.filter(case__panel=found).select_related(
        "member__profile__user", "case__application__enterprise"
    )
    mine = viewer(request).scope.enterprises
    page = Paginator(
        bars.exclude(case__application__enterprise__in=mine).order_by("pk"), PAGE
    ).get_page(request.GET.get("page"))
    context = {
        "panel": found,
        "listed": members.order_by("place", "token") if found.state != State.PREPARING else [],
        "candidates": []
        if found.members.exists()
        else pools.experts(found).select_related("user")[:200],
        "page": page,
        "holds": rights.holds(viewer(request), found),
        "since": replacing.found_since(found),
    }
    return render(request, "pipeline/panels/pool.html", context)


def _version(request: HttpRequest) -> int:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
