"""Saves of a single field while it is typed, and the signs of life of a page (自动保存与在场)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import presence, saving
from cultivation.pipeline.filling.forms import SEEN, SheetForm
from cultivation.pipeline.filling.saving import Outcome, State
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.views import filling_pages as pages
from cultivation.pipeline.views.filling_form import reasons
from cultivation.pipeline.views.gate import own_application
from enterprises.registry import amounts
from enterprises.registry.forms.fields import MoneyField
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

STATUS = {State.SAVED: 200, State.CLASH: 409, State.REFUSED: 422, State.DOUBTED: 422}
MOST_IDS = 64  # letters of the id of a save
MARK = "mark:"


def signed_in(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Tell a script that the session is over, where a page would go to the sign-in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        if not request.user.is_authenticated:
            return JsonResponse({"state": "signed_out"}, status=401)
        return view(request, *args, **kwargs)

    return guarded


@require_POST
@signed_in
def save(request: HttpRequest, pk: int) -> JsonResponse:
    """Keep one field and say so with the time; or say what is wrong, naming the field (保存)."""
    application = own_application(request, pk)
    sheet = Sheet(application)
    subject = request.POST.get("subject", "")
    if subject not in sheet.subjects:
        return _answer({"state": "refused", "message": _("There is no such field.")}, 422)
    form = SheetForm(request.POST, sheet=sheet, names=[subject], unit=pages.unit_of(request))
    if subject in form.errors:
        return _answer(_wrong(form, subject), 422)
    seen = request.POST.get(f"{SEEN}{subject}", "")
    wish = saving.Wish(subject, form.cleaned_data[subject], seen)
    try:
        outcome = saving.keep(
            application,
            [wish],
            by=viewer(request),
            save_id=pages.typed(request.POST.get("save", ""), MOST_IDS),
            reasons=reasons(request.POST),
        )[subject]
    except MoveError as error:
        return _answer({"state": "closed", "message": str(error)}, 409)
    return _answer(_said(form, outcome), STATUS[outcome.state])


@require_POST
@signed_in
def here(request: HttpRequest, pk: int) -> JsonResponse:
    """Note that somebody is in a section; tell who else is, and which fields others changed."""
    application = own_application(request, pk)
    user, sheet = viewer(request), Sheet(application)
    presence.enter(application, user, pages.typed(request.POST.get("section", ""), MOST_IDS))
    known = {
        name.removeprefix(MARK): mark
        for name, mark in request.POST.items()
        if name.startswith(MARK) and name.removeprefix(MARK) in sheet.subjects
    }
    changed = [name for name, mark in known.items() if sheet.mark(name) != mark]
    form = SheetForm(sheet=sheet, names=changed, unit=pages.unit_of(request))
    return JsonResponse(
        {
            "others": pages.others(sheet, user),
            "changed": {
                name: _now(form, name, sheet.mark(name), sheet.value(name)) for name in changed
            },
        }
    )


def _said(form: SheetForm, outcome: Outcome) -> dict[str, Any]:
    """Return what became of a save, for the page."""
    at = timezone.localtime(outcome.at).strftime("%H:%M") if outcome.at else ""
    said = _now(form, outcome.subject, outcome.mark, outcome.value)
    said |= {"state": outcome.state, "message": outcome.message, "who": outcome.by, "at": at}
    if outcome.state == State.SAVED:
        said["message"] = _("saved at %(time)s") % {"time": at}
    said["doubts"] = [
        {"key": f"{doubt.code}:{doubt.figure}", "message": doubt.message}
        for doubt in outcome.doubts
    ]
    return said


def _now(form: SheetForm, subject: str, mark: str, value: Any) -> dict[str, Any]:
    """Return a field as it is kept: its version, its input, how it reads."""
    money = isinstance(form.fields[subject], MoneyField) and isinstance(value, int)
    return {
        "subject": subject,
        "mark": mark,
        "shown": form.shown(subject, value),
        "said": form.said(subject, value),
        "reading": amounts.reading(value) if money else "",
    }


def _wrong(form: SheetForm, subject: str) -> dict[str, Any]:
    label = form.fields[subject].label
    text = " ".join(str(error) for error in form.errors[subject])
    return {
        "state": State.REFUSED,
        "subject": subject,
        "mark": form.sheet.mark(subject),
        "message": f"{label}: {text}",
        "doubts": [],
    }


def _answer(said: dict[str, Any], status: int) -> JsonResponse:
    return JsonResponse(said, status=status)
