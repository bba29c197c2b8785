"""What everybody may read without signing in: notices, lists, outcomes (公示与公告)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from cultivation.pipeline.models import (
    Application,
    Notice,
    NoticeEntry,
    Objection,
    PublishedList,
    Status,
)
from cultivation.pipeline.notices import lists, publishing
from cultivation.pipeline.notices.lists import recognises
from enterprises.registry import paging
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


PUBLIC = (
    "enterprise__name",
    "enterprise__fictional",
    "enterprise__region__name_zh",
    "enterprise__region__name_en",
    "tier",
    "kind",
    "status",
    "title__number",
    "title__granted_on",
    "title__valid_to",
)
ENTRIES, NOTICES, RECOGNISED, OUTCOMES = "notice", "notices", "recognised", "outcomes"


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show who is on notice, the notices, who was recognised, and outcomes of objections."""
    wanted = request.GET.get("list", ENTRIES)
    shown = wanted if wanted in {NOTICES, RECOGNISED, OUTCOMES} else ENTRIES
    tier = request.GET.get("tier", "")
    name = _name(request)
    rows, sort = _rows(shown, tier if tier in Tier.values else "", name)
    page = paging.take(
        rows,
        sort=sort,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "shown": shown,
        "name": name,
        "tier": tier,
        "tiers": reversed(Tier.choices),
        "working_days": settings.NOTICE_WORKING_DAYS,
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/notices.html", context)


@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one notice: days left, hash, and its rows with what was taken off (公示名单)."""
    found = get_object_or_404(Notice.objects.public().select_related("region"), pk=pk)
    rows = found.rows.select_related("application__enterprise")
    name = _name(request)
    if name:
        rows = rows.filter(name__contains=name)
    page = paging.take(
        rows,
        sort="position",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    closed = Objection.objects.filter(entry__notice=found, closed_at__isnull=False)
    context = {
        "notice": found,
        "page": page,
        "name": name,
        "outcomes": closed.select_related("enterprise")[:50],
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "notices/notice.html", context)


@require_GET
def notice_text(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    """Hand out a notice's list as it is hashed (规范文本)."""
    found = get_object_or_404(Notice.objects.public().select_related("region"), pk=pk)
    return _as_text(publishing.canonical(found), f"notice-{pk}.json")


@require_GET
def published_lists(request: HttpRequest) -> HttpResponse:
    """Show the lists of recognised enterprises as published (认定名单)."""
    page = paging.take(
        PublishedList.objects.select_related("region"),
        sort="-published_on",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    user = request.user
    context = {
        "page": page,
        "may_publish": user.is_authenticated and recognises(user),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "notices/lists.html", context)


@require_GET
def published_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one list with what became of each title since."""
    found = get_object_or_404(PublishedList.objects.select_related("region"), pk=pk)
    page = paging.take(
        found.rows.select_related("title"),
        sort="position",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "published": found,
        "page": page,
        "rows": [(row, lists.state_by_dates(row.title)) for row in page.rows],
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "notices/list.html", context)


@require_GET
def list_text(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    """Hand out a list as it is hashed (规范文本)."""
    found = get_object_or_404(PublishedList, pk=pk)
    return _as_text(lists.canonical(found), f"list-{pk}.json")


@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """Look a title up by its number, as printed or read from the code (证书查验)."""
    number = request.GET.get("number", "")
    context = {
        "number": number[:40],
        "asked": bool(number.strip()),
        "found": lists.look_up(number) if number.strip() else None,
    }
    return render(request, "notices/verify.html", context)


def _name(request: HttpRequest) -> str:
    return request.GET.get("name", "").strip().replace("\x00", "")[:60]


def _rows(shown: str, tier: str, name: str) -> tuple[QuerySet[Any], str]:
    found: QuerySet[Any]
    if shown == OUTCOMES:
        found = Objection.objects.filter(closed_at__isnull=False).select_related(
            "enterprise__region", "entry__notice", "title"
        )
        if tier:
            found = found.filter(Q(entry__notice__tier=tier) | Q(title__tier=tier))
        return found.filter(enterprise__name__contains=name), "-closed_at"
    if shown == RECOGNISED:
        found = Application.objects.public().filter(status=Status.RECOGNISED)
        found = found.select_related("enterprise__region", "title").only(*PUBLIC)
        found = found.filter(enterprise__name__contains=name)
        return (found.filter(tier=tier) if tier else found), "-pk"
    if shown == ENTRIES:
        found = NoticeEntry.objects.filter(left_at=None, notice__in=Notice.objects.running())
        found = found.select_related("notice", "application__enterprise")
        found = found.filter(name__contains=name)
        return (found.filter(notice__tier=tier) if tier else found), "-pk"
    found = Notice.objects.public().select_related("region")
    return (found.filter(tier=tier) if tier else found), "-first_day"


def _as_text(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
