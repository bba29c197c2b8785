"""The record of a visit while it is written, in the field: a page and saves of one field (记录)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import VisitRecord
from cultivation.pipeline.views.visits import officers_only, seen_visit, whole
from cultivation.pipeline.visits import files, officers, reading, recording
from enterprises.registry import documents
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.models import Visit

NOT_FIELDS = ("csrfmiddlewaretoken", "version", "then", "remove")


@require_http_methods(["GET", "POST"])
@officers_only
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the record of a visit; the whole page is kept, or nothing and all is shown again."""
    found, user = seen_visit(request, pk), viewer(request)
    officers.need_goer(user, found)
    try:
        draft = recording.current(found, by=user)
    except MoveError as error:
        messages.error(request, str(error))
        return redirect("pipeline:visit", pk)
    if draft.written_at is not None:
        messages.info(request, _("The record waits for its signature; take it back to change it."))
        return redirect("pipeline:visit", pk)
    if request.method == "GET":
        return _shown(request, found, draft)
    values = _typed(request)
    try:
        with transaction.atomic():
            recording.save(found, values, by=user, version=whole(request.POST.get("version", "")))
            kept = _files(request, found)
            if request.POST.get("then") == "hand_in":
                recording.hand_in(found, by=user)
    except MoveError as error:
        draft = recording.current(found, by=user)
        return _shown(request, found, draft, typed=values, fault=error, status=409)
    if request.POST.get("then") == "hand_in":
        messages.success(request, _("The record waits for the other officer."))
        return redirect("pipeline:visit", pk)
    messages.success(request, _("Saved.") if not kept else _("Saved, with the files."))
    return redirect("pipeline:visit_record", pk)


@require_POST
@login_required
def save(request: HttpRequest, pk: int) -> JsonResponse:
    """Keep one field as typed and say when; or say what is wrong, naming the field (自动保存)."""
    found = seen_visit(request, pk)
    values = _typed(request)
    try:
        draft = recording.save(found, values, by=viewer(request))
    except MoveError as error:
        return JsonResponse({"message": str(error), "field": error.field}, status=422)
    except PermissionDenied as error:
        return JsonResponse({"message": str(error), "field": ""}, status=403)
    at = timezone.localtime().strftime("%H:%M")
    said = {"message": _("saved at %(time)s") % {"time": at}, "version": draft.version}
    return JsonResponse(said | {"lacking": len(recording.lacking(draft))})


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: str(text) for name, text in request.POST.items() if name not in NOT_FIELDS}


def _files(request: HttpRequest, visit: Visit) -> int:
    """Keep the files sent along, each for the criterion of its box; take off what was named."""
    user, number = viewer(request), 0
    for name in request.FILES:
        for one in request.FILES.getlist(name):
            files.add(visit, one, by=user, criterion=name.partition(":")[2])
            number += 1
    off = whole(request.POST.get("remove", ""))
    if off:
        files.remove(visit, off, by=user)
    return number


def _shown(
    request: HttpRequest,
    visit: Visit,
    draft: VisitRecord,
    *,
    typed: dict[str, str] | None = None,
    fault: MoveError | None = None,
    status: int = 200,
) -> HttpResponse:
    typed = typed or {}
    lines = reading.lines(draft)
    context = {
        "visit": visit,
        "record": draft,
        "rows": [_row(line, typed, fault) for line in lines],
        "day": typed.get("visited_on", draft.visited_on.isoformat() if draft.visited_on else ""),
        "told": typed.get("told", draft.told),
        "remarks": typed.get("remarks", draft.remarks),
        "fault": fault,
        "files": draft.files.filter(criterion="") if draft.pk else [],
        "accept": ",".join(documents.MEDIA),
        "outcomes": VisitRecord.Outcome.choices,
        "today": timezone.localdate().isoformat(),
        "save_url": reverse("pipeline:visit_save", args=[visit.pk]),
    }
    return render(request, "pipeline/visits/record.html", context, status=status)


def _row(line: reading.Line, typed: dict[str, str], fault: MoveError | None) -> dict[str, Any]:
    """Return a criterion with what is kept, or what was typed and could not be kept."""
    code = line.code
    return {
        "line": line,
        "outcome": typed.get(f"outcome:{code}", line.outcome),
        "found": typed.get(f"found:{code}", line.found),
        "words": typed.get(f"words:{code}", line.words),
        "bad": fault is not None and fault.field.partition(":")[2] == code,
    }
