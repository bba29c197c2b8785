"""Profiles of experts: one's own, and those an office keeps (专家档案)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import ExpertProfile, ExpertTie
from cultivation.pipeline.panels import experts
from cultivation.pipeline.panels.forms import CheckForm, EndTieForm, ProfileForm, TieForm
from cultivation.pipeline.panels.querysets import keepers
from cultivation.pipeline.views.panel_work import sits_as_expert
from enterprises.accounts.access import seat_required
from enterprises.places.models import Industry, ProductDomain
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.scope import Scope

PAGE = 50
TONES = {"approved": "good", "submitted": "info", "sent_back": "warn", "draft": "neutral"}


def keeps_experts(scope: Scope) -> bool:
    """Tell whether a scope keeps or audits experts: nation's and units' officers, auditors."""
    return bool(keepers(scope) or scope.audits)


@require_http_methods(["GET", "POST"])
@seat_required(sits_as_expert)
def own(request: HttpRequest) -> HttpResponse:
    """Show one's own profile and keep what is typed (本人档案)."""
    user = viewer(request)
    profile = experts.own(user)
    form = ProfileForm(request.POST or None, profile=profile)
    if request.method == "POST" and form.is_valid():
        try:
            experts.keep(profile, form.facts(), by=user, version=form.cleaned_data["version"])
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("pipeline:expert_own")
    return _own_page(request, profile, form=form, status=400 if form.errors else 200)


def _own_page(
    request: HttpRequest,
    profile: ExpertProfile,
    *,
    form: Form | None = None,
    tie_form: TieForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "profile": profile,
        "tone": TONES[profile.state],
        "form": form or ProfileForm(profile=profile),
        "tie_form": tie_form or TieForm(auto_id="tie_%s"),
        "ties": [(one, EndTieForm(auto_id=f"end_{one.pk}_%s")) for one in profile.ties.all()],
        "missing": experts.missing(profile),
        "readings": profile.readings.select_related("user")[:20],
        "submittable": profile.state in {"draft", "sent_back"},
    }
    return render(request, "pipeline/panels/profile_own.html", context, status=status)


@require_POST
@seat_required(sits_as_expert)
def tie_add(request: HttpRequest) -> HttpResponse:
    """State a tie to a firm (登记利益关系)."""
    user = viewer(request)
    profile = experts.own(user)
    form = TieForm(request.POST, auto_id="tie_%s")
    if form.is_valid():
        try:
            experts.add_tie(profile, form.tie(), by=user)
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The tie is kept."))
            return redirect("pipeline:expert_own")
    return _own_page(request, profile, tie_form=form, status=400)


@require_POST
@seat_required(sits_as_expert)
def tie_change(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """End a tie in a year, or take back one that nobody has checked (终止或删除关系)."""
    user = viewer(request)
    tie = get_object_or_404(ExpertTie, pk=pk, profile__user=user)
    form = EndTieForm(request.POST)
    if name not in {"drop", "end"}:
        raise Http404
    if name == "end" and not form.is_valid():
        messages.error(request, " ".join(str(one) for one in form.errors["until"]))
        return redirect("pipeline:expert_own")
    try:
        if name == "drop":
            experts.drop_tie(tie, by=user)
        else:
            experts.end_tie(tie, by=user, until=form.cleaned_data["until"])
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("pipeline:expert_own")


@require_POST
@seat_required(sits_as_expert)
def submit(request: HttpRequest) -> HttpResponse:
    """Declare the profile true and hand it in (提交核验)."""
    user = viewer(request)
    try:
        experts.submit(experts.own(user), by=user, declared=request.POST.get("declared") == "on")
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The profile was handed to the office for its check."))
    return redirect("pipeline:expert_own")


@require_GET
@seat_required(keeps_experts)
def listing(request: HttpRequest) -> HttpResponse:
    """List the experts that the viewer keeps or audits; only what a list needs (专家库)."""
    user, state = viewer(request), request.GET.get("state", "")
    rows = ExpertProfile.objects.visible_to(user).exclude(user=user).select_related("user")
    if state in ExpertProfile.State.values:
        rows = rows.filter(state=state)
    page = Paginator(rows.order_by("pk"), PAGE).get_page(request.GET.get("page"))
    names = _industries()
    context = {
        "page": page,
        "rows": [
            {
                "profile": one,
                "tone": TONES[one.state],
                "industries": [names.get(code, code) for code in one.industries],
            }
            for one in page
        ],
        "state": state,
        "states": ExpertProfile.State.choices,
    }
    return render(request, "pipeline/panels/experts.html", context)


def _industries() -> dict[str, str]:
    return {one.code: str(one) for one in Industry.objects.all()}


@require_GET
@seat_required(keeps_experts)
def expert(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an expert's profile; the reading is noted (查阅留痕)."""
    user = viewer(request)
    profile = _seen(request, pk)
    experts.read(profile, by=user)
    return _profile_page(request, profile)


def _seen(request: HttpRequest, pk: int) -> ExpertProfile:
    rows = ExpertProfile.objects.visible_to(viewer(request)).exclude(user=viewer(request))
    found: ExpertProfile = get_object_or_404(
        rows.select_related("user", "county__parent", "checked_by"), pk=pk
    )
    return found


def _profile_page(
    request: HttpRequest,
    profile: ExpertProfile,
    *,
    form: CheckForm | None = None,
    status: int = 200,
) -> HttpResponse:
    names = _industries()
    domains = {one.code: str(one) for one in ProductDomain.objects.all()}
    keeps = ExpertProfile.objects.kept_by(viewer(request)).filter(pk=profile.pk).exists()
    context = {
        "profile": profile,
        "tone": TONES[profile.state],
        "industries": [names.get(code, code) for code in profile.industries],
        "domains": [domains.get(code, code) for code in profile.domains],
        "ties": profile.ties.all(),
        "readings": profile.readings.select_related("user")[:20],
        "form": form or CheckForm(initial={"version": profile.version}),
        "checks": keeps and profile.state == ExpertProfile.State.SUBMITTED,
    }
    return render(request, "pipeline/panels/profile.html", context, status=status)


@require_POST
@seat_required(keeps_experts)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Find a profile in order, or send it back (核验)."""
    profile = _seen(request, pk)
    if not ExpertProfile.objects.kept_by(viewer(request)).filter(pk=pk).exists():
        raise PermissionDenied
    form = CheckForm(request.POST)
    if form.is_valid():
        try:
            experts.check(
                profile, by=viewer(request), approve=request.POST.get("do") == "approve",
                version=form.cleaned_data["version"], note=form.cleaned_data["note"],
            )  # fmt: skip
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("pipeline:experts")
    return _profile_page(request, profile, form=form, status=400)
