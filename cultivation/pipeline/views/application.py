"""An application as it stands, and the moves taken on it (申报详情与流转)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline import checklist, decisions, findings, moves
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import rights
from cultivation.pipeline.models import Move, Reconsideration, Status
from cultivation.pipeline.panels import advice
from cultivation.pipeline.releasing import proposing
from cultivation.pipeline.rounds import telling
from cultivation.pipeline.views import review
from cultivation.pipeline.views.gate import seen_application
from cultivation.pipeline.views.parts import answers_of, moved, pending_on, returned, visits_of, way
from cultivation.standards import keeping
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.models import Application

SENDING = ("submit", "resubmit")
TONES = {
    "recognise": "good",
    "recommend": "good",
    "refuse": "bad",
    "return": "warn",
    "withdraw": "warn",
    "lapse": "warn",
}


@require_GET
@login_required
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """Show status, way, receipt, history and the facts as submitted."""
    return shown(request, seen_application(request, pk))


@require_POST
@login_required
def move(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a move; on a second click or another's move say what happened and change nothing."""
    if name not in moves.STEPS:
        raise Http404
    found = seen_application(request, pk)
    reason, back = request.POST.get("reason", ""), request.POST.get("next", "")
    if name in SENDING and _facts_changed(request, found):
        messages.error(
            request, _("The record changed since you checked it. Look at it again, then submit.")
        )
        return redirect("pipeline:check", pk)
    try:
        version = int(request.POST.get("version", ""))
    except ValueError as error:
        raise BadRequest(_("The form lacks its version; load the page again.")) from error
    try:
        taken = moves.advance(found, name, by=viewer(request), reason=reason, version=version)
    except MoveError as error:
        messages.error(request, str(error))
        page = review.shown if back == "review" else shown
        return page(request, seen_application(request, pk), reason=reason, status=409)
    messages.success(
        request,
        _("“%(move)s” is done. The application is %(status)s now.")
        % {"move": moves.STEPS[name].label, "status": taken.get_target_display()},
    )
    if back == "review":
        return redirect("pipeline:queue")
    return redirect("pipeline:receipt" if name in SENDING else "pipeline:application", pk)


def _facts_changed(request: HttpRequest, application: Application) -> bool:
    """Tell whether the facts are no longer those that the last look showed."""
    seen = request.POST.get("facts", "")
    if not seen or not rights.may_fill(application, viewer(request)):
        return False
    return seen != checklist.judge_now(application).facts_hash


@require_GET
@login_required
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Judge an application as submitted again and show whether it comes out the same (重演)."""
    found = seen_application(request, pk)
    if found.submission is None:
        raise Http404
    difference = decisions.drift_of(found)
    labels = {line.code: line.label for line in findings.lines(found.submitted_result)}
    context = {
        "application": found,
        "way": way(found),
        "kept": found.submission,
        "hindrance": decisions.hindrance(found),
        "changes": [
            (change, labels.get(change.criterion, ""))
            for change in (difference.changes if difference else ())
        ],
        "engine": keeping.engine(),
    }
    return render(request, "pipeline/again.html", context)


def shown(
    request: HttpRequest, application: Application, *, reason: str = "", status: int = 200
) -> HttpResponse:
    """Return the page of an application, with a reason typed before where a move failed."""
    user = viewer(request)
    own = application.enterprise_id in user.scope.enterprises
    choices = moves.choices_of(application, user)
    taken = list(application.moves.select_related("made_by", "judgement__edition"))
    refusals = [one for one in taken if one.name == "refuse"]
    context = {
        "application": application,
        "own": own,
        "writable": own and application.status in {Status.DRAFT, Status.RETURNED},
        "may_review": review.may_open(application, user),
        "way": way(application),
        "standing": telling.standing_of(application, user),
        "moved": moved(application),
        "choices": choices,
        "reason": reason,
        "reason_owed": any(choice.step.reason_owed for choice in choices if not choice.two_persons),
        "pending": pending_on(application, user),
        "may_propose": proposing.may_propose(application, user),
        "history": [item_of(move) for move in taken],
        "refusals": refusals,
        "reconsiderations": Reconsideration.objects.visible_to(user).filter(refusal__in=refusals)
        if refusals
        else [],
        "decisions": decisions.decisions_of(
            taken, labels={step.name: step.button for step in moves.STEPS.values()}
        ),
        "findings": findings.lines(
            application.submitted_result, application.criterion_reviews.select_related("made_by")
        )
        if application.submitted_result
        else [],
        "answers": answers_of(application, application.submitted_answers),
        "documents": application.documents.all(),
        "returned": returned(application),
        "panel_cases": advice.for_firm(application),
        "site": visits_of(application, user),
    }
    return render(request, "pipeline/application.html", context, status=status)


def item_of(move: Move) -> dict[str, Any]:
    step = moves.STEPS.get(move.name)
    return {
        "what": f"{step.label if step else move.name} → {move.get_target_display()}",
        "who": move.made_by or "",
        "text": move.reason,
        "when": move.made_at,
        "tone": TONES.get(move.name, "info"),
        "url": _page_of(move),
    }


def _page_of(move: Move) -> str:
    """Return where more stands about a step: why it was refused, what was sent back."""
    if move.name == "refuse":
        return f"{reverse('pipeline:feedback', args=[move.application_id])}?which={move.pk}"
    correction = move.note.get("correction")
    if not correction:
        return ""
    return f"{reverse('pipeline:correction', args=[move.application_id])}?which={correction}"
