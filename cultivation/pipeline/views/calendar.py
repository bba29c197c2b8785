"""One's own dates on a page, and the secret address to subscribe to them (我的日程)."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from cultivation.pipeline.calendar import feeds, ics, limits, sources
from cultivation.pipeline.models import CalendarFeed
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from enterprises.accounts.models import User


@require_GET
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show the dates of the one signed in, month by month (我的日程)."""
    return _shown(request, viewer(request))


@require_POST
@login_required
def renew(request: HttpRequest) -> HttpResponse:
    """Make a new secret address and show it once; the old one ends (更换地址)."""
    user = viewer(request)
    secret = feeds.renew(user, language=translation.get_language() or "")
    path = reverse("pipeline:calendar_feed", args=[secret])
    return _shown(request, user, address=request.build_absolute_uri(path))


@require_POST
@login_required
def revoke(request: HttpRequest) -> HttpResponse:
    """End the secret address (停用地址)."""
    if feeds.revoke(viewer(request)):
        messages.success(request, _("The address is revoked; nobody reads your dates by it."))
    return redirect("pipeline:calendar")


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Give the calendar behind a secret address; no sign-in, no more than its user sees."""
    if not limits.may_read(request, hashlib.sha256(secret.encode()).hexdigest()):
        return HttpResponse(status=429, headers={"Retry-After": str(limits.SECONDS)})
    found = feeds.found(secret)
    if found is None:
        if not limits.may_guess(request):
            return HttpResponse(status=429, headers={"Retry-After": str(limits.SECONDS)})
        raise Http404
    now = timezone.now()
    with translation.override(found.language or None):
        text = ics.written(
            sources.dates_of(found.user), now=now, base=request.build_absolute_uri("/")[:-1]
        )
    feeds.note_reading(found)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, max-age=900"
    response["X-Robots-Tag"] = "noindex"
    response["Content-Disposition"] = 'inline; filename="dates.ics"'
    return response


def _shown(request: HttpRequest, user: User, *, address: str = "") -> HttpResponse:
    dates = sources.dates_of(user)
    past = [one for one in dates if one.left < 0]
    ahead = [one for one in dates if one.left >= 0]
    context = {
        "months": [
            (month, list(rows))
            for month, rows in groupby(ahead, key=lambda one: one.day.replace(day=1))
        ],
        "past": past,
        "feed": CalendarFeed.objects.filter(user=user).first(),
        "address": address,
    }
    return render(request, "rounds/calendar.html", context)
