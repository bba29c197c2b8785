"""Proposing decisions, on one application or on many chosen from a list (拟办)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline import moves
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Proposal
from cultivation.pipeline.releasing import proposing
from cultivation.pipeline.releasing.filters import UndecidedFilter
from cultivation.pipeline.releasing.forms import ProposalForm
from cultivation.pipeline.views.gate import seen_application
from cultivation.pipeline.views.parts import narrowed_by, neighbour_of, ticked, way
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from enterprises.accounts.scope import Scope

NAMED = 10  # named before they are proposed
SHOWN = (
    "enterprise__name",
    "enterprise__fictional",
    "enterprise__region__name_zh",
    "enterprise__region__name_en",
    "tier",
    "kind",
    "status",
    "notice_to",
    "receipt",
    "submitted_at",
)


def decides(scope: Scope) -> bool:
    """Tell whether a scope decides at province or nation."""
    return any(level in proposing.LEVELS for _path, level in scope.decide_paths)


@require_GET
@seat_required(decides)
def undecided(request: HttpRequest) -> HttpResponse:
    """Show what the viewer decides on and nobody proposed anything for yet (待拟办)."""
    narrowed = _narrowed(request, request.GET)
    page = paging.take(
        narrowed.qs.select_related("enterprise__region").only(*SHOWN),
        sort="pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "filter": narrowed,
        "page": page,
        "kept": _filters(request.GET).items(),
        "most": proposing.MOST,
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "pipeline/releasing/undecided.html", context)


@require_POST
@seat_required(decides)
def propose_many(request: HttpRequest) -> HttpResponse:
    """Ask what to propose for the applications chosen, then propose it for each (批量拟办)."""
    chosen = _chosen(request)
    back = f"{reverse('pipeline:undecided')}?{_filters(request.POST).urlencode()}"
    if not chosen:
        messages.error(request, _("No application was chosen; tick those to decide on."))
        return redirect(back)
    confirmed = "confirmed" in request.POST
    form = ProposalForm(request.POST if confirmed else None, verdicts=Proposal.Verdict.values)
    if confirmed and form.is_valid():
        data = form.cleaned_data
        try:
            done = proposing.propose_many(
                chosen,
                data["verdict"],
                by=viewer(request),
                reason=data["words"],
                reasons=form.grounds,
            )
        except MoveError as error:
            form.add_error("words" if error.field == "reason" else None, str(error))
        else:
            _tell(request, done)
            return redirect("pipeline:pending" if done.made else back)
    rows = Application.objects.visible_to(viewer(request)).filter(pk__in=chosen)
    context = {
        "form": form,
        "chosen": chosen,
        "every": bool(request.POST.get("every")),
        "count": len(chosen),
        "named": rows.select_related("enterprise__region").order_by("pk")[:NAMED],
        "more": max(0, len(chosen) - NAMED),
        "kept": _filters(request.POST).items(),
        "back": back,
    }
    status = 400 if form.errors else 200
    return render(request, "pipeline/releasing/propose_many.html", context, status=status)


@require_http_methods(["GET", "POST"])
@login_required
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose how to decide one application, or change what was proposed (拟办)."""
    found, user = seen_application(request, pk), viewer(request)
    if not proposing.may_propose(found, user):
        raise PermissionDenied(_("Only an officer who decides on this application may do that."))
    before = Proposal.objects.open().filter(application=found).select_related("proposed_by").first()
    verdicts = proposing.verdicts_for(found)
    form = ProposalForm(
        request.POST or None, verdicts=verdicts, application=found, initial=_initial(before)
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        posted = request.POST.get("version", "")
        try:
            proposing.propose(
                found,
                form.cleaned_data["verdict"],
                by=user,
                reason=form.cleaned_data["words"],
                reasons=form.grounds,
                version=int(posted) if posted.isdigit() and len(posted) < 10 else 0,
            )
        except MoveError as error:
            form.add_error("words" if error.field == "reason" else None, str(error))
            status = 409
        else:
            messages.success(request, _("The decision is proposed; a second officer releases it."))
            return redirect("pipeline:review", pk)
    context = {
        "application": found,
        "way": way(found),
        "form": form,
        "before": before,
        "hindered": [
            (moves.STEPS[verdict].label, said)
            for verdict in verdicts
            if (said := moves.hindrance(found, moves.STEPS[verdict]))
        ],
    }
    status = 400 if form.errors and status == 200 else status
    return render(request, "pipeline/releasing/propose.html", context, status=status)


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a pending proposal back."""
    seen = Proposal.objects.visible_to(viewer(request)).select_related("application")
    found = get_object_or_404(seen, pk=pk)
    try:
        proposing.withdraw(found, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The proposal is withdrawn."))
    return redirect("pipeline:review", found.application_id)


def _initial(before: Proposal | None) -> dict[str, Any]:
    if before is None:
        return {}
    return {
        "verdict": before.verdict,
        "words": before.words,
        "reasons": [f"{one['criterion']}|{one['code']}" for one in before.reasons],
    }


def _filters(data: QueryDict) -> QueryDict:
    return narrowed_by(data, ("q", "tier", "region", "at"))


def _narrowed(request: HttpRequest, data: QueryDict) -> UndecidedFilter:
    user = viewer(request)
    proposed = Proposal.objects.open().filter(application=OuterRef("pk"))
    rows = Application.objects.visible_to(user).to_decide_by(user).filter(~Exists(proposed))
    return UndecidedFilter(data, queryset=rows, request=request)


def _chosen(request: HttpRequest) -> list[int]:
    """Return the applications ticked, or all that fit the filters."""
    if request.POST.get("every"):
        rows = _narrowed(request, request.POST).qs.order_by("pk")
        return list(rows.values_list("pk", flat=True)[: proposing.MOST + 1])
    try:
        return ticked(request.POST, most=proposing.MOST + 1)
    except ValueError as error:
        raise BadRequest(_("A row that was ticked cannot be read; load the list again.")) from error


def _tell(request: HttpRequest, done: proposing.Proposed) -> None:
    number = len(done.made)
    text = ngettext("%(number)s decision is proposed.", "%(number)s decisions are proposed.",
                    number) % {"number": number}  # fmt: skip
    messages.success(request, text) if number else messages.warning(request, text)
    if done.left_out:
        number = len(done.left_out)
        text = ngettext("%(number)s was left out: %(why)s.", "%(number)s were left out: %(why)s.",
                        number)  # fmt: skip
        why = _("; ").join(dict.fromkeys(done.left_out.values()))
        messages.warning(request, text % {"number": number, "why": why.rstrip(".。")})
