"""Invitations: the list with its numbers, one of them, and what is done with it (邀约)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline import applications, invitations
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filters import InvitationFilter
from cultivation.pipeline.forms import EndForm, FollowerForm
from cultivation.pipeline.models import Application, Invitation
from cultivation.pipeline.views.discovery import reads_by_office
from cultivation.pipeline.views.parts import kept
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Outcome = Invitation.Outcome


@require_GET
@seat_required(reads_by_office)
def listing(request: HttpRequest) -> HttpResponse:
    """Show the invitations in sight and, by region, what came of them (邀约一览)."""
    user = viewer(request)
    rows = Invitation.objects.visible_to(user)
    narrowed = InvitationFilter(request.GET, queryset=rows, request=request)
    page = paging.take(
        narrowed.qs.select_related("enterprise__region", "assigned_to", "application"),
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    region = narrowed.form.cleaned_data.get("region") if narrowed.form.is_valid() else None
    context = {
        "filter": narrowed,
        "page": page,
        "today": timezone.localdate(),
        "tallies": invitations.tallies(
            narrowed.qs, region.path if region else min(user.scope.paths, key=len)
        ),
        "searched": bool(kept(request.GET)),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/invitations.html", context)


@require_GET
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one invitation to the offices and to the enterprise that was invited (邀约详情)."""
    return _shown(request, _seen(request, pk))


@require_POST
@login_required
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an invitation to an officer who follows it up (指派)."""
    found, user = _seen(request, pk), viewer(request)
    path = found.enterprise.region_path
    if not invitations.may_invite(user, path):
        raise PermissionDenied
    form = FollowerForm(request.POST, followers=invitations.followers(user, path))
    if not form.is_valid():
        return _shown(request, found, follower=form, status=400)
    try:
        to = form.cleaned_data["assigned_to"]
        invitations.assign(found, to, by=user, version=_version(request))
    except MoveError as error:
        return _refused(request, pk, error)
    messages.success(request, _("Kept."))
    return redirect("pipeline:invitation", pk)


@require_POST
@login_required
def end(request: HttpRequest, pk: int, outcome: str) -> HttpResponse:
    """Decline an invitation as the enterprise, or withdraw it as the office."""
    found, form = _seen(request, pk), EndForm(request.POST)
    if not form.is_valid():
        _permit(request, found, outcome)
        return _shown(request, found, end=form, status=400)
    try:
        invitations.end(
            found,
            outcome,
            by=viewer(request),
            reason=form.cleaned_data["reason"],
            version=_version(request),
        )
    except MoveError as error:
        return _refused(request, pk, error)
    messages.success(
        request, _("The invitation is %(outcome)s.") % {"outcome": Outcome(outcome).label}
    )
    return redirect("pipeline:invitation", pk)


def _permit(request: HttpRequest, found: Invitation, outcome: str) -> None:
    """Refuse a stranger's form before anything is said of its content."""
    user = viewer(request)
    own = found.enterprise_id in user.scope.enterprises
    office = invitations.may_invite(user, found.enterprise.region_path)
    if not (own if outcome == Outcome.DECLINED else office and not own):
        raise PermissionDenied


def _seen(request: HttpRequest, pk: int) -> Invitation:
    rows = Invitation.objects.visible_to(viewer(request)).select_related(
        "enterprise__region", "edition", "invited_by", "assigned_to", "ended_by", "application"
    )
    found: Invitation = get_object_or_404(rows, pk=pk)
    return found


def _version(request: HttpRequest) -> int:
    try:
        return int(request.POST.get("version", ""))
    except ValueError as error:
        raise BadRequest(_("The form lacks its version; load the page again.")) from error


def _refused(request: HttpRequest, pk: int, error: MoveError) -> HttpResponse:
    messages.error(request, str(error))
    return _shown(request, _seen(request, pk), status=409)


def _shown(
    request: HttpRequest,
    found: Invitation,
    *,
    follower: FollowerForm | None = None,
    end: EndForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, enterprise = viewer(request), found.enterprise
    own = enterprise.pk in user.scope.enterprises
    is_open = found.outcome == Outcome.OPEN
    acts = invitations.may_invite(user, enterprise.region_path) and not own and is_open
    seen = Application.objects.visible_to(user).filter(pk=found.application_id)
    context = {
        "invitation": found,
        "enterprise": enterprise,
        "own": own,
        "acts": acts,
        "late": is_open and found.due_on is not None and found.due_on < timezone.localdate(),
        "application": seen.first(),
        "begun": found.application is not None,
        "hindrance": applications.hindrance(
            enterprise, found.tier, kind=Application.Kind.RECOGNITION
        )
        if own and is_open
        else "",
        "follower": follower
        or FollowerForm(
            initial={"assigned_to": found.assigned_to_id},
            followers=invitations.followers(user, enterprise.region_path),
        )
        if acts
        else None,
        "end": (end or EndForm()) if is_open and (own or acts) else None,
        "end_as": Outcome.DECLINED if own else Outcome.WITHDRAWN,
    }
    return render(request, "pipeline/invitation.html", context, status=status)
