"""Rubrics: list, one of them, writing the next version (评分表)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Rubric
from cultivation.pipeline.panels import rubrics
from cultivation.pipeline.panels.forms import LineForms, RubricForm, line_initial
from enterprises.accounts.access import seat_required
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.scope import Scope

PAGE = 50
TONES = {"draft": "warn", "published": "good", "retired": "neutral"}


def reads_rubrics(scope: Scope) -> bool:
    """Tell whether a scope reads rubrics: offices, auditors, experts."""
    return bool(scope.paths or scope.expert)


@require_GET
@seat_required(reads_rubrics)
def listing(request: HttpRequest) -> HttpResponse:
    """List the rubrics in all their versions."""
    may_keep = rubrics.may_keep(viewer(request))
    rows = Rubric.objects.all() if may_keep else Rubric.objects.exclude(state="draft")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(one, TONES[one.state]) for one in page],
        "may_keep": may_keep,
    }
    return render(request, "pipeline/panels/rubrics.html", context)


@require_GET
@seat_required(reads_rubrics)
def rubric(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a rubric line by line."""
    found, may_keep = get_object_or_404(Rubric, pk=pk), rubrics.may_keep(viewer(request))
    if found.state == Rubric.State.DRAFT and not may_keep:
        raise Http404
    lines = list(found.lines.all())
    context = {
        "rubric": found,
        "tone": TONES[found.state],
        "lines": lines,
        "faults": rubrics.faults(rubrics.lines_of(found)) if found.state == "draft" else [],
        "may_keep": may_keep,
        "used": found.panels.count(),
    }
    return render(request, "pipeline/panels/rubric.html", context)


@require_http_methods(["GET", "POST"])
@seat_required(reads_rubrics)
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a rubric in preparation (编写评分表)."""
    user = viewer(request)
    if not rubrics.may_keep(user):
        raise PermissionDenied
    found = get_object_or_404(Rubric, pk=pk, state=Rubric.State.DRAFT) if pk else None
    form, lines = _forms(request, found)
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        stated = [one for each in lines if (one := each.line()) is not None]
        try:
            kept = rubrics.write(found, stated, by=user, **form.cleaned_data)
        except MoveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("pipeline:rubric", kept.pk)
    bad = request.method == "POST"
    context = {"form": form, "lines": lines, "rubric": found}
    return render(request, "pipeline/panels/rubric_edit.html", context, status=400 if bad else 200)


def _forms(request: HttpRequest, found: Rubric | None) -> tuple[RubricForm, Any]:
    head, lines = {}, []
    if found is not None:
        names = ("code", "tier", "title_zh", "title_en", "source")
        head = {name: getattr(found, name) for name in names}
        lines = [line_initial(one) for one in rubrics.lines_of(found)]
    data = request.POST or None
    return RubricForm(data, initial=head), LineForms(data, initial=lines, prefix="line")


@require_POST
@seat_required(reads_rubrics)
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Publish a rubric, retire it, or begin its next version (发布、停用、新版本)."""
    user, found = viewer(request), get_object_or_404(Rubric, pk=pk)
    if not rubrics.may_keep(user):
        raise PermissionDenied
    steps = {"publish": rubrics.publish, "retire": rubrics.retire, "next": rubrics.next_version}
    if name not in steps:
        raise Http404
    try:
        kept = steps[name](found, by=user)
    except MoveError as error:
        messages.error(request, str(error))
        return redirect("pipeline:rubric", pk)
    messages.success(request, _("Saved."))
    return redirect("pipeline:rubric_edit" if name == "next" else "pipeline:rubric", kept.pk)
