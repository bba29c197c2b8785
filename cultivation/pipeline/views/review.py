"""The review of one application, criterion by criterion (逐条审核)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cultivation.pipeline import findings, moves, opinions, routes
from cultivation.pipeline.correcting import (
    assigning,
    clock,
    mending,
    reasons,
    sheet,
    sitting,
)
from cultivation.pipeline.correcting.filters import queue_of
from cultivation.pipeline.correcting.forms import OfficerForm, opinion_forms
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Correction, Reconsideration
from cultivation.pipeline.panels import advice
from cultivation.pipeline.releasing import proposing
from cultivation.pipeline.rounds import telling
from cultivation.pipeline.views.gate import seen_application
from cultivation.pipeline.views.parts import answers_of, kept, moved, pending_on, visits_of, way
from cultivation.pipeline.visits.reading import on_site
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User


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
    page = Page(application, request.POST)
    if not all(form.is_valid() for form in page.forms.values()):
        messages.error(request, _("Some opinions lack what they need; nothing was kept yet."))
        return shown(request, application, page=page, status=400)
    words = [form.word(code) for code, form in page.forms.items()]
    for code, fault in opinions.faults(application, words).items():
        page.forms[code].add_error("reason", fault)
    if any(form.errors for form in page.forms.values()):
        messages.error(request, _("Some opinions lack what they need; nothing was kept yet."))
        return shown(request, application, page=page, status=400)
    posted = request.POST.get("version", "")
    try:
        number = opinions.record(
            application, words, by=user, version=int(posted) if posted.isdigit() else 0
        )
    except MoveError as error:
        messages.error(request, str(error))
        return shown(request, seen_application(request, pk), page=page, status=409)
    messages.success(request, _("Opinions kept: %(number)s changed.") % {"number": number})
    query = kept(request.GET).urlencode()
    if request.POST.get("then") == "next":
        return redirect(f"{reverse('pipeline:next_case')}?{query}")
    return redirect(f"{reverse('pipeline:review', args=[pk])}{'?' if query else ''}{query}")


def may_open(application: Application, user: User) -> bool:
    """Tell whether a user may see the review page: who reads by office, never own staff."""
    return application.enterprise_id not in user.scope.enterprises and user.scope.sees_path(
        application.region_path
    )


class Page:
    """The sheet of an application with a form for each criterion (审核页)."""

    def __init__(self, application: Application, data: Any = None) -> None:
        self.moves = list(application.moves.select_related("made_by"))
        self.lines = sheet.lines_of(application, self.moves)
        level = routes.holding_level(application)
        given = {
            line.finding.code: line.finding.opinions[level]
            for line in self.lines
            if level in line.finding.opinions
        }
        codes = [str(leaf["code"]) for leaf in findings.leaves(application.submitted_result)]
        documents = {
            line.finding.code: line.documents for line in self.lines if line.finding.is_manual
        }
        self.forms = opinion_forms(
            codes,
            given,
            documents=documents,
            library=reasons.fitting(reasons.OBJECT),
            data=data,
        )


def shown(
    request: HttpRequest,
    application: Application,
    *,
    page: Page | None = None,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the review page, with what was typed before where it could not be kept."""
    user = viewer(request)
    page = page or Page(application)
    choices = moves.choices_of(application, user)
    may_judge = opinions.may_review(application, user)
    officer = assigning.current(application) if may_judge else None
    level = routes.holding_level(application)
    site = visits_of(application, user)
    signed = any(one.level == level and one.state == "signed" for one in site["visits"])
    seen = on_site(application, level, user) if signed else {}
    context = {
        "application": application,
        "way": way(application),
        "standing": telling.standing_of(application, user),
        "moved": moved(application),
        "level": level,
        "site": site,
        "may_judge": may_judge,
        "rows": [
            {
                "line": line,
                "form": page.forms.get(line.finding.code) if may_judge else None,
                "seen": seen.get(line.finding.code),
            }
            for line in page.lines
        ],
        "times": clock.times_of(page.moves),
        "came_again": came_again(application),
        "reconsidered": Reconsideration.objects.visible_to(user)
        .filter(number=application.reconsidered)
        .first()
        if application.reconsidered
        else None,
        "officer": officer,
        "officers": OfficerForm(
            colleagues=assigning.colleagues(application),
            initial={"officer": officer.officer_id if officer else None},
        )
        if may_judge
        else None,
        "sitting": sitting.progress(user, queue_of(request, user).qs) if may_judge else None,
        "query": kept(request.GET).urlencode(),
        "changed": may_judge and changed_since(application, user),
        "answers": answers_of(application, application.submitted_answers),
        "documents": application.documents.all(),
        "advice": advice.for_office(application, user),
        "choices": choices,
        "reason": reason,
        "reason_owed": any(choice.step.reason_owed for choice in choices if not choice.two_persons),
        "pending": pending_on(application, user),
        "may_propose": proposing.may_propose(application, user),
    }
    return render(request, "pipeline/review.html", context, status=status)


def came_again(application: Application) -> dict[str, Any] | None:
    """Return how the application differs from what was sent back last, where it came again."""
    last = (
        application.corrections.filter(outcome=Correction.Outcome.RESUBMITTED)
        .select_related("before__edition", "after__edition")
        .first()
    )
    if last is None or last.after_id != application.submission_id:
        return None
    last.application = application
    return {"correction": last, "state": mending.state_of(last)}


def changed_since(application: Application, user: User) -> bool:
    """Tell whether the application came again since the user went through it (审阅后有变)."""
    level = routes.holding_level(application)
    mark = application.reviewed.filter(officer=user, level=level).first()
    return mark is not None and mark.submission_id != application.submission_id
