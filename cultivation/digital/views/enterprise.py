"""Digital maturity and projects of one enterprise (企业数字化)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.digital import index, maturity, projects, scoring
from cultivation.digital.forms import ProjectForm, Questionnaire, ResultForm, StepForm
from cultivation.digital.models import MaturityAssessment, TransformationProject
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

Way = MaturityAssessment.Way
WAYS = {"self": Way.SELF, "on-site": Way.ON_SITE}
STEPS = {"finish": projects.finish, "accept": projects.accept}


@require_GET
@login_required
def of_enterprise(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an enterprise's level, what the next one asks for, its history and projects."""
    user = cast("User", request.user)
    enterprise = _seen(user, pk)
    today = timezone.localdate()
    assessments = list(
        MaturityAssessment.objects.visible_to(user)
        .filter(enterprise=enterprise)
        .select_related("made_by")
    )
    valid = MaturityAssessment.objects.filter(maturity.valid_on(today), enterprise=enterprise)
    current = valid.order_by(*maturity.NEWEST_FIRST).first()
    context: dict[str, Any] = {
        "enterprise": enterprise,
        "assessments": assessments,
        "current": current,
        "standing": _standing(current),
        "levels": {level.no: level for level in index.levels(2024)},
        "projects": TransformationProject.objects.visible_to(user).filter(enterprise=enterprise),
        "today": today,
        "may_self": maturity.may_record(user, enterprise, way=Way.SELF),
        "may_on_site": maturity.may_record(user, enterprise, way=Way.ON_SITE),
        "may_keep": projects.may_keep(user, enterprise),
        "may_accept": projects.may_accept(user, enterprise),
    }
    return render(request, "digital/of_enterprise.html", context)


@require_GET
@login_required
def assessment(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show one assessment with every answer and how its level came about (评测详情)."""
    user = cast("User", request.user)
    enterprise = _seen(user, pk)
    row = get_object_or_404(
        MaturityAssessment.objects.visible_to(user), pk=number, enterprise=enterprise
    )
    standing = _standing(row)
    context = {
        "enterprise": enterprise,
        "assessment": row,
        "standing": standing,
        "answers": _answers(row) if standing else [],
        "scenarios": [
            (scenario, row.answers["scenarios"][str(scenario.no)]) for scenario in index.scenarios()
        ]
        if standing
        else [],
        "levels": {level.no: level for level in index.levels(row.index_version)},
    }
    return render(request, "digital/assessment.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def assess(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Answer the 2024 index, as the enterprise's staff or as an officer on site (评测)."""
    user = cast("User", request.user)
    enterprise = _seen(user, pk)
    if way not in WAYS:
        raise Http404
    if not maturity.may_record(user, enterprise, way=WAYS[way]):
        raise PermissionDenied
    last = MaturityAssessment.objects.filter(
        enterprise=enterprise, way=WAYS[way], index_version=index.ASKED
    ).first()
    form = Questionnaire(
        request.POST or None, way=WAYS[way], answers=last.answers if last else None
    )
    if request.method == "POST" and form.is_valid():
        made = _recorded(
            form, enterprise, user, way=WAYS[way], version=index.ASKED, answers=form.answers()
        )
        if made:
            messages.success(request, _said(made))
            return redirect("digital:of_enterprise", pk=enterprise.pk)
    context = {"enterprise": enterprise, "form": form, "way": way, "options": index.questions()}
    return render(request, "digital/assess.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a level fixed on site from its report (录入现场评定结果)."""
    user = cast("User", request.user)
    enterprise = _seen(user, pk)
    if not maturity.may_record(user, enterprise, way=Way.ON_SITE):
        raise PermissionDenied
    form = ResultForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = _recorded(
            form,
            enterprise,
            user,
            way=Way.ON_SITE,
            version=data["index_version"],
            level=data["level"],
            score=data["score"],
        )
        if made:
            messages.success(request, _said(made))
            return redirect("digital:of_enterprise", pk=enterprise.pk)
    return render(request, "digital/result.html", {"enterprise": enterprise, "form": form})


@require_http_methods(["GET", "POST"])
@login_required
def project_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a transformation project (项目登记)."""
    user = cast("User", request.user)
    enterprise = _seen(user, pk)
    if not projects.may_keep(user, enterprise):
        raise PermissionDenied
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            projects.register(enterprise, by=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The project is registered."))
            return redirect("digital:of_enterprise", pk=enterprise.pk)
    return render(request, "digital/project.html", {"enterprise": enterprise, "form": form})


@require_POST
@login_required
def project_step(request: HttpRequest, pk: int, number: int, step: str) -> HttpResponse:
    """Note that a project is finished, or accept it (完工或验收)."""
    user = cast("User", request.user)
    enterprise = _seen(user, pk)
    project = get_object_or_404(
        TransformationProject.objects.visible_to(user), pk=number, enterprise=enterprise
    )
    if step not in STEPS:
        raise Http404
    form = StepForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["on"]))
    else:
        try:
            STEPS[step](project, on=form.cleaned_data["on"], by=user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Noted."))
    return redirect("digital:of_enterprise", pk=enterprise.pk)


def _seen(user: User, pk: int) -> Enterprise:
    rows = Enterprise.objects.visible_to(user).select_related("region")
    enterprise: Enterprise = get_object_or_404(rows, pk=pk)
    return enterprise


def _standing(row: MaturityAssessment | None) -> scoring.Standing | None:
    return scoring.stand(row.answers) if row and row.answers else None


def _answers(row: MaturityAssessment) -> list[dict[str, Any]]:
    return [
        {
            "question": question,
            "chosen": [option for option in question.options if option.code in given],
            "points": index.plain(scoring.points_of(question, given)),
            "most": index.plain(question.most),
        }
        for question in index.questions()
        if (given := row.answers["questions"][str(question.no)])
    ]


def _said(row: MaturityAssessment) -> str:
    if not row.level:
        return _("Recorded: no level reached yet.")
    return _("Recorded: level %(level)s.") % {"level": row.level}


def _recorded(
    form: forms.Form,
    enterprise: Enterprise,
    user: User,
    *,
    way: str,
    version: int,
    answers: scoring.Answers | None = None,
    level: int | None = None,
    score: int | None = None,
) -> MaturityAssessment | None:
    """Record what a form holds; a refusal goes back onto the form."""
    data = form.cleaned_data
    try:
        return maturity.record(
            enterprise,
            way=way,
            index_version=version,
            answers=answers,
            level=level,
            score=score,
            assessed_on=data["assessed_on"],
            valid_to=data["valid_to"],
            assessor=data.get("assessor", ""),
            by=user,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return None
