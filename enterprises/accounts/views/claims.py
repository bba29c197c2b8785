"""Pages of claiming and of answering claims (认领页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from enterprises.accounts import claims
from enterprises.accounts.access import seat_required
from enterprises.accounts.forms import AnswerForm, ClaimForm
from enterprises.accounts.models import Claim

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

PAGE = 25


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Take a claim on an enterprise, and show what became of earlier ones (认领企业)."""
    user = cast("User", request.user)
    if not claims.may_claim(user):
        raise PermissionDenied(_("Offices, experts and auditors do not claim enterprises."))
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _claim, new = claims.file(user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if new:
                messages.success(
                    request, _("Your claim is with the office; the answer shows here.")
                )
            return redirect("accounts:claim")
    own = Claim.objects.filter(user=user).select_related("enterprise")[:PAGE]
    return render(request, "accounts/claim.html", {"form": form, "claims": own})


@seat_required(lambda scope: scope.is_office or scope.is_auditor)
@require_safe
def claim_list(request: HttpRequest) -> HttpResponse:
    """List claims, open ones unless asked otherwise (认领审批)."""
    status = request.GET.get("status", Claim.Status.OPEN)
    rows = Claim.objects.visible_to(cast("User", request.user))
    if status in Claim.Status.values:
        rows = rows.filter(status=status)
    rows = rows.select_related("user", "enterprise__region", "decided_by")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    tabs = [*Claim.Status.choices, ("all", _("all"))]
    context = {"page": page, "status": status, "tabs": tabs, "base": f"?status={status}&"}
    return render(request, "accounts/claims.html", context)


@seat_required(lambda scope: scope.is_office or scope.is_auditor)
@require_http_methods(["GET", "HEAD", "POST"])
def claim_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a claim, and take the office's answer to it (审批认领)."""
    user = cast("User", request.user)
    rows = Claim.objects.visible_to(user).select_related("user", "enterprise__region", "decided_by")
    subject = get_object_or_404(rows, pk=pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _answer(subject, user, **form.cleaned_data)
        except ValidationError as error:
            if subject.status != Claim.Status.OPEN:  # somebody was quicker: there is no form
                messages.error(request, " ".join(error.messages))
                return redirect("accounts:claim_decide", pk=pk)
            form.add_error(None, error)
        else:
            messages.success(request, _("The claim is answered."))
            return redirect("accounts:claims")
    may = subject.status == Claim.Status.OPEN and claims.may_answer(subject, user)
    context = {"claim": subject, "form": form if may else None}
    return render(request, "accounts/claim_decide.html", context)


def _answer(subject: Claim, user: User, *, decision: str, reason: str) -> None:
    if decision == "refuse":
        claims.refuse(subject, by=user, reason=reason)
    else:
        claims.approve(subject, by=user, role=decision, reason=reason)
