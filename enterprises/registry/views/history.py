"""Who changed what in a record, when and why (变更记录)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_GET

from enterprises.registry import histories, paging
from enterprises.registry.models import Change
from enterprises.registry.views.gate import seen_enterprise, viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the changes of a record, the last first, a page at a time (变更记录)."""
    user = viewer(request)
    enterprise = seen_enterprise(request, pk)
    rows = Change.objects.visible_to(user).filter(enterprise=enterprise).select_related("made_by")
    page = paging.take(
        rows,
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=30,
    )
    context = {
        "enterprise": enterprise,
        "page": page,
        "entries": [histories.entry(change) for change in page.rows],
        "previous_url": f"?before={page.previous}" if page.previous else "",
        "following_url": f"?after={page.following}" if page.following else "",
    }
    return render(request, "registry/history.html", context)
