"""A record as it stood on a day of the past (历史时点档案)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
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
    on, fault = _day(typed)
    then = past.as_of(enterprise, on) if not fault else None
    context = {
        "enterprise": enterprise,
        "typed": typed if fault else on.isoformat(),
        "today": timezone.localdate(),
        "fault": fault,
        "then": then,
        "reading": Reading(then, past.as_of(enterprise, timezone.localdate())) if then else None,
        "titles": past.titles_on(enterprise, on) if then else [],
    }
    return render(request, "registry/as_of.html", context, status=400 if fault else 200)


def _day(typed: str) -> tuple[dt.date, str]:
    """Return the day asked for, today where none is, and what is wrong with it."""
    today = timezone.localdate()
    if not typed:
        return today, ""
    try:
        on = dt.date.fromisoformat(typed)
    except ValueError:
        said = _("“%(text)s” is not a day; write it as 2026-06-30.")
        return today, said % {"text": typed[:40]}
    if on > today:
        return today, _("%(day)s has not come yet; choose today or earlier.") % {"day": on}
    if on.year < 1990:
        return today, _("%(day)s lies before any record; choose a later day.") % {"day": on}
    return on, ""
