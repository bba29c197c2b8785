"""Steps of a draft: try, propose, approve, send back, give up, bring back, take away (草案办理)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cultivation.standards import draft_pages as pages
from cultivation.standards import drafting, trials
from cultivation.standards.draft_checks import check
from cultivation.standards.draft_forms import ApproveForm, ReasonForm
from cultivation.standards.views.drafts import seen
from enterprises.accounts.access import seat_required
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from cultivation.standards.models import Draft
    from enterprises.accounts.models import User

STEPS: dict[str, tuple[Callable[..., Any], Any]] = {
    "propose": (drafting.propose, lambda: _("The draft waits for a second person.")),
    "send-back": (drafting.send_back, lambda: _("The draft is sent back to its writers.")),
    "withdraw": (drafting.withdraw, lambda: _("The draft is withdrawn.")),
}


@require_POST
@seat_required(drafting.may_draft)
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a step that may need a reason; a refusal is said on the draft's page (办理)."""
    draft, user = seen(request, pk), cast("User", request.user)
    take, done = STEPS[name]
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(e) for rows in form.errors.values() for e in rows))
        return redirect("standards:draft", pk=pk)
    try:
        take(draft, by=user, **form.cleaned_data)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        back = "approve" if name == "send-back" else "draft"
        return redirect("standards:draft_approve" if back == "approve" else "standards:draft", pk)
    messages.success(request, done())
    return redirect("standards:draft", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@seat_required(drafting.may_draft)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a proposed draft to a second person, and publish it (审批)."""
    draft, user = seen(request, pk), cast("User", request.user)
    waiting = draft.status == draft.Status.PROPOSED
    second = drafting.is_second(draft, user)
    if request.method == "POST" and not second:
        raise PermissionDenied(
            _("Somebody who wrote a part of it does not approve it. Ask a colleague.")
        )
    form = ApproveForm(
        request.POST or None, code=draft.code, initial={"seen": drafting.digest(draft)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            edition = drafting.approve(
                draft, by=user, seen=form.cleaned_data["seen"], reason=form.cleaned_data["reason"]
            )
        except StaleError:
            messages.error(
                request,
                _("The draft was changed since you opened it; nothing is published. Read it anew."),
            )
            return redirect("standards:draft_approve", pk=pk)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The edition is published."))
            return redirect("standards:edition", code=edition.code)
    return _page(request, draft, form if waiting and second else None)


def _page(request: HttpRequest, draft: Draft, form: ApproveForm | None) -> HttpResponse:
    trial = trials.latest(draft)
    context: dict[str, Any] = {
        "draft": draft,
        "tone": pages.STATES[draft.status],
        "form": form,
        "is_waiting": draft.status == draft.Status.PROPOSED,
        "reason": ReasonForm(initial={"version": draft.version}, auto_id="step_%s"),
        "steps": pages.steps(draft.events.select_related("made_by").defer("text", "cases")),
        "trial": trial,
        "trial_rows": trials.rows(trial) if trial and trial.result else [],
    }
    if draft.status in drafting.LIVE:
        context |= pages.checked(check(draft))
    failed = request.method == "POST"
    return render(request, "standards/draft_approve.html", context, status=400 if failed else 200)


@require_POST
@seat_required(drafting.may_draft)
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the draft's kept text on the registry and show the progress (试算)."""
    draft = seen(request, pk)
    try:
        begun = trials.begin(draft, by=cast("User", request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("standards:draft", pk=pk)
    if begun.job is None or not begun.job.is_live:
        return redirect("standards:draft", pk=pk)
    return redirect("jobs:detail", pk=begun.job.pk)


@require_safe
@seat_required(drafting.may_draft)
def event(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """Show the text of one step (历史文本)."""
    draft = seen(request, pk)
    found = get_object_or_404(draft.events.select_related("made_by"), pk=event_pk)
    (said,) = pages.steps([found])
    same = (found.text, found.cases) == (draft.text, draft.cases)
    context = {
        "draft": draft,
        "event": found,
        "step": said,
        "may_restore": pages.is_live(draft) and not same,
    }
    return render(request, "standards/draft_event.html", context)


@require_POST
@seat_required(drafting.may_draft)
def restore(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """Bring the text of an earlier step back (恢复)."""
    draft = seen(request, pk)
    found = get_object_or_404(draft.events, pk=event_pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            drafting.restore(
                draft, found, by=cast("User", request.user), version=form.cleaned_data["version"]
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("The earlier text is the draft's text again."))
    return redirect("standards:draft", pk=pk)


@require_safe
@seat_required(drafting.may_draft)
def download(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Give the text or the cases as a file for the seeds (下载)."""
    draft = seen(request, pk)
    text = draft.cases if part == "cases" else draft.text
    folder = "cases-" if part == "cases" else ""
    name = f"{folder}{draft.code}.toml"
    return HttpResponse(
        text,
        content_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
