"""The list of titles, one title, entering and ending (称号)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline import titles as titles_held
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filters import TitleFilter
from cultivation.pipeline.forms import TitleForm
from cultivation.pipeline.models import Ending
from cultivation.pipeline.releasing import endings
from cultivation.pipeline.releasing.forms import EndingForm
from cultivation.pipeline.titles import TitleError
from cultivation.pipeline.views.parts import state_of
from enterprises.registry import paging
from enterprises.registry.models import Tier, Title
from enterprises.registry.views.gate import seen_enterprise, viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

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
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/titles.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def title(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a title; who decides the tier proposes to end it before its time."""
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
        data = form.cleaned_data
        try:
            endings.propose(
                found, data["kind"], by=user, reason=data["words"], reasons=form.grounds
            )
        except (TitleError, MoveError) as error:
            form.add_error(None, str(error))
        else:
            text = _("To end the title is proposed; a second officer releases it.")
            messages.success(request, text)
            return redirect("pipeline:title", pk)
    state, tone = state_of(found)
    ending = _ending(found, user)
    context = {
        "title": found,
        "state": state,
        "tone": tone,
        "application": getattr(found, "application", None),
        "ending": ending,
        "may_release": may_end and ending is not None and ending.proposed_by_id != user.pk,
        "may_withdraw": may_end and ending is not None,
        "form": form
        if may_end and (form.is_bound or (found.ended_on is None and ending is None))
        else None,
    }
    return render(request, "pipeline/title.html", context)


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a proposal to end a title take effect, as the second officer (发布撤销)."""
    found = _seen_ending(request, pk)
    try:
        ended = endings.release(found, by=viewer(request))
    except TitleError as error:
        messages.error(request, str(error))
    else:
        numbers = ", ".join(one.number for one in ended)
        messages.success(request, _("Ended: %(numbers)s.") % {"numbers": numbers})
    return redirect("pipeline:title", found.title_id)


@require_POST
@login_required
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a proposal to end a title back."""
    found = _seen_ending(request, pk)
    try:
        endings.withdraw(found, by=viewer(request))
    except TitleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The proposal is withdrawn."))
    return redirect("pipeline:title", found.title_id)


def _seen_ending(request: HttpRequest, pk: int) -> Ending:
    rows = Ending.objects.visible_to(viewer(request)).select_related("title")
    found: Ending = get_object_or_404(rows, pk=pk)
    return found


def _ending(found: Title, user: User) -> Ending | None:
    rows = Ending.objects.visible_to(user).open().filter(title=found)
    return rows.select_related("proposed_by").first()


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
