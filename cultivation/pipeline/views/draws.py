"""What everybody may follow of a draw: commitment, lists, seed, outcome (抽取公示).

Nothing here names a firm or an expert, and no number here is an address of a case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from cultivation.pipeline.models import Panel
from cultivation.pipeline.panels import drawing, redrawing

if TYPE_CHECKING:
    from django.http import HttpRequest

PAGE = 50


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the draws, the newest first."""
    rows = Panel.objects.public().select_related("round", "region", "draw").order_by("-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "pipeline/panels/draws.html", {"page": page})


@require_GET
def draw(request: HttpRequest, token: str) -> HttpResponse:
    """Show a draw with all that is needed to draw again."""
    panel = _panel(token)
    found = panel.draw
    lists = drawing.read(found.lists) if found.lists else None
    context = {
        "panel": panel,
        "draw": found,
        "lists": lists,
        "events": redrawing.events(panel) if found.drawn_at else [],
    }
    return render(request, "pipeline/panels/draw.html", context)


@require_GET
def lists(_request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the lists exactly as they were hashed."""
    return _text(_panel(token).draw.lists)


@require_GET
def outcome(_request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the outcome exactly as it was hashed."""
    return _text(_panel(token).draw.outcome)


def _panel(token: str) -> Panel:
    rows = Panel.objects.public().select_related("round", "region", "draw")
    found: Panel = get_object_or_404(rows, token=token)
    return found


def _text(text: str) -> HttpResponse:
    if not text:
        raise Http404
    return HttpResponse(text, content_type="application/json")
