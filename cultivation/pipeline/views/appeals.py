"""What a refused enterprise reads, and asking that the refusal be reconsidered (反馈与申请复核)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline.appealing import asking, feedback, limits, noting, subjects
from cultivation.pipeline.appealing.forms import AskForm, point_forms
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Reconsideration, Status
from cultivation.pipeline.views.gate import own_application, seen_application
from cultivation.pipeline.views.parts import way
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.appealing.forms import PointForm
    from cultivation.pipeline.appealing.subjects import Subject
    from cultivation.pipeline.models import Application, Move

Points = list[tuple["Subject", "PointForm"]]


@require_GET
@login_required
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """Show why an application was refused, criterion by criterion, and what may be done."""
    return render(request, "pipeline/appealing/feedback.html", _of(request, pk))


@require_GET
@login_required
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the same as a sheet to print."""
    return render(request, "pipeline/appealing/printed.html", _of(request, pk))


def _of(request: HttpRequest, pk: int) -> dict[str, Any]:
    application, user = seen_application(request, pk), viewer(request)
    refusals = feedback.refusals_of(application)
    wanted = request.GET.get("which", "")
    refusal = next((one for one in refusals if str(one.pk) == wanted), next(iter(refusals), None))
    if refusal is None:
        raise Http404
    is_last = refusal == refusals[0] and application.status == Status.REFUSED
    rows = Reconsideration.objects.visible_to(user).filter(refusal=refusal)
    made = rows.select_related("handler").first()
    limit = limits.of(refusal)
    own = application.enterprise_id in user.scope.enterprises
    hindrance = limits.hindrance(application, refusal, limit, made)
    return {
        "application": application,
        "way": way(application),
        "own": own,
        "feedback": feedback.of(application, refusal, is_last=is_last),
        "refusals": refusals,
        "reconsideration": made,
        "hindrance": hindrance,
        "may_ask": own and not hindrance,
    }


@require_http_methods(["GET", "POST"])
@login_required
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a request and keep it, send it; once sent, read what became of it."""
    application = own_application(request, pk)
    refusals = feedback.refusals_of(application)
    if not refusals:
        raise Http404
    wanted = request.GET.get("which", "")
    refusal = next((one for one in refusals if str(one.pk) == wanted), None)
    refusal = refusal or _asked_last(application) or refusals[0]
    made = asking.of(refusal)
    if request.method == "POST":
        return _taken(request, application, refusal, made)
    return _shown(request, application, refusal, made)


def _asked_last(application: Application) -> Move | None:
    """Return the refusal of the last reconsideration, unless a later refusal can be contested."""
    if application.status == Status.REFUSED:
        return None
    rows = Reconsideration.objects.filter(application=application).select_related("refusal")
    last = rows.select_related("refusal__judgement__edition").first()
    return last.refusal if last else None


def _taken(
    request: HttpRequest,
    application: Application,
    refusal: Move,
    made: Reconsideration | None,
) -> HttpResponse:
    """Keep what was written; send it where that was the button."""
    points = point_forms(subjects.contestable(refusal), request.POST, made)
    form = AskForm(request.POST, request.FILES, draft=made)
    if [one for one in (form, *(one for _s, one in points)) if not one.is_valid()]:
        return _shown(request, application, refusal, made, form=form, points=points, status=400)
    sending = request.POST.get("do") == "send"
    try:
        kept = asking.save(
            application,
            {
                subject.subject: one.cleaned_data["words"]
                for subject, one in points
                if one.cleaned_data["contested"]
            },
            by=viewer(request),
            words=form.cleaned_data["words"],
            files=form.given,
            without=form.taken_off,
            version=_version(request),
        )
    except MoveError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _shown(request, application, refusal, made, form=form, points=points, status=409)
    if not sending:
        messages.success(request, _("Saved. It is not sent yet."))
        return redirect("pipeline:ask_again", application.pk)
    try:
        asking.send(kept, by=viewer(request), version=kept.version)
    except MoveError as error:
        messages.error(request, _("Saved, but not sent: %(why)s") % {"why": error})
        return redirect("pipeline:ask_again", application.pk)
    messages.success(request, _("Sent. You are told as soon as it is answered."))
    return redirect("pipeline:ask_again", application.pk)


def _shown(
    request: HttpRequest,
    application: Application,
    refusal: Move,
    made: Reconsideration | None,
    *,
    form: AskForm | None = None,
    points: Points | None = None,
    status: int = 200,
) -> HttpResponse:
    limit = limits.of(refusal)
    hindrance = limits.hindrance(application, refusal, limit, made)
    offered = subjects.contestable(refusal)
    sent = made is not None and made.status not in {"draft", "lapsed"}
    points = points or ([] if hindrance else point_forms(offered, None, made))
    initial = {"words": made.words if made else ""}
    context = {
        "application": application,
        "way": way(application),
        "refusal": refusal,
        "limit": limit,
        "hindrance": "" if sent else hindrance,
        "case": made,
        "sent": sent,
        "answered": made is not None and made.status in {"upheld", "reopened"},
        "form": form or AskForm(draft=made, initial=initial),
        "against": [pair for pair in points if pair[0].stood_against],
        "others": [pair for pair in points if not pair[0].stood_against],
        "others_used": any(p["contested"].value() for s, p in points if not s.stood_against),
        "contested": contested_of(made, refusal) if made and (sent or hindrance) else [],
        "steps": steps_of(made, to_firm=True) if made and sent else [],
    }
    return render(request, "pipeline/appealing/ask.html", context, status=status)


def contested_of(case: Reconsideration, refusal: Move) -> list[dict[str, Any]]:
    """Return the points contested with what the refusal said on them (复核事项)."""
    labels = subjects.labels_of(refusal)
    return [
        {"point": point, "subject": labels.get(point.subject), "name": point.subject}
        for point in case.points.all()
    ]


def steps_of(case: Reconsideration, *, to_firm: bool) -> list[dict[str, Any]]:
    """Return the steps of a reconsideration; the enterprise reads what concerns it, no names."""
    rows = case.steps.select_related("made_by")
    return [
        {
            "what": noting.label_of(one.name),
            "who": "" if to_firm else one.made_by or "",
            "text": "" if to_firm else one.text,
            "when": one.made_at,
        }
        for one in rows
        if not to_firm or one.name in noting.TO_FIRM
    ]


@require_POST
@login_required
def end(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Throw a draft away, or take back what was sent (删除草稿、撤回)."""
    application = own_application(request, pk)
    refusal = limits.last_refusal(application)
    made = asking.of(refusal) if refusal else None
    if made is None:
        raise Http404
    try:
        if name == "discard":
            asking.discard(made, by=viewer(request))
            messages.success(request, _("The draft is thrown away."))
            return redirect("pipeline:feedback", pk)
        asking.withdraw(made, by=viewer(request))
        messages.success(request, _("The reconsideration is withdrawn."))
    except MoveError as error:
        messages.error(request, str(error))
    return redirect("pipeline:ask_again", pk)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdecimal():
        raise BadRequest(_("The form lacks its version; load the page again."))
    return int(text[:9])
