"""The contact of an enterprise on request, and the log of who read it (个人信息)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from enterprises.accounts import personal_data
from enterprises.accounts.access import seat_required
from enterprises.accounts.models import PersonalDataReading
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

PAGE = 50


@login_required
@never_cache
@require_POST
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an enterprise's contact to who needs it, and note the reading (查看联系人)."""
    user = cast("User", request.user)
    enterprise = get_object_or_404(Enterprise.objects.visible_to(user), pk=pk)
    fields = personal_data.read(enterprise, by=user)
    whole = not request.headers.get("HX-Request")
    template = "accounts/contact.html" if whole else "accounts/_contact.html"
    return render(request, template, {"enterprise": enterprise, **fields})


@seat_required(lambda scope: scope.is_auditor or scope.owned or scope.level == "nation")
@require_safe
def readings(request: HttpRequest) -> HttpResponse:
    """List who read which contact, for auditors and the enterprises concerned (查阅记录)."""
    rows = PersonalDataReading.objects.visible_to(cast("User", request.user))
    rows = rows.select_related("user", "enterprise")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/readings.html", {"page": page})
