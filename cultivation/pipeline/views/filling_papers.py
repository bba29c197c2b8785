"""Handing in papers: uploaded, used again, taken out, or passed over with a reason (佐证)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import evidence, remarks
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.views import filling_pages as pages
from cultivation.pipeline.views.gate import own_application
from enterprises.registry.forms.fields import DayField
from enterprises.registry.models import Document
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

MOST_FILES = 10  # at once
WHY = "why:"  # before "subject|code" of a warning


@require_POST
@login_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Do one thing to a paper asked for, and go back to it."""
    application = own_application(request, pk)
    sheet = Sheet(application)
    subject = request.POST.get("subject", "")
    if subject not in sheet.slots:
        raise Http404
    done = STEPS.get(request.POST.get("step", ""))
    if done is None:
        raise BadRequest(_("There is no such step."))
    try:
        messages.success(request, done(request, sheet, subject))
    except MoveError as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(f"{_back(request, sheet)}#{sheet.papers[subject].key}")


@require_POST
@login_required
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the sentences that warnings want, and go back to the last look."""
    application = own_application(request, pk)
    texts = {}
    for name, text in request.POST.items():
        subject, _bar, code = name.removeprefix(WHY).partition("|")
        if name.startswith(WHY):
            texts[subject, code] = pages.typed(text, remarks.LONGEST)
    try:
        with transaction.atomic():
            remarks.answer(Sheet(application), texts, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Saved."))
    return redirect("pipeline:check", pk)


def _upload(request: HttpRequest, sheet: Sheet, subject: str) -> str:
    files = request.FILES.getlist("files")
    if not files:
        raise ValidationError(_("Choose a file first."))
    if len(files) > MOST_FILES:
        raise ValidationError(
            _("%(number)s files at once; %(most)s are taken.")
            % {"number": len(files), "most": MOST_FILES}
        )
    kept = evidence.hand_in(
        sheet.application,
        subject,
        files,
        by=viewer(request),
        page=_page(request),
        valid_to=_valid_to(request),
    )
    names = _("; ").join(document.name for document in kept)
    return _("Handed in: %(names)s") % {"names": names}


def _use(request: HttpRequest, sheet: Sheet, subject: str) -> str:
    document = _document(request, sheet)
    evidence.use_again(
        sheet.application, subject, document, by=viewer(request), page=_page(request)
    )
    return _("Handed in: %(names)s") % {"names": document.name}


def _take_out(request: HttpRequest, sheet: Sheet, subject: str) -> str:
    document = _document(request, sheet)
    evidence.take_out(sheet.application, subject, document, by=viewer(request))
    return _("“%(name)s” is taken out; the enterprise keeps it.") % {"name": document.name}


def _say_page(request: HttpRequest, sheet: Sheet, subject: str) -> str:
    document = _document(request, sheet)
    evidence.say_page(sheet.application, subject, document, _page(request), by=viewer(request))
    return _("Saved.")


def _say_why(request: HttpRequest, sheet: Sheet, subject: str) -> str:
    text = pages.typed(request.POST.get("text", ""), evidence.LONGEST + 1)
    evidence.say_why(sheet.application, subject, text, by=viewer(request))
    return _("Saved.")


STEPS: dict[str, Callable[[HttpRequest, Sheet, str], str]] = {
    "upload": _upload,
    "use": _use,
    "take_out": _take_out,
    "page": _say_page,
    "why": _say_why,
}


def _document(request: HttpRequest, sheet: Sheet) -> Document:
    posted = request.POST.get("document", "")
    if not posted.isdecimal() or len(posted) > pages.DIGITS:
        raise ValidationError(_("Choose a document first."))
    found: Document = get_object_or_404(
        Document, pk=int(posted), enterprise=sheet.application.enterprise_id
    )
    return found


def _page(request: HttpRequest) -> str:
    return pages.typed(request.POST.get("page", ""), 80)


def _valid_to(request: HttpRequest) -> dt.date | None:
    day: dt.date | None = DayField(required=False).clean(request.POST.get("valid_to", ""))
    return day


def _back(request: HttpRequest, sheet: Sheet) -> str:
    """Return the page of the form that the step was taken on."""
    wanted = request.POST.get("back", "")
    row = {place.key: place.url for place in pages.places(sheet)}
    return row.get(wanted) or row["documents"]
