"""Alerts of coverage: those in sight, and saying what the office makes of one (覆盖预警页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cultivation.digital.alerts import acknowledging
from cultivation.digital.alerts.wording import said
from cultivation.digital.filters import AlertFilter
from cultivation.digital.helping import ranking
from cultivation.digital.models import CoverageAlert
from enterprises.accounts.access import seat_required

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

PAGE = 50
ORDER = ("-opened_on", "region__path", "kind", "tier", "definition", "pk")  # wider regions first


def _reads(scope: Scope) -> bool:
    return scope.is_office or scope.is_auditor


@require_safe
@seat_required(_reads)
def alerts(request: HttpRequest) -> HttpResponse:
    """List the alerts in sight, the open ones unless others are asked for (预警列表)."""
    user = cast("User", request.user)
    asked = request.GET if "state" in request.GET or "day" in request.GET else {"state": "open"}
    given = {**{name: request.GET[name] for name in request.GET}, **dict(asked.items())}
    seen = CoverageAlert.objects.visible_to(user)
    rows = seen.select_related("region", "definition", "acknowledged_by").order_by(*ORDER)
    narrowed = AlertFilter(given, queryset=rows)
    page = Paginator(narrowed.qs, PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "filter": narrowed,
        "page": page,
        "base": f"?{kept.urlencode()}&" if kept else "?",
        "rows": [
            (row, said(row), acknowledging.may_acknowledge(row, user), acknowledging.stamp(row))
            for row in page
        ],
        "most": acknowledging.MOST,
        "renewal": ranking.RENEWAL,
    }
    return render(request, "digital/alerts.html", context)


@require_POST
@seat_required(_reads)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Take what the office makes of an alert (预警确认)."""
    user = cast("User", request.user)
    alert = get_object_or_404(CoverageAlert.objects.visible_to(user), pk=pk)
    try:
        note, seen = request.POST.get("note", ""), request.POST.get("seen")
        acknowledging.acknowledge(alert, by=user, note=note, seen=seen)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        if text := note.replace("\0", "").strip()[: acknowledging.MOST]:
            messages.warning(request, _("Not kept: %(note)s") % {"note": text})
    else:
        messages.success(request, _("Noted."))
    back = request.POST.get("back", "")
    own = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("?")
    return redirect(f"{reverse('digital:alerts')}{back if own else ''}")
