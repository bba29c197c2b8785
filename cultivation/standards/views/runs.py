"""Pages of national runs: beginning one, what each changed, for whom (评价运行页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cultivation.standards import sharing
from cultivation.standards.forms import AsOfForm
from enterprises.accounts.access import seat_required

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User


@require_POST
@seat_required(sharing.may_judge)
def judge(request: HttpRequest) -> HttpResponse:
    """Begin a run over the whole registry and show its progress (启动全库评价)."""
    form = AsOfForm.asked(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["on"])))
        return redirect("standards:editions")
    on, user = form.cleaned_data["on"], cast("User", request.user)
    if on != timezone.localdate() and not user.scope.may_decide("", "nation"):
        messages.error(
            request,
            _("Only the nation judges as of another day: the results of all provinces follow it."),
        )
        return redirect("standards:editions")
    run, new = sharing.start(on, whole=bool(request.POST.get("whole")), by=user)
    if not new:
        messages.info(request, _("A run is under way already; this is how far it is."))
    return redirect("jobs:detail", pk=run.pk)
