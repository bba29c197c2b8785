"""Objecting in a real name, reading the answer, and the firm's answer (提出异议与回复)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import NoticeEntry, Objection
from cultivation.pipeline.notices import docket, lists, objections
from cultivation.pipeline.notices.forms import KeyForm, ObjectionForm, TextForm
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.notices.objections import Raised


@sensitive_post_parameters("name", "contact")
@require_http_methods(["GET", "POST"])
def object_to(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """Take an objection to a row of a running notice; no sign-in is needed (公示异议)."""
    entry = get_object_or_404(
        NoticeEntry.objects.select_related("notice", "application__enterprise"),
        notice_id=pk,
        notice__state="published",
        position=position,
    )
    context: dict[str, Any] = {"entry": entry, "closed": objections.closed_because(entry)}
    return _taking(
        request,
        context,
        lambda form: objections.object_to(entry, form.statement, files=form.given),
    )


@sensitive_post_parameters("name", "contact")
@require_http_methods(["GET", "POST"])
def complain(request: HttpRequest, number: str) -> HttpResponse:
    """Take a real-name complaint about a title that runs (实名举报)."""
    found = lists.look_up(number)
    if found is None:
        return redirect("pipeline:verify")
    ended = found.title.ended_on is not None
    closed = _("This title has ended already.") if ended else ""
    return _taking(
        request,
        {"title": found.title, "closed": closed},
        lambda form: objections.complain_of(found.title, form.statement, files=form.given),
    )


def _taking(
    request: HttpRequest, context: dict[str, Any], take: Callable[[ObjectionForm], Raised]
) -> HttpResponse:
    form = ObjectionForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="objection"):
            form.add_error(None, _("Too many objections came from here; try again in an hour."))
            status = 429
        else:
            try:
                raised = take(form)
            except MoveError as error:
                form.add_error(error.field or None, str(error))
            else:
                # The key is shown this once and never stored.
                answer = render(request, "notices/raised.html", context | {"raised": raised})
                answer["Cache-Control"] = "no-store"
                return answer
    if form.errors and status == 200:
        status = 400
    return render(request, "notices/object.html", context | {"form": form}, status=status)


@sensitive_post_parameters("key")
@require_http_methods(["GET", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Show who holds its key what became of an objection (查询办理结果)."""
    form = KeyForm(request.POST or None)
    found: Objection | None = None
    code = 200
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="objection"):
            form.add_error(None, _("Too many tries came from here; try again in an hour."))
            code = 429
        else:
            found = objections.by_key(form.cleaned_data["number"], form.cleaned_data["key"])
            if found is None:
                form.add_error(None, _("No objection has this number and key."))
                code = 400
    page = render(request, "notices/status.html", {"form": form, "found": found}, status=code)
    page["Cache-Control"] = "no-store"
    return page


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the firm what was put to it, and take its answer (企业说明)."""
    user = viewer(request)
    found = get_object_or_404(
        Objection.objects.put_to(user).select_related("enterprise", "entry__application", "title"),
        pk=pk,
    )
    form = TextForm(request.POST or None, label=_("Answer of the enterprise"))
    if request.method == "POST" and form.is_valid():
        try:
            docket.firm_answers(found, by=user, text=form.cleaned_data["text"])
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("The answer is kept; the handler is told."))
            return redirect("pipeline:objection_answer", pk)
    return render(request, "notices/answer.html", {"objection": found, "form": form})
