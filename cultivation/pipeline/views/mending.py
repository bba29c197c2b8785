"""The fix list of a returned application: what to do, how far it is, what differs (补正清单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cultivation.pipeline import moves
from cultivation.pipeline.correcting import mending, returning, subjects
from cultivation.pipeline.correcting.forms import MoreTimeForm
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.views.gate import seen_application
from cultivation.pipeline.views.links import links_of
from cultivation.pipeline.views.parts import way
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.correcting.mending import Progress
    from cultivation.pipeline.models import Application, Correction


@require_http_methods(["GET", "POST"])
@login_required
def correction(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was sent back and what became of it; keep what the enterprise says to it."""
    application, user = seen_application(request, pk), viewer(request)
    if request.method == "GET":
        return shown(request, application)
    if application.enterprise_id not in user.scope.enterprises:
        raise PermissionDenied
    try:
        version = int(request.POST.get("version", ""))
    except ValueError as error:
        raise BadRequest(_("The form lacks its version; load the page again.")) from error
    texts = {
        name.removeprefix("answer:"): value.replace("\x00", "")
        for name, value in request.POST.items()
        if name.startswith("answer:") and isinstance(value, str)
    }
    beyond = request.POST.get("beyond")
    try:
        mending.answer(application, texts, by=user, beyond=beyond, version=version)
    except MoveError as error:
        messages.error(request, str(error))
        return shown(request, application, typed=texts, beyond=beyond, status=409)
    messages.success(request, _("Saved."))
    return redirect("pipeline:correction", pk)


def shown(
    request: HttpRequest,
    application: Application,
    *,
    typed: Mapping[str, str] | None = None,
    beyond: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page, with what was typed where it could not be kept.

    What the enterprise is writing is its own until it is resubmitted: offices see what was asked.
    """
    user = viewer(request)
    own = application.enterprise_id in user.scope.enterprises
    rows = application.corrections.filter(opened_at__isnull=False)
    known = list(rows.select_related("before__edition", "after__edition", "opened_by"))
    for row in known:
        row.application = application
    current = next((row for row in known if row.is_open), None)
    closed = [row for row in known if not row.is_open]
    wanted = request.GET.get("which", "")
    past = next((row for row in closed if str(row.pk) == wanted), next(iter(closed), None))
    context = {
        "application": application,
        "way": way(application),
        "own": own,
        "current": current,
        "closed": closed,
        "past": past,
        "past_state": mending.state_of(past) if past and past.after_id else None,
        **(_open(application, current, user, own=own, typed=typed or {}) if current else {}),
    }
    if current and beyond is not None:
        context["beyond_words"] = beyond
    return render(request, "pipeline/correction.html", context, status=status)


def _open(
    application: Application,
    current: Correction,
    user: Any,
    *,
    own: bool,
    typed: Mapping[str, str],
) -> dict[str, Any]:
    progress = mending.state_of(current) if own else None
    step = moves.STEPS["resubmit"]
    return {
        "late": current.is_late(timezone.localdate()),
        "progress": progress,
        "items": _to_do(application, progress, typed) if progress else _asked(application, current),
        "beyond_words": current.beyond_words,
        "extensions": list(current.extensions.all()),
        "more_time": MoreTimeForm() if returning.may_extend(application, current, user) else None,
        "may_resubmit": moves.may(application, step, user),
        "step": step,
        "to": reverse("pipeline:move", args=[application.pk, "resubmit"]),
    }


def _to_do(
    application: Application, progress: Progress, typed: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "item": item,
            "links": links_of(item.row.subject, application, progress.rests),
            "answer": typed.get(item.row.subject, item.row.answer),
        }
        for item in progress.items
    ]


def _asked(application: Application, current: Correction) -> list[dict[str, Any]]:
    rows = list(current.items.select_related("grounds"))
    labels = subjects.labels_of(
        [row.subject for row in rows], application, application.submitted_result
    )
    return [{"item": mending.Item(row, labels[row.subject], changed=False)} for row in rows]
