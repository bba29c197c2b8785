"""Saves of a single field of a draft while it is filled in, and signs of life (自动保存与在场)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cultivation.digital.assessing import drafting
from cultivation.digital.assessing.forms import DraftForm, shown
from cultivation.digital.assessing.sheet import Sheet, label_of
from cultivation.digital.models import DraftPresence
from cultivation.digital.views.assessing import gate, others
from cultivation.pipeline.filling import presence
from cultivation.pipeline.filling.saving import State
from cultivation.pipeline.views.filling_pages import typed
from cultivation.pipeline.views.filling_saves import MARK, MOST_IDS, STATUS, signed_in
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from cultivation.pipeline.filling.saving import Outcome


@require_POST
@signed_in
def save(request: HttpRequest, pk: int, way: str) -> JsonResponse:
    """Keep one field and say so with the time; or say what is wrong, naming the field (保存)."""
    enterprise, kind = gate(request, pk, way)
    found = drafting.find(enterprise, kind)
    if found is None:
        return _closed(_("The draft was handed in or given up meanwhile."))
    sheet, subject = Sheet(found), request.POST.get("subject", "")
    if subject not in sheet.subjects:
        said = {"state": State.REFUSED, "message": _("There is no such field.")}
        return JsonResponse(said, status=422)
    form = DraftForm(request.POST, sheet=sheet, names=[subject])
    if subject in form.errors:
        return JsonResponse(_wrong(form, subject), status=422)
    save_id = typed(request.POST.get("save", ""), MOST_IDS)
    try:
        kept = drafting.keep(found, form.wishes(), by=viewer(request), save_id=save_id)
    except ValidationError as error:
        return _closed(" ".join(error.messages))
    outcome = kept[subject]
    return JsonResponse(_said(form, outcome), status=STATUS[outcome.state])


@require_POST
@signed_in
def here(request: HttpRequest, pk: int, way: str) -> JsonResponse:
    """Note that somebody is in a step; tell who else is, and which fields others changed."""
    enterprise, kind = gate(request, pk, way)
    found = drafting.find(enterprise, kind)
    if found is None:
        return JsonResponse({"others": [], "changed": {}})
    user, sheet = viewer(request), Sheet(found)
    section = typed(request.POST.get("section", ""), MOST_IDS)
    presence.enter_in(DraftPresence.objects, user, section, draft=found)
    known = {
        name.removeprefix(MARK): mark
        for name, mark in request.POST.items()
        if name.startswith(MARK) and name.removeprefix(MARK) in sheet.subjects
    }
    changed = [name for name, mark in known.items() if sheet.mark(name) != mark]
    form = DraftForm(sheet=sheet, names=changed)
    return JsonResponse(
        {
            "others": others(sheet, user),
            "changed": {
                name: _now(form, name, sheet.mark(name), sheet.value(name)) for name in changed
            },
        }
    )


def _closed(message: str) -> JsonResponse:
    return JsonResponse({"state": "closed", "message": message}, status=409)


def _said(form: DraftForm, outcome: Outcome) -> dict[str, Any]:
    at = timezone.localtime(outcome.at).strftime("%H:%M") if outcome.at else ""
    told = _now(form, outcome.subject, outcome.mark, outcome.value)
    told |= {"state": outcome.state, "message": outcome.message, "who": outcome.by, "at": at}
    if outcome.state == State.SAVED:
        told["message"] = _("saved at %(time)s") % {"time": at}
    return told | {"doubts": []}


def _now(form: DraftForm, subject: str, mark: str, value: Any) -> dict[str, Any]:
    """Return a field as it is kept: its version, its input, how it reads."""
    return {
        "subject": subject,
        "mark": mark,
        "shown": shown(value),
        "said": form.said(subject, value) or "—",
        "reading": "",
    }


def _wrong(form: DraftForm, subject: str) -> dict[str, Any]:
    text = " ".join(str(error) for error in form.errors[subject])
    return {
        "state": State.REFUSED,
        "subject": subject,
        "mark": form.sheet.mark(subject),
        "message": f"{label_of(subject)}: {text}",
        "doubts": [],
    }
