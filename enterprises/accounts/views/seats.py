"""Pages of seats: who sits where, granting, ending (岗位页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from enterprises.accounts import seats
from enterprises.accounts.access import seat_required
from enterprises.accounts.forms import EndForm, GrantForm
from enterprises.accounts.models import Seat, SeatChange

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

PAGE = 50


def _sees_seats(scope: Scope) -> bool:
    return bool(scope.is_office or scope.is_auditor or scope.owned)


@seat_required(_sees_seats)
@require_safe
def seat_list(request: HttpRequest) -> HttpResponse:
    """List the seats in sight, by role, in force or ended, and by name (岗位)."""
    user = cast("User", request.user)
    rows = Seat.objects.visible_to(user).select_related("user", "region", "enterprise")
    role, name = request.GET.get("role", ""), request.GET.get("q", "").strip()
    ended = request.GET.get("ended") == "1"
    rows = rows.filter(active=not ended)
    if role in Seat.Role.values:
        rows = rows.filter(role=role)
    if name:
        rows = rows.filter(
            Q(user__username__icontains=name)
            | Q(user__display_name__icontains=name)
            | Q(enterprise__name__icontains=name)
        )
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    for seat in page:
        mine = seat.user_id == user.pk
        seat.may_end = not mine and seats.may_grant(
            user, seat.role, region=seat.region, enterprise=seat.enterprise
        )
    context = {
        "page": page,
        "roles": Seat.Role.choices,
        "role": role,
        "name": name,
        "ended": ended,
        "may_grant": bool(seats.grantable(user)),
    }
    return render(request, "accounts/seats.html", context)


@seat_required(_sees_seats)
@require_http_methods(["GET", "HEAD", "POST"])
def seat_grant(request: HttpRequest) -> HttpResponse:
    """Grant a seat (授予岗位)."""
    user = cast("User", request.user)
    form = GrantForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            seat = seats.grant(
                given["username"],
                given["role"],
                by=user,
                region=given.get("region"),
                enterprise=given["enterprise"],
                rights=frozenset(given.get("rights", ())),
                reason=given["reason"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Seat granted: %(seat)s") % {"seat": seat})
            return redirect("accounts:seats")
    return render(request, "accounts/seat_grant.html", {"form": form})


@seat_required(_sees_seats)
@require_http_methods(["GET", "HEAD", "POST"])
def seat_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a seat with its log, and end it (停用岗位)."""
    user = cast("User", request.user)
    rows = Seat.objects.visible_to(user).select_related("user", "region", "enterprise")
    seat = get_object_or_404(rows, pk=pk)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            seats.end(seat, by=user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            if not seat.active:  # somebody was quicker: there is no form
                messages.error(request, " ".join(error.messages))
                return redirect("accounts:seat", pk=pk)
            form.add_error(None, error)
        else:
            messages.success(request, _("Seat ended: %(seat)s") % {"seat": seat})
            return redirect("accounts:seats")
    allowed = seats.may_grant(user, seat.role, region=seat.region, enterprise=seat.enterprise)
    may = seat.active and seat.user_id != user.pk and allowed
    context = {"seat": seat, "form": form if may else None, "history": _history(seat)}
    return render(request, "accounts/seat.html", context)


def _history(seat: Seat) -> list[dict[str, object]]:
    return [
        {
            "what": change.get_action_display(),
            "when": change.made_at,
            "who": change.made_by,
            "text": change.reason,
            "tone": "good" if change.action == SeatChange.Action.GRANTED else "bad",
        }
        for change in seat.changes.select_related("made_by")
    ]
