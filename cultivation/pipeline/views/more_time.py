"""Requests for more time: asked by an enterprise, answered by the office that may (延期申请)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline.appealing import more_time
from cultivation.pipeline.appealing.filters import MoreTimeFilter
from cultivation.pipeline.appealing.forms import AnswerTimeForm, AskTimeForm
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import MoreTimeRequest
from cultivation.pipeline.rounds import windows
from cultivation.pipeline.views.gate import own_application
from cultivation.pipeline.views.parts import neighbour_of
from cultivation.pipeline.views.rounds import seen_round
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.models import Enterprise
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.models import Round

staff_only = seat_required(lambda scope: scope.enterprises)
readers_only = seat_required(lambda scope: scope.is_office or scope.is_auditor)


@require_http_methods(["GET", "POST"])
@staff_only
def in_round(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that an own enterprise may apply later than its window closes."""
    round_, user = seen_round(request, pk), viewer(request)
    firms = [
        one
        for one in Enterprise.objects.filter(pk__in=user.scope.enterprises).order_by("pk")
        if more_time.span_of(round_, one) is not None
    ]
    if not firms:
        raise PermissionDenied
    form = AskTimeForm(request.POST or None, firms=firms, moment=True)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        chosen = str(data.get("enterprise") or firms[0].pk)
        firm = next(one for one in firms if str(one.pk) == chosen)
        try:
            made = more_time.ask_in_round(
                round_, firm, until=data["until"], reason=data["reason"], by=user
            )
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The office was asked; you are told of its answer."))
            return redirect("pipeline:more_time_request", made.pk)
    context = {
        "round": round_,
        "form": form,
        "hindrance": more_time.hindrance(round_, firms[0]) if len(firms) == 1 else "",
        "until": _until(round_, firms),
        "requests": _own(request).filter(round=round_),
    }
    status = 400 if form.errors else 200
    return render(request, "pipeline/appealing/ask_time.html", context, status=status)


@require_http_methods(["GET", "POST"])
@login_required
def for_correction(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for more days to correct an own application."""
    application = own_application(request, pk)
    rows = application.corrections.filter(opened_at__isnull=False, closed_at__isnull=True)
    correction = get_object_or_404(rows)
    form = AskTimeForm(request.POST or None, moment=False)
    if request.method == "POST" and form.is_valid():
        try:
            made = more_time.ask_for_correction(
                correction,
                due_on=form.cleaned_data["due_on"],
                reason=form.cleaned_data["reason"],
                by=viewer(request),
            )
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The office was asked; you are told of its answer."))
            return redirect("pipeline:more_time_request", made.pk)
    context = {
        "application": application,
        "correction": correction,
        "form": form,
        "requests": _own(request).filter(correction__application=application),
    }
    status = 400 if form.errors else 200
    return render(request, "pipeline/appealing/ask_time.html", context, status=status)


@require_GET
@readers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the requests in sight, the oldest first (延期申请清单)."""
    user, data = viewer(request), request.GET.copy()
    data.setdefault("show", "open")
    rows = MoreTimeRequest.objects.visible_to(user).exclude(
        enterprise_id__in=user.scope.enterprises
    )
    narrowed = MoreTimeFilter(data, queryset=rows, request=request)
    page = paging.take(
        narrowed.qs.select_related(
            "enterprise__region", "round", "correction__application", "answered_by"
        ),
        sort="made_at",
        after=data.get("after", ""),
        before=data.get("before", ""),
    )
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [(row, more_time.about(row)) for row in page.rows],
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "pipeline/appealing/more_time.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a request; the office that may answers it."""
    user = viewer(request)
    rows = MoreTimeRequest.objects.visible_to(user).select_related(
        "enterprise__region", "round", "correction__application", "made_by", "answered_by",
        "extension", "correction_extension",
    )  # fmt: skip
    found: MoreTimeRequest = get_object_or_404(rows, pk=pk)
    may = more_time.may_answer(found, user)
    if request.method == "POST" and not may:
        raise PermissionDenied
    form = AnswerTimeForm(request.POST or None, initial={"until": found.until})
    if request.method == "POST" and form.is_valid() and _answered(found, form, request):
        return redirect("pipeline:more_time_request", pk)
    context = {
        "one": found,
        "about": more_time.about(found),
        "until": windows.written(found.until),
        "own": found.enterprise_id in user.scope.enterprises,
        "may_answer": may and found.is_open,
        "form": form,
    }
    status = 400 if form.errors else 200
    return render(request, "pipeline/appealing/time_request.html", context, status=status)


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an own request back that nobody answered."""
    found: MoreTimeRequest = get_object_or_404(_own(request), pk=pk)
    try:
        more_time.withdraw(found, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The request is withdrawn."))
    return redirect("pipeline:more_time_request", pk)


def _answered(found: MoreTimeRequest, form: AnswerTimeForm, request: HttpRequest) -> bool:
    """Answer as the form says; tell whether it was possible, else the form says why not."""
    data, user = form.cleaned_data, viewer(request)
    try:
        if data["decision"] == "refuse":
            more_time.refuse(found, reason=data["reason"], by=user)
        else:
            until = data["until"] or found.until
            more_time.grant(found, until=until, reason=data["reason"], by=user)
    except MoveError as error:
        field = "until" if error.field == "due_on" else error.field
        form.add_error(field if field in form.fields else None, str(error))
        return False
    messages.success(request, _("Answered; the enterprise is told."))
    return True


def _own(request: HttpRequest) -> QuerySet[MoreTimeRequest]:
    user = viewer(request)
    rows: QuerySet[MoreTimeRequest] = MoreTimeRequest.objects.visible_to(user)
    return rows.filter(enterprise_id__in=user.scope.enterprises).select_related(
        "enterprise", "round", "correction__application"
    )


def _until(round_: Round, firms: list[Enterprise]) -> str:
    """Return until when the window of the first enterprise is open."""
    span = more_time.span_of(round_, firms[0])
    return windows.written(span.until) if span else ""
