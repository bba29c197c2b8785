"""The docket of reconsiderations for those who handle them (复核办理)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline.appealing import deciding, handlers, limits
from cultivation.pipeline.appealing.filters import ReconsiderationFilter
from cultivation.pipeline.appealing.forms import ReasonForm, ReplyForm, answer_forms
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Reconsideration
from cultivation.pipeline.views.appeals import contested_of, steps_of
from cultivation.pipeline.views.parts import neighbour_of, way
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.appealing.forms import AnswerForm
    from cultivation.pipeline.models import ContestedPoint
    from enterprises.accounts.models import User

readers_only = seat_required(lambda scope: scope.is_office or scope.is_auditor)
Answers = list[tuple["ContestedPoint", "AnswerForm"]]


@require_GET
@readers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the reconsiderations in sight, those due first on top (复核清单)."""
    user, data = viewer(request), request.GET.copy()
    data.setdefault("show", "open")
    rows = Reconsideration.objects.visible_to(user).asked()
    narrowed = ReconsiderationFilter(data, queryset=rows, request=request)
    page = paging.take(
        narrowed.qs.select_related("enterprise__region", "application", "handler").defer("words"),
        sort="reply_due",
        after=data.get("after", ""),
        before=data.get("before", ""),
    )
    context = {
        "filter": narrowed,
        "page": page,
        "today": timezone.localdate(),
        "waiting": Reconsideration.objects.visible_to(user).waiting_for(user).count(),
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "pipeline/appealing/docket.html", context)


@require_GET
@readers_only
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one reconsideration and what the viewer may do now."""
    return _shown(request, _seen(request, pk))


@require_POST
@readers_only
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a step in handling a reconsideration; say why where it is not possible."""
    if name not in DOING:
        raise Http404
    found, user = _seen(request, pk), viewer(request)
    reason = ReasonForm(request.POST, prefix=name)
    reply = ReplyForm(request.POST)
    answers = answer_forms(found.points.all(), request.POST)
    checked = [reason] if name in REASONED else [reply, *(one for _p, one in answers)]
    deciding_now = name in DECIDING
    bound: dict[str, Any] = {"reply": reply, "answers": answers} if deciding_now else {}
    if name in REASONED:
        bound = {name: reason}
    wrong = [one for one in checked if not one.is_valid()]
    if (deciding_now or name in REASONED) and wrong:
        return _shown(request, found, bound=bound, status=400)
    try:
        DOING[name](found, user, _said(name, reason, reply, answers), _version(request))
    except MoveError as error:
        form = reply if deciding_now else reason
        if name in REASONED or deciding_now:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.error(request, str(error))
        return _shown(request, _seen(request, pk), bound=bound, status=409)
    messages.success(request, _("Noted."))
    return redirect("pipeline:reconsideration", pk)


def _said(name: str, reason: ReasonForm, reply: ReplyForm, answers: Answers) -> dict[str, Any]:
    """Return what was typed for a step."""
    if name in REASONED:
        return {"reason": reason.cleaned_data["reason"]}
    if name not in DECIDING:
        return {}
    return {
        "reply": reply.cleaned_data["reply"],
        "answers": {point.subject: form.cleaned_data["answer"] for point, form in answers},
        "founded": {point.subject: form.cleaned_data["founded"] for point, form in answers},
    }


def _uphold(found: Reconsideration, user: User, data: dict[str, Any], version: int) -> None:
    if any(data["founded"].values()):
        raise MoveError(_("A point is founded: propose to reopen, or say that none is."))
    deciding.uphold(found, data["answers"], by=user, reply=data["reply"], version=version)


REASONED = ("recuse", "send_back")
DECIDING = ("uphold", "reopen")
DOING: dict[str, Callable[[Reconsideration, User, dict[str, Any], int], Any]] = {
    "take": lambda found, user, _data, version: deciding.take(found, by=user, version=version),
    "recuse": lambda found, user, data, _version: deciding.recuse(found, by=user, **data),
    "uphold": _uphold,
    "reopen": lambda found, user, data, version: deciding.propose(
        found, by=user, version=version, **data
    ),
    "send_back": lambda found, user, data, version: deciding.send_back(
        found, by=user, version=version, **data
    ),
    "confirm": lambda found, user, _data, version: deciding.confirm(
        found, by=user, version=version
    ),
}


def _seen(request: HttpRequest, pk: int) -> Reconsideration:
    rows = (
        Reconsideration.objects.visible_to(viewer(request))
        .asked()
        .select_related(
            "enterprise__region",
            "application__enterprise__region",
            "refusal__judgement__edition",
            "handler",
            "decided_by",
            "confirmed_by",
            "move",
        )
    )
    found: Reconsideration = get_object_or_404(rows, pk=pk)
    return found


def _shown(
    request: HttpRequest,
    case: Reconsideration,
    *,
    bound: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    user, bound = viewer(request), bound or {}
    if case.enterprise_id in user.scope.enterprises:
        raise Http404  # reads it as the enterprise does
    entitled = handlers.entitled(case, user)
    conflicts = handlers.conflicts(case, user) if entitled else []
    mine = case.handler_id == user.pk and case.status == Reconsideration.Status.EXAMINED
    answers = bound.get("answers") or (answer_forms(case.points.all(), None) if mine else [])
    forms_by_subject = {point.subject: form for point, form in answers} if mine else {}
    context = {
        "case": case,
        "application": case.application,
        "way": way(case.application),
        "contested": [
            one | {"form": forms_by_subject.get(one["name"])}
            for one in contested_of(case, case.refusal)
        ],
        "documents": case.documents.order_by("pk"),
        "steps": steps_of(case, to_firm=False),
        "days": limits.allowance(),
        "conflicts": conflicts if case.is_open else [],
        "may_take": entitled
        and not conflicts
        and case.is_open
        and case.handler_id != user.pk
        and (case.handler_id is None or case.is_late),
        "mine": mine,
        "may_confirm": deciding.may_confirm(case, user),
        "may_recuse": entitled and case.is_open,
        "reply": bound.get("reply") or ReplyForm(initial={"reply": case.reply}),
        "recuse": bound.get("recuse")
        or ReasonForm(prefix="recuse", label=_("Conflict of interest")),
        "send_back": bound.get("send_back")
        or ReasonForm(prefix="send_back", label=_("Why it is not confirmed")),
    }
    return render(request, "pipeline/appealing/case.html", context, status=status)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdecimal():
        raise BadRequest(_("The form lacks its version; load the page again."))
    return int(text[:9])
