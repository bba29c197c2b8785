"""Projects of an enterprise: registered, kept, checked, accepted (数字化改造项目)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.digital import projects
from cultivation.digital.models import AcceptanceItem, ProjectStep, TransformationProject
from cultivation.digital.transforming import accepting, gains, providers, steps
from cultivation.digital.transforming.forms import (
    DueForm,
    MilestoneForm,
    MoneyForm,
    NewProjectForm,
    ProjectForm,
    ReasonForm,
    StepForm,
    TickForm,
)
from enterprises.registry.models import Document
from enterprises.registry.views.gate import refusals, seen_enterprise, viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

DIGITS = 10
OFFERED = 200  # documents in a choice, the latest


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a transformation project with the due days of its stages (项目登记)."""
    enterprise, user = seen_enterprise(request, pk), viewer(request)
    if not steps.may_keep(user, enterprise):
        raise PermissionDenied
    form = NewProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            made = projects.register(enterprise, by=user, due=form.due(), **form.values())
            messages.success(request, _("The project is registered."))
            return redirect("digital:project", enterprise.pk, made.pk)
    return render(request, "digital/project_new.html", {"enterprise": enterprise, "form": form})


@require_GET
@login_required
def project(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show a project: steps, money, provider, before and after, check-list (项目详情)."""
    enterprise, found = _seen(request, pk, number)
    user = viewer(request)
    rows = steps.sorted_steps(list(found.steps.all()))
    checked = accepting.check_list(found)
    may_accept = steps.may_accept(user, enterprise)
    may_keep = steps.may_keep(user, enterprise)
    context: dict[str, Any] = {
        "enterprise": enterprise,
        "project": found,
        "steps": [(step, steps.is_overdue(step)) for step in rows],
        "may_keep": may_keep,
        "may_accept": may_accept,
        "open": may_keep and not found.accepted_on,
        "sees_contacts": providers.sees_contacts(user),
        "gain": gains.of(found),
        "checked": checked,
        "documents": _documents(enterprise) if may_accept and not found.accepted_on else [],
        "milestone_form": MilestoneForm(),
        "today": timezone.localdate(),
    }
    return render(request, "digital/project.html", context)


def _documents(enterprise: Enterprise) -> list[Document]:
    """Return the documents that may prove an item, the latest."""
    return list(Document.objects.filter(enterprise=enterprise).order_by("-pk")[:OFFERED])


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Change a project; of an accepted one the payments alone (修改项目)."""
    enterprise, found = _seen(request, pk, number)
    user = viewer(request)
    if not steps.may_keep(user, enterprise):
        raise PermissionDenied
    names = ("own_paid", "public_paid") if found.accepted_on else projects.EDITABLE
    given: dict[str, Any] = {"initial": {name: getattr(found, name) for name in names}}
    form: forms.Form = (
        MoneyForm(request.POST or None, **given)
        if found.accepted_on
        else ProjectForm(request.POST or None, present=found, **given)
    )
    for name in set(form.fields) - set(names):
        del form.fields[name]
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in names}
        with refusals(form):
            projects.change(found, values, version=_version(request), by=user)
            messages.success(request, _("Saved."))
            return redirect("digital:project", enterprise.pk, found.pk)
    context = {"enterprise": enterprise, "project": found, "form": form}
    return render(request, "digital/project_edit.html", context)


@require_POST
@login_required
def step(request: HttpRequest, pk: int, number: int, step: str) -> HttpResponse:
    """Note that a project is finished, or accept it (完工或验收)."""
    found = _seen(request, pk, number)[1]
    if step not in BY_PROJECT:
        raise Http404
    _refuse(request, steps.may_accept if step == "accept" else steps.may_keep, found)
    form = StepForm(request.POST)
    _do(
        request,
        form,
        lambda: BY_PROJECT[step](found, on=form.cleaned_data["on"], by=viewer(request)),
    )
    return redirect("digital:project", pk, number)


@require_POST
@login_required
def milestone(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Add a milestone to a project (新增里程碑)."""
    found = _seen(request, pk, number)[1]
    _refuse(request, steps.may_keep, found)
    form = MilestoneForm(request.POST)
    _do(request, form, lambda: steps.add_milestone(found, by=viewer(request), **form.cleaned_data))
    return redirect("digital:project", pk, number)


@require_POST
@login_required
def part(request: HttpRequest, pk: int, number: int, part: int, do: str) -> HttpResponse:
    """Note that a stage or milestone is done, moved to another day, or left out (节点)."""
    found = _seen(request, pk, number)[1]
    _refuse(request, steps.may_keep, found)
    row = get_object_or_404(ProjectStep.objects.select_related("project"), pk=part, project=found)
    user, form = viewer(request), _part_form(do, request)
    taken: dict[str, Callable[[], object]] = {
        "done": lambda: steps.complete(row, on=form.cleaned_data["on"], by=user),
        "due": lambda: steps.move(row, form.cleaned_data["due_on"], by=user),
        "leave-out": lambda: steps.leave_out(row, form.cleaned_data["reason"], by=user),
    }
    _do(request, form, taken[do])
    return redirect("digital:project", pk, number)


def _part_form(do: str, request: HttpRequest) -> forms.Form:
    kinds: dict[str, type[forms.Form]] = {"done": StepForm, "due": DueForm, "leave-out": ReasonForm}
    if do not in kinds:
        raise Http404
    return kinds[do](request.POST)


@require_POST
@login_required
def tick(request: HttpRequest, pk: int, number: int, item: int) -> HttpResponse:
    """Tick an item of the check-list with its proof, or take the tick back (验收核对)."""
    enterprise, found = _seen(request, pk, number)
    _refuse(request, steps.may_accept, found)
    row = get_object_or_404(AcceptanceItem.objects.select_related("rule"), pk=item)
    user, form = viewer(request), TickForm(request.POST, enterprise=enterprise)
    if request.POST.get("do") == "untick":
        _do(request, form, lambda: accepting.untick(found, row, by=user))
    else:
        _do(request, form, lambda: accepting.tick(found, row, by=user, **form.cleaned_data))
    return redirect("digital:project", pk, number)


BY_PROJECT = {"finish": projects.finish, "accept": projects.accept}


def _refuse(
    request: HttpRequest, may: Callable[[User, Enterprise], bool], found: TransformationProject
) -> None:
    """Answer 403 before anything sent is read, where the viewer may only look."""
    if not may(viewer(request), found.enterprise):
        raise PermissionDenied


def _do(request: HttpRequest, form: forms.Form, deed: Callable[[], object]) -> None:
    """Do what a small form asks for, and say what became of it."""
    if not form.is_valid():
        texts = [f"{form.fields[k].label}: {' '.join(map(str, v))}" for k, v in form.errors.items()]
        messages.error(request, " ".join(texts))
        return
    try:
        deed()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Noted."))


def _seen(request: HttpRequest, pk: int, number: int) -> tuple[Enterprise, TransformationProject]:
    """Return an enterprise and a project of it in the viewer's sight; else 404."""
    user: User = viewer(request)
    enterprise = seen_enterprise(request, pk)
    rows = TransformationProject.objects.visible_to(user).select_related(
        "enterprise", "provider", "before", "after", "acceptance_rule"
    )
    return enterprise, get_object_or_404(rows, pk=number, enterprise=enterprise)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < DIGITS else 0
