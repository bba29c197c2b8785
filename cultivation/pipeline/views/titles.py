"""The list of titles, one title, entering and ending (称号)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.pipeline import titles as titles_held
from cultivation.pipeline.filters import TitleFilter
from cultivation.pipeline.forms import EndingForm, TitleForm
from cultivation.pipeline.titles import TitleError
from cultivation.pipeline.views.parts import state_of
from cultivation.pipeline.views.review import neighbour
from enterprises.registry import paging
from enterprises.registry.models import Tier, Title
from enterprises.registry.views.gate import seen_enterprise, viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN = (
    "number",
    "tier",
    "granted_on",
    "valid_to",
    "ended_on",
    "end_kind",
    "enterprise__name",
    "enterprise__fictional",
    "enterprise__region__name_zh",
    "enterprise__region__name_en",
)


@require_GET
@login_required
def listing(request: HttpRequest) -> HttpResponse:
    """Show the titles in sight, narrowed and paged."""
    narrowed = TitleFilter(
        request.GET, queryset=Title.objects.visible_to(viewer(request)), request=request
    )
    page = paging.take(
        narrowed.qs.select_related("enterprise__region").only(*SHOWN),
        sort="-granted_on",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [(title, *state_of(title)) for title in page.rows],
        "searched": any(value for name, value in request.GET.items()),
        "previous_url": neighbour(request, "before", page.previous),
        "following_url": neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/titles.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def title(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a title; who decides the tier may end it before its time."""
    user = viewer(request)
    found = get_object_or_404(
        Title.objects.visible_to(user).select_related("enterprise__region", "granting_region"),
        pk=pk,
    )
    may_end = titles_held.may_decide(found.enterprise, found.tier, user)
    if request.method == "POST" and not may_end:
        raise PermissionDenied
    form = EndingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ended = titles_held.revoke(found, by=user, **form.cleaned_data)
        except TitleError as error:
            form.add_error(None, str(error))
        else:
            numbers = ", ".join(one.number for one in ended)
            messages.success(request, _("Ended: %(numbers)s.") % {"numbers": numbers})
            return redirect("pipeline:title", pk)
    state, tone = state_of(found)
    context = {
        "title": found,
        "state": state,
        "tone": tone,
        "application": getattr(found, "application", None),
        "form": form if may_end and (found.ended_on is None or form.is_bound) else None,
    }
    return render(request, "pipeline/title.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a title from an existing list."""
    user, enterprise = viewer(request), seen_enterprise(request, pk)
    allowed = [t for t in Tier.values if titles_held.may_decide(enterprise, t, user)]
    if not allowed:
        raise PermissionDenied
    form = TitleForm(request.POST or None)
    tiers: Any = form.fields["tier"]
    tiers.choices = [(t, Tier(t).label) for t in allowed]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            entered = titles_held.import_title(enterprise, data.pop("tier"), by=user, **data)
        except TitleError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("Title %(number)s is entered.") % {"number": entered.number}
            )
            return redirect("pipeline:of_enterprise", pk)
    return render(request, "pipeline/enter_title.html", {"enterprise": enterprise, "form": form})
