"""The docket of objections for those who handle them (异议办理)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Objection
from cultivation.pipeline.notices import docket, handlers
from cultivation.pipeline.notices.forms import CloseForm, TextForm, WeighForm
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from enterprises.accounts.models import User

officers_only = seat_required(lambda scope: scope.is_office or scope.is_auditor)


@require_GET
@officers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the objections in sight, those open first by when they are due (异议清单)."""
    show = request.GET.get("show", "open")
    rows = Objection.objects.visible_to(viewer(request))
    rows = rows.filter(closed_at__isnull=False) if show == "closed" else rows.open()
    page = paging.take(
        rows.select_related("enterprise__region", "handler", "entry__notice", "title").defer(
            "text", "objector_name", "objector_contact", "objector_affiliation"
        ),
        sort="-closed_at" if show == "closed" else "reply_due",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "show": "closed" if show == "closed" else "open",
        "today": timezone.localdate(),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "notices/docket.html", context)


@require_GET
@officers_only
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one objection and what its handler may do now."""
    return _shown(request, _seen(request, pk))


@require_POST
@officers_only
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a step in handling an objection; say why where it is not possible."""
    if name not in DOING:
        raise Http404
    found, user = _seen(request, pk), viewer(request)
    form = FORMS[name](request.POST) if name in FORMS else None
    if form is not None and not form.is_valid():
        return _shown(request, found, bound={name: form}, status=400)
    try:
        DOING[name](found, user, form.cleaned_data if form is not None else {})
    except MoveError as error:
        if form is None:
            messages.error(request, str(error))
        else:
            form.add_error(error.field or None, str(error))
        bound = {name: form} if form is not None else {}
        return _shown(request, _seen(request, pk), bound=bound, status=409)
    messages.success(request, _("Noted."))
    return redirect("pipeline:objection", pk)


@require_POST
@officers_only
def objector(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the handler who objected; that it was read is noted (查阅并留痕)."""
    found = _seen(request, pk)
    read = docket.read_objector(found, by=viewer(request))
    page = _shown(request, found, objector=read)
    page["Cache-Control"] = "no-store"
    return page


@require_GET
@login_required
def file(request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
    """Hand out a piece of evidence to the handler, as a download (证据)."""
    found = _seen(request, pk)
    if found.handler_id != viewer(request).pk:
        raise Http404
    kept = get_object_or_404(found.files, pk=number)
    return FileResponse(
        kept.file.open("rb"),
        as_attachment=True,
        filename=kept.name,
        content_type="application/octet-stream",
    )


FORMS: dict[str, type[forms.Form]] = {
    "weigh": WeighForm,
    "recuse": TextForm,
    "put": TextForm,
    "close": CloseForm,
}
DOING: dict[str, Callable[[Objection, User, dict[str, Any]], Any]] = {
    "take": lambda found, user, _data: docket.take_up(found, by=user),
    "recuse": lambda found, user, data: docket.recuse(found, by=user, reason=data["text"]),
    "weigh": lambda found, user, data: docket.weigh(found, by=user, **data),
    "put": lambda found, user, data: docket.put_to_firm(found, by=user, text=data["text"]),
    "close": lambda found, user, data: docket.close(found, data.pop("outcome"), by=user, **data),
}


def _seen(request: HttpRequest, pk: int) -> Objection:
    rows = Objection.objects.visible_to(viewer(request)).select_related(
        "enterprise__region", "entry__notice", "entry__application", "title", "handler"
    )
    found: Objection = get_object_or_404(rows, pk=pk)
    return found


def _shown(
    request: HttpRequest,
    objection: Objection,
    *,
    bound: dict[str, forms.Form] | None = None,
    objector: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    user, bound = viewer(request), bound or {}
    entitled = handlers.entitled(objection, user)
    mine = objection.handler_id == user.pk and objection.is_open
    conflicts = handlers.conflicts(objection, user) if entitled else []
    context = {
        "objection": objection,
        "steps": [_item(one) for one in objection.steps.select_related("made_by")],
        "files": objection.files.all() if mine or objection.handler_id == user.pk else None,
        "number_of_files": objection.files.count(),
        "entitled": entitled,
        "conflicts": conflicts,
        "may_take": entitled and not conflicts and objection.handler_id is None,
        "mine": mine,
        "objector": objector,
        "weigh": bound.get("weigh", WeighForm()) if mine else None,
        "put": bound.get("put", TextForm(label=_("What the enterprise is asked"))),
        "close": bound.get("close", CloseForm()) if mine else None,
        "recuse": bound.get("recuse", TextForm(label=_("Conflict of interest"))),
    }
    return render(request, "notices/objection.html", context, status=status)


def _item(one: Any) -> dict[str, Any]:
    return {"what": docket.label_of(one.name), "who": one.made_by or "", "text": one.text,
            "when": one.made_at}  # fmt: skip
