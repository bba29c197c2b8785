"""An application as it stood on a day of the past (申报历史时点)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from cultivation.pipeline import findings, past
from cultivation.pipeline.views.application import item_of
from cultivation.pipeline.views.gate import seen_application
from enterprises.registry.past import day_asked

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
@login_required
def as_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where an application stood at the end of a day, and what it rested on then."""
    found = seen_application(request, pk)
    typed = request.GET.get("on", "").strip()
    on, fault = day_asked(typed)
    then = past.as_of(found, on) if not fault else None
    judged = then.judgement if then else None
    context = {
        "application": found,
        "typed": typed if fault else on.isoformat(),
        "on": on,
        "today": timezone.localdate(),
        "fault": fault,
        "then": then,
        "history": [item_of(move) for move in then.moves] if then else [],
        "findings": findings.lines(dict(judged.result)) if judged else [],
    }
    return render(request, "pipeline/as_of.html", context, status=400 if fault else 200)
