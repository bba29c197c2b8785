"""The receipt of a submission, its text to keep, and the application on paper (回执与打印)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cultivation.pipeline.filling import printing, submitted
from cultivation.pipeline.views.gate import seen_application
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from cultivation.pipeline.models import Application


@require_GET
@login_required
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Show number, moment and hash of a submission, and how anybody can verify it (回执)."""
    application = _submitted(request, pk)
    context = {
        "application": application,
        "own": application.enterprise_id in viewer(request).scope.enterprises,
        "moment": submitted.moment(application),
        "whole": submitted.is_whole(application),
        "file": _file_name(application),
    }
    return render(request, "pipeline/receipt.html", context)


@require_GET
@login_required
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the text that the hash is of (申报原文)."""
    application = _submitted(request, pk)
    answer = HttpResponse(
        submitted.text_of(application), content_type="application/json; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(application)}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_GET
@login_required
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the application as it went in, to be printed on A4 (打印)."""
    application = _submitted(request, pk)
    context = {
        "application": application,
        "moment": submitted.moment(application),
        "paper": printing.of(application),
    }
    return render(request, "pipeline/printed.html", context)


def _submitted(request: HttpRequest, pk: int) -> Application:
    application = seen_application(request, pk)
    if application.submission is None:
        raise Http404
    return application


def _file_name(application: Application) -> str:
    return f"{application.receipt}.json"
