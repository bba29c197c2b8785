"""A record as it stood on a day of the past (历史时点档案)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.registry import past
from enterprises.registry.models import Enterprise
from enterprises.registry.pasts import Reading
from enterprises.registry.views.gate import viewer
from enterprises.registry.views.record import RELATED

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
@login_required
def as_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the record of an enterprise as of a day, beside what it is today."""
    rows = Enterprise.objects.visible_to(viewer(request)).select_related(*RELATED)
    enterprise = get_object_or_404(rows, pk=pk)
    typed = request.GET.get("on", "").strip()
    on, fault = past.day_asked(typed)
    now = past.present(enterprise) if not fault else None
    then = past.as_of(enterprise, on, now=now) if now else None
    context = {
        "enterprise": enterprise,
        "typed": typed if fault else on.isoformat(),
        "today": timezone.localdate(),
        "fault": fault,
        "then": then,
        "reading": Reading(then, now) if then and now else None,
        "titles": past.titles_on(enterprise, on) if then else [],
    }
    return render(request, "registry/as_of.html", context, status=400 if fault else 200)
