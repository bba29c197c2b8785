"""Pending decisions listed and counted, and their release together (待发布与集中发布)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Ending, Proposal, Release
from cultivation.pipeline.releasing import looking, proposing, sets
from cultivation.pipeline.releasing.filters import PendingFilter
from cultivation.pipeline.releasing.forms import ConfirmForm
from cultivation.pipeline.views.parts import narrowed_by, neighbour_of, ticked
from cultivation.pipeline.views.proposals import decides
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

PAGE = 50


def reads(scope: Scope) -> bool:
    """Tell whether a scope reads pending decisions: offices that decide, and auditors."""
    return scope.is_auditor or any(level in proposing.LEVELS for _path, level in scope.offices)


@require_GET
@seat_required(reads)
def pending(request: HttpRequest) -> HttpResponse:
    """Show the pending decisions with what stands in their way, counted by verdict and region."""
    user = viewer(request)
    narrowed = _narrowed(request, request.GET)
    page = paging.take(
        _shown(narrowed.qs),
        sort="pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    lines, verdicts = looking.counted(narrowed.qs, level=user.scope.level or "nation")
    endings = Ending.objects.visible_to(user).open()
    context = {
        "filter": narrowed,
        "page": page,
        "rows": _rows(page.rows, user),
        "lines": lines,
        "verdicts": _labels(verdicts),
        "endings": endings.select_related("title__enterprise", "proposed_by")[:PAGE],
        "kept": _filters(request.GET).items(),
        "may_release": decides(user.scope),
        "most": proposing.MOST,
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "pipeline/releasing/pending.html", context)


@require_POST
@seat_required(decides)
def prepare(request: HttpRequest) -> HttpResponse:
    """Put the proposals ticked, or all that fit, into a release to look at (备发)."""
    chosen = _chosen(request)
    back = f"{reverse('pipeline:pending')}?{_filters(request.POST).urlencode()}"
    if not chosen:
        messages.error(request, _("No decision was chosen; tick those to release."))
        return redirect(back)
    if len(chosen) > proposing.MOST:
        text = _("At most %(most)s at a time.") % {"most": f"{proposing.MOST:,}"}
        messages.error(request, text)
        return redirect(back)
    try:
        made, left_out = sets.prepare(chosen, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
        return redirect(back)
    if left_out:
        text = ngettext(
            "%(number)s was left out: proposed by yourself, or not yours to decide.",
            "%(number)s were left out: proposed by yourself, or not yours to decide.",
            left_out,
        )
        messages.warning(request, text % {"number": left_out})
    return redirect("pipeline:release", made.pk)


@require_GET
@seat_required(reads)
def releases(request: HttpRequest) -> HttpResponse:
    """List the releases in sight, newest first (发布记录)."""
    rows = Release.objects.visible_to(viewer(request)).select_related("made_by", "run")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "pipeline/releasing/releases.html", {"page": page})


@require_http_methods(["GET", "POST"])
@seat_required(reads)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a release; who prepared it confirms it, its number typed once more (确认发布)."""
    found, user = _seen(request, pk), viewer(request)
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sets.confirm(found, by=user, count=data["count"], due_at=data["due"])
        except MoveError as error:
            form.add_error(error.field or None, str(error))
            found = _seen(request, pk)  # it may have gone out meanwhile
            if found.state != Release.State.PREPARED:
                messages.error(request, str(error))
        else:
            text = _("The release is scheduled.") if data["due"] else _("The release has begun.")
            messages.success(request, text)
            return redirect("pipeline:release", pk)
    rows = found.proposals.all()
    if found.state == Release.State.PREPARED:
        rows = rows.filter(state=Proposal.State.PENDING)
    page = Paginator(_shown(rows).order_by("pk"), PAGE).get_page(request.GET.get("page"))
    lines, verdicts = looking.counted(rows, level=found.level)
    mine = found.made_by_id == user.pk and sets.may_handle(found, user)
    context = {
        "release": found,
        "form": form if mine and found.state == Release.State.PREPARED else None,
        "page": page,
        "rows": _rows(list(page.object_list), user, hindered=found.state != Release.State.DONE),
        "lines": lines,
        "verdicts": _labels(verdicts),
        "state": looking.state_of(rows),
        "stopped": sets.stopped(found),
        "may_handle": sets.may_handle(found, user),
    }
    status = 400 if form.errors else 200
    return render(request, "pipeline/releasing/release.html", context, status=status)


@require_POST
@seat_required(decides)
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at every decision of a release: what stands in the way, judged again (核查)."""
    found = _seen(request, pk)
    if not sets.may_handle(found, viewer(request)):
        raise PermissionDenied
    run = sets.look(found, by=viewer(request))
    if run is not None:
        return redirect("jobs:detail", run.pk)
    return redirect("pipeline:release", pk)


def handled(work: Callable[..., None], said: Any) -> Callable[..., HttpResponseBase]:
    """Return a page that does something with a release and leads back to it."""

    @require_POST
    @seat_required(decides)
    def page(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            work(_seen(request, pk), by=viewer(request))
        except MoveError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, str(said))
        return redirect("pipeline:release", pk)

    return page


HANDLED = (
    ("cancel", "cancel", sets.cancel, gettext_lazy("The release is called off.")),
    ("resume", "resume", sets.resume, gettext_lazy("The release goes on.")),
    ("give-up", "give_up", sets.give_up, gettext_lazy("The release is ended.")),
)


def _seen(request: HttpRequest, pk: int) -> Release:
    rows = Release.objects.visible_to(viewer(request)).select_related("made_by", "run")
    found: Release = get_object_or_404(rows, pk=pk)
    return found


def _filters(data: QueryDict) -> QueryDict:
    return narrowed_by(data, ("q", "tier", "region", "verdict", "whose", "way"))


def _narrowed(request: HttpRequest, data: QueryDict) -> PendingFilter:
    rows = Proposal.objects.visible_to(viewer(request)).open()
    return PendingFilter(data, queryset=rows, request=request)


def _shown(rows: Any) -> Any:
    return rows.select_related("application__enterprise__region", "proposed_by", "release")


def _rows(proposals: Sequence[Proposal], user: User, *, hindered: bool = True) -> list[Any]:
    """Return proposals with what stands in their way now, and whether they are the user's."""
    some = [one for one in proposals if one.is_open] if hindered else []
    said = looking.hindrances(some) if some else {}
    return [
        {
            "proposal": one,
            "hindrance": said.get(one.pk, one.hindrance),
            "mine": one.proposed_by_id == user.pk,
            "may_tick": one.state == Proposal.State.PENDING and one.proposed_by_id != user.pk,
        }
        for one in proposals
    ]


def _labels(verdicts: Iterable[str]) -> list[str]:
    return [str(Proposal.Verdict(one).label) for one in verdicts]


def _chosen(request: HttpRequest) -> list[int]:
    """Return the proposals ticked, or all that fit the filters and others made."""
    if request.POST.get("every"):
        rows = _narrowed(request, request.POST).qs.exclude(proposed_by=viewer(request))
        rows = rows.filter(state=Proposal.State.PENDING).order_by("pk")
        return list(rows.values_list("pk", flat=True)[: proposing.MOST + 1])
    try:
        return ticked(request.POST, most=proposing.MOST + 1)
    except ValueError as error:
        raise BadRequest(_("A row that was ticked cannot be read; load the list again.")) from error
