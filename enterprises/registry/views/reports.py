"""The figures of the years, side by side and one by one (年度数据)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from enterprises.registry import amounts, labels, profile, records, rights
from enterprises.registry.filters import report_years
from enterprises.registry.forms.fields import MoneyField
from enterprises.registry.forms.report import UNITS, ReportForm, chosen_unit
from enterprises.registry.models import COUNTS, MONEY, AnnualReport
from enterprises.registry.views.gate import (
    edited_enterprise,
    place,
    seen_enterprise,
    viewer,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from enterprises.registry.models import Enterprise
    from enterprises.registry.plausibility import Doubt

KINDS = {
    **dict.fromkeys(MONEY, "money"),
    **dict.fromkeys((*COUNTS, "domestic_rank"), "number"),
    "market_share": "percent",
    "quality_score": "score",
}
EARLIEST = 1990


@dataclass(frozen=True, slots=True)
class Question:
    """A doubt about a figure, with the reason typed so far and whether one is owed."""

    name: str
    message: str
    reason: str
    asked: bool


@require_GET
@login_required
def reports(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the years side by side; empty is “not stated”, 0 is 0 (年度数据)."""
    user = viewer(request)
    enterprise = seen_enterprise(request, pk)
    rows = AnnualReport.objects.visible_to(user).filter(enterprise=enterprise)
    years = list(rows.order_by("-year")[:10])
    lines = [
        {
            "label": labels.of(name),
            "kind": KINDS.get(name, "text"),
            "cells": [getattr(report, name) for report in years],
        }
        for name in labels.REPORT
    ]
    stored = {report.year for report in years}
    context = {
        "enterprise": enterprise,
        "years": years,
        "lines": lines,
        "warnings": profile.warnings(years),
        "missing": [year for year in report_years() if year not in stored],
        "may_edit": rights.may_edit(user, enterprise),
    }
    return render(request, "registry/reports.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@transaction.atomic
def report_edit(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """Enter one year's figures; nothing typed is lost, doubts want a written reason (年报录入)."""
    if not EARLIEST <= year <= timezone.localdate().year:
        raise Http404
    enterprise = edited_enterprise(request, pk)
    if request.method == "POST":
        enterprise = records.lock(enterprise, by=viewer(request))
    report = _stored(enterprise, year)
    unit = chosen_unit(request.POST.get("unit") or request.GET.get("unit"))
    form = ReportForm(request.POST or None, report=report, unit=unit)
    context: dict[str, Any] = {
        "enterprise": enterprise,
        "year": year,
        "form": form,
        "units": UNITS,
    }
    if not form.is_bound:
        return render(request, "registry/report_edit.html", context)
    if form.unit_changed():
        again = ReportForm(form.converted(), report=report, unit=unit)
        context |= {"form": again, "converted": True}
    elif clashes := form.clashes():
        again = ReportForm(form.merged(), report=report, unit=unit)
        context |= {"form": again, "clashes": clashes}
        return render(request, "registry/report_edit.html", context, status=409)
    elif form.is_valid():
        saved = _save(request, form, enterprise, year, context)
        if saved is not None:
            return saved
    return render(request, "registry/report_edit.html", context)


@require_GET
@login_required
def amount(request: HttpRequest) -> HttpResponse:
    """Say how an amount being typed reads in the unit chosen (金额读法)."""
    field = MoneyField()
    field.unit = chosen_unit(request.GET.get("unit"))
    text = next((value for name, value in request.GET.items() if name in MONEY), "")
    try:
        fen = field.clean(text)
    except ValidationError as error:
        return HttpResponse(" ".join(error.messages), content_type="text/plain; charset=utf-8")
    return HttpResponse(
        "" if fen is None else amounts.reading(fen), content_type="text/plain; charset=utf-8"
    )


def _stored(enterprise: Enterprise, year: int) -> AnnualReport:
    found = AnnualReport.objects.filter(enterprise=enterprise, year=year).first()
    return found or AnnualReport(enterprise=enterprise, year=year)


def _save(
    request: HttpRequest,
    form: ReportForm,
    enterprise: Enterprise,
    year: int,
    context: dict[str, Any],
) -> HttpResponse | None:
    """Save what was changed; where the figures are doubted or refused, fill the page's context."""
    answers = {
        name.removeprefix("answer:"): str(value).strip()[:300]
        for name, value in request.POST.items()
        if name.startswith("answer:")
    }
    changes = form.changes()
    if not changes and not answers:
        messages.info(request, _("Nothing was changed, nothing saved."))
        return redirect("registry:reports", pk=enterprise.pk)
    try:
        with transaction.atomic():
            records.save_report(enterprise, year, changes, by=viewer(request), answers=answers)
    except records.UnansweredError as error:
        context |= _questions(error.doubts, answers)
        return None
    except ValidationError as error:
        place(form, error)
        return None
    messages.success(request, _("The figures of %(year)s are saved.") % {"year": year})
    return redirect("registry:reports", pk=enterprise.pk)


def _questions(doubts: list[Doubt], answers: dict[str, str]) -> dict[str, Any]:
    """Return the doubts still open, asked again where left empty, and the reasons to carry on."""
    keys = {f"{doubt.code}:{doubt.figure}": doubt.message for doubt in doubts}
    return {
        "doubts": [
            Question(f"answer:{key}", message, answers.get(key, ""), asked=key in answers)
            for key, message in keys.items()
        ],
        "carried": [
            (f"answer:{key}", reason) for key, reason in answers.items() if key not in keys
        ],
    }
