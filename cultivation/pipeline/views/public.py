"""What everybody may read without signing in: notices and recognitions (公示与公告)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cultivation.pipeline.models import Application, Status
from cultivation.pipeline.views.review import neighbour
from enterprises.registry import paging
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PUBLIC = (
    "enterprise__name",
    "enterprise__fictional",
    "enterprise__region__name_zh",
    "enterprise__region__name_en",
    "tier",
    "kind",
    "status",
    "notice_level",
    "notice_from",
    "notice_to",
    "title__granted_on",
    "title__valid_to",
)


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show applications on public notice, or those recognised: name, region, tier and days."""
    wanted = Status.RECOGNISED if request.GET.get("list") == "recognised" else Status.ON_NOTICE
    rows = Application.objects.public().filter(status=wanted)
    tier = request.GET.get("tier", "")
    if tier in Tier.values:
        rows = rows.filter(tier=tier)
    page = paging.take(
        rows.select_related("enterprise__region", "title").only(*PUBLIC),
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "recognised": wanted == Status.RECOGNISED,
        "tier": tier,
        "tiers": reversed(Tier.choices),
        "working_days": settings.NOTICE_WORKING_DAYS,
        "previous_url": neighbour(request, "before", page.previous),
        "following_url": neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/notices.html", context)
