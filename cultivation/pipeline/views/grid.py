"""The light grid: several cases of one standard on a page, a column a criterion (批量审核)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cultivation.pipeline.correcting import grid, reasons
from cultivation.pipeline.opinions import Word
from cultivation.pipeline.views.gate import reviewers_only
from cultivation.standards.models import Edition
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from cultivation.pipeline.correcting.grid import Grid, Row
    from enterprises.accounts.models import User

LONGEST = 1000  # characters of the words on a case


@require_http_methods(["GET", "POST"])
@reviewers_only
def sheet(request: HttpRequest) -> HttpResponse:
    """Show the first cases of one's own queue side by side; keep the words on those ticked."""
    user = viewer(request)
    if not user.scope.is_office:
        raise PermissionDenied
    choices = _editions(user)
    wanted = request.GET.get("edition", "")
    edition = next((one for one, _many in choices if one.code == wanted), None)
    edition = edition or next((one for one, _many in choices), None)
    table = grid.of(user, edition.pk) if edition else None
    refused: dict[int, str] = {}
    if request.method == "POST" and table is not None and edition is not None:
        words = {
            row.application.pk: _said(row, request.POST) for row in _ticked(table, request.POST)
        }
        refused = grid.keep(
            user,
            words,
            {pk: _number(request.POST.get(f"v{pk}", "")) for pk in words},
            {row.application.pk: row.application for row in table.rows},
        )
        _tell(request, len(words) - len(refused), len(refused))
        if not refused:
            return redirect(f"{reverse('pipeline:grid')}?edition={edition.code}")
    context = {
        "choices": choices,
        "edition": edition,
        "grid": table,
        "rows": [_shown(row, request.POST, refused) for row in table.rows] if table else [],
        "reasons": reasons.fitting(reasons.OBJECT),
        "most": grid.MOST,
    }
    return render(request, "pipeline/grid.html", context, status=409 if refused else 200)


def _editions(user: User) -> list[tuple[Edition, int]]:
    """Return the standards of the cases that wait, with how many there are."""
    rows = grid.cases(user).order_by().values("edition").annotate(many=Count("pk"))
    many = {row["edition"]: row["many"] for row in rows}
    return [(one, many[one.pk]) for one in Edition.objects.filter(pk__in=many).order_by("code")]


def _ticked(table: Grid, data: QueryDict) -> list[Row]:
    return [row for row in table.rows if f"done{row.application.pk}" in data]


def _said(row: Row, data: QueryDict) -> list[Word]:
    """Return the words that are new on one case: each opinion that differs, for its reason."""
    pk = row.application.pk
    grounds = data.get(f"g{pk}", "")
    words = data.get(f"w{pk}", "").replace("\x00", "")[:LONGEST]
    found = []
    for cell in row.cells:
        opinion = data.get(f"o{pk}:{cell.code}", cell.opinion)
        if cell.asked and opinion != cell.opinion:
            found.append(Word(cell.code, opinion, words, grounds=grounds if opinion else ""))
    return found


def _shown(row: Row, data: QueryDict, refused: dict[int, str]) -> dict[str, object]:
    pk = row.application.pk
    return {
        "row": row,
        "ticked": pk in refused,
        "fault": refused.get(pk, ""),
        "words": data.get(f"w{pk}", row.words) if pk in refused else row.words,
        "grounds": data.get(f"g{pk}", "") if pk in refused else "",
        "cells": [
            (cell, data.get(f"o{pk}:{cell.code}", cell.opinion) if pk in refused else cell.opinion)
            for cell in row.cells
        ],
    }


def _tell(request: HttpRequest, kept: int, refused: int) -> None:
    if kept:
        text = ngettext("%(number)s case kept.", "%(number)s cases kept.", kept)
        messages.success(request, text % {"number": kept})
    if refused:
        text = ngettext(
            "%(number)s case was not kept; see beside it.",
            "%(number)s cases were not kept; see beside them.",
            refused,
        )
        messages.error(request, text % {"number": refused})
    if not kept and not refused:
        messages.info(request, _("Tick the cases whose words are to be kept."))


def _number(text: str) -> int:
    return int(text[:18]) if text.isdecimal() else 0
