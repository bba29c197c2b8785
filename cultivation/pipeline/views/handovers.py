"""Cases handed over: who had them reads them as they stood then, and nothing after (移交)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from cultivation.pipeline import decisions, findings, moves
from cultivation.pipeline.models import Application, Handover
from cultivation.pipeline.views.application import item_of
from cultivation.pipeline.views.parts import neighbour_of
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN = ("application__enterprise", "from_region", "to_region", "made_by")


@require_GET
@seat_required(lambda scope: scope.paths or scope.enterprises)
def listing(request: HttpRequest) -> HttpResponse:
    """Show the cases that went from or to the viewer's regions (移交一览)."""
    rows = Handover.objects.visible_to(viewer(request)).select_related(*SHOWN)
    page = paging.take(
        rows,
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "rounds/handovers.html", context)


@require_GET
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a case as it stood when it was handed over: steps, words, result (移交时的情况)."""
    user = viewer(request)
    rows = Handover.objects.visible_to(user).select_related(*SHOWN, "from_round")
    found: Handover = get_object_or_404(rows, pk=pk)
    until = found.application.moves.filter(version__lte=found.version)
    taken = list(until.select_related("made_by", "judgement__edition"))
    judged = next((move.judgement for move in reversed(taken) if move.judgement), None)
    own = found.application.enterprise_id in user.scope.enterprises
    context = {
        "handover": found,
        "reason": taken[-1].reason if taken else "",
        "history": [item_of(move) for move in taken],
        "decisions": decisions.decisions_of(
            taken, labels={step.name: step.button for step in moves.STEPS.values()}
        ),
        "findings": findings.lines(judged.result) if judged else [],
        "edition": judged.edition if judged else None,
        "opinions": not own,
        "case": Application.objects.visible_to(user).filter(pk=found.application_id).first(),
    }
    return render(request, "rounds/handover.html", context)
