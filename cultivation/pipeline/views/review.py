"""The review queue and the review of one application, criterion by criterion (审核)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.pipeline import findings, moves, opinions, routes
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filters import EVERY, MINE, ApplicationFilter
from cultivation.pipeline.forms import opinion_forms
from cultivation.pipeline.models import Application
from cultivation.pipeline.views.gate import reviewers_only, seen_application
from cultivation.pipeline.views.parts import answers_of, way
from enterprises.registry import paging
from enterprises.registry.models import Proof
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse, QueryDict

    from cultivation.pipeline.forms import OpinionForm
    from enterprises.accounts.models import User

SHOWN = (
    "enterprise__name",
    "enterprise__fictional",
    "enterprise__region__name_zh",
    "enterprise__region__name_en",
    "tier",
    "kind",
    "status",
    "submitted_at",
    "notice_to",
    "receipt",
)


@require_GET
@reviewers_only
def queue(request: HttpRequest) -> HttpResponse:
    """Show the applications in sight, first of all those that wait for the viewer."""
    data = request.GET.copy()
    data.setdefault("show", MINE if viewer(request).scope.is_office else EVERY)
    rows = Application.objects.visible_to(viewer(request)).exclude(status="draft")
    narrowed = ApplicationFilter(data, queryset=rows, request=request)
    page = paging.take(
        narrowed.qs.select_related("enterprise__region").only(*SHOWN),
        sort="pk",
        after=data.get("after", ""),
        before=data.get("before", ""),
    )
    context = {
        "filter": narrowed,
        "page": page,
        "show": data["show"],
        "previous_url": neighbour(request, "before", page.previous),
        "following_url": neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/queue.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an application criterion by criterion; keep the officer's words on them."""
    application = seen_application(request, pk)
    user = viewer(request)
    if not may_open(application, user):
        raise PermissionDenied
    if request.method == "GET":
        return shown(request, application)
    forms = _forms(application, request.POST)
    if not all(form.is_valid() for form in forms.values()):
        return shown(request, application, forms=forms, status=400)
    words = [form.word(code) for code, form in forms.items()]
    for code, fault in opinions.faults(application, words).items():
        forms[code].add_error("reason", fault)
    if any(form.errors for form in forms.values()):
        messages.error(request, _("Some opinions lack what they need; nothing was kept yet."))
        return shown(request, application, forms=forms, status=400)
    posted = request.POST.get("version", "")
    try:
        number = opinions.record(
            application, words, by=user, version=int(posted) if posted.isdigit() else 0
        )
    except MoveError as error:
        messages.error(request, str(error))
        return shown(request, seen_application(request, pk), forms=forms, status=409)
    messages.success(request, _("Opinions kept: %(number)s changed.") % {"number": number})
    return redirect("pipeline:review", pk)


def may_open(application: Application, user: User) -> bool:
    """Tell whether a user may see the review page: who reads by office, never own staff."""
    return application.enterprise_id not in user.scope.enterprises and user.scope.sees_path(
        application.region_path
    )


def shown(
    request: HttpRequest,
    application: Application,
    *,
    forms: Mapping[str, OpinionForm] | None = None,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the review page, with what was typed before where it could not be kept."""
    user = viewer(request)
    choices = moves.choices_of(application, user)
    may_judge = opinions.may_review(application, user)
    mine = forms or _forms(application)
    proofs = _proofs(application)
    reviews = application.criterion_reviews.select_related("made_by")
    context = {
        "application": application,
        "way": way(application),
        "level": routes.holding_level(application),
        "may_judge": may_judge,
        "rows": [
            {
                "finding": finding,
                "form": mine.get(finding.code) if may_judge else None,
                "proofs": proofs.get(finding.code, []),
            }
            for finding in findings.lines(application.submitted_result, reviews)
        ],
        "answers": answers_of(application, application.submitted_answers),
        "documents": application.documents.all(),
        "choices": choices,
        "reason": reason,
        "reason_owed": any(choice.step.reason_owed for choice in choices),
    }
    return render(request, "pipeline/review.html", context, status=status)


def neighbour(request: HttpRequest, side: str, cursor: str) -> str:
    """Return the address of the page before or after, with the filters in force."""
    if not cursor:
        return ""
    kept: QueryDict = request.GET.copy()
    for name in ("after", "before"):
        kept.pop(name, None)
    kept[side] = cursor
    return f"{request.path}?{kept.urlencode()}"


def _forms(application: Application, data: Any = None) -> dict[str, OpinionForm]:
    level = routes.holding_level(application)
    given = {one.criterion: one for one in application.criterion_reviews.filter(level=level)}
    codes = [str(leaf["code"]) for leaf in findings.leaves(application.submitted_result)]
    return opinion_forms(codes, given, data)


def _proofs(application: Application) -> dict[str, list[Proof]]:
    """Return the proofs of each criterion: of itself and of the figures it reads."""
    by_subject: dict[str, list[Proof]] = {}
    rows = Proof.objects.filter(document__enterprise_id=application.enterprise_id)
    for proof in rows.select_related("document"):
        by_subject.setdefault(proof.subject, []).append(proof)
    code = application.edition.code
    return {
        str(leaf["code"]): [
            proof
            for subject in findings.subjects(leaf, code)
            for proof in by_subject.get(subject, [])
        ]
        for leaf in findings.leaves(application.submitted_result)
    }
