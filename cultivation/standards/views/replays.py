"""Pages of replays: what was judged again, and what did not come out the same (重演页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from cultivation.standards import replaying
from cultivation.standards.drift import MEND, from_json
from cultivation.standards.models import Replay
from enterprises.accounts.access import seat_required
from enterprises.registry.models import Enterprise
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

PAGE = 30


@require_GET
@seat_required(replaying.may_see)
def listing(request: HttpRequest) -> HttpResponse:
    """List the replays, newest first (重演记录)."""
    rows = Replay.objects.visible_to(viewer(request)).defer("drift")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "standards/replays.html", {"page": page})


@require_GET
@seat_required(replaying.may_see)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what differed in a replay, as far as the enterprises are in the viewer's sight."""
    found = get_object_or_404(Replay.objects.visible_to(viewer(request)), pk=pk)
    differences = _in_sight(found, viewer(request))
    context = {
        "replay": found,
        "differences": differences,
        "more": found.drifted - len(differences),
    }
    return render(request, "standards/replay.html", context)


def _in_sight(found: Replay, user: User) -> list[dict[str, Any]]:
    differences = [from_json(plain) for plain in found.drift]
    named = {one.enterprise for one in differences if one.enterprise}
    rows = Enterprise.objects.visible_to(user).filter(pk__in=named)
    firms = dict(rows.values_list("pk", "name"))
    return [
        {
            "difference": one,
            "enterprise": firms.get(one.enterprise, ""),
            "mends": [str(MEND[cause]) for cause in one.causes],
        }
        for one in differences
        if one.enterprise is None or one.enterprise in firms
    ]
