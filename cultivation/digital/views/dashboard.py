"""The start page of coverage, of the nation or a region, and what is taken from it (总览)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from cultivation.digital.dashboard import dimensions, pictures
from cultivation.digital.dashboard.board import Board
from cultivation.digital.overview import trail
from cultivation.digital.views.asking import TIERS, overview_of, reads, viewer
from enterprises.accounts.access import seat_required
from enterprises.registry import exports

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from cultivation.digital.dashboard.pictures import Table
    from enterprises.accounts.models import User


@require_GET
@seat_required(reads)
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show a region at a glance: lines, tiles, funnel, tiers, goals (总览)."""
    user = viewer(request)
    view = overview_of(user, request.GET)
    board = Board(view, user=user, today=timezone.localdate(), by=request.GET.get("by", ""))
    context = _context(board) | {
        "trail": trail(view.region, user.scope),
        "tiers": TIERS.items(),
        "dimensions": dimensions.NAMES.items(),
    }
    return render(request, "digital/dashboard/page.html", context)


@require_POST
@seat_required(reads)
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out a picture as a file, or its figures as CSV or XLSX; note who took it (导出)."""
    user = viewer(request)
    picture, form = request.POST.get("picture", ""), request.POST.get("format", "csv")
    if picture not in pictures.TABLES:
        raise Http404
    view = overview_of(user, request.POST)
    board = Board(view, user=user, today=timezone.localdate(), by=request.POST.get("by", ""))
    stem = f"{picture}-{view.region.code}-{board.on:%Y%m%d}"
    if form == "svg":
        return _drawn(board, picture, stem)
    filters = {
        "list": f"dashboard:{picture}",
        "region": view.region.code,
        "tier": view.tier,
        "definition": view.definition.code if view.definition else "",
        "on": board.on.isoformat(),
    }
    return handed_out(user, pictures.table(picture, board), form, stem, filters)


def handed_out(
    user: User, table: Table, form: str, stem: str, filters: dict[str, Any]
) -> HttpResponseBase:
    """Return a table as a file to keep and write down who took it."""
    heading, rows = table
    form = "xlsx" if form == "xlsx" else "csv"
    exports.note(user, filters=filters, form=form, rows=len(rows))
    if form == "xlsx":
        return FileResponse(
            exports.sheet(heading, rows), as_attachment=True, filename=f"{stem}.xlsx"
        )
    response = StreamingHttpResponse(
        exports.csv_text(heading, rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{stem}.csv"'
    return response


def _drawn(board: Board, picture: str, stem: str) -> HttpResponse:
    """Return a picture as a file of its own, with its colours written out."""
    if picture not in pictures.DRAWN:
        raise Http404
    context = _context(board) | {"colours": pictures.colours()}
    text = render_to_string(f"digital/dashboard/svg_{picture}.html", context).strip()
    if not text:
        raise Http404
    response = HttpResponse(text, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stem}.svg"'
    return response


def _context(board: Board) -> dict[str, Any]:
    return {"board": board, "overview": board.view, "colours": ""}
