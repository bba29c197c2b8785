"""Personal extensions: granting one, taking it back (个别延期)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Extension
from cultivation.pipeline.rounds import extending, rights
from cultivation.pipeline.rounds.forms import ExtensionForm, WhyForm
from cultivation.pipeline.views.rounds import has_use_for_rounds, seen_round
from enterprises.accounts.access import seat_required
from enterprises.registry.models import Enterprise
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "POST"])
@seat_required(lambda scope: scope.decide_paths)
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one enterprise come later (办理延期)."""
    round_, user = seen_round(request, pk), viewer(request)
    levels = {
        level
        for region in rights.setting_regions(user, round_)
        for level in rights.settable(user, round_, region)
    }
    if not levels:
        raise PermissionDenied
    form = ExtensionForm(
        request.POST or None,
        levels=[level for level in rights.LEVELS if level in levels],
        initial={"code": request.GET.get("code", "")[:18]},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        enterprise = _enterprise(request, data["code"])
        if enterprise is None:
            form.add_error("code", _("No enterprise in your sight has this code."))
        else:
            try:
                extending.grant(
                    round_,
                    enterprise,
                    data["level"],
                    until=data["until"],
                    reason=data["reason"],
                    by=user,
                )
            except MoveError as error:
                form.add_error(error.field or None, str(error))
            except PermissionDenied as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("%(firm)s may come later.") % {"firm": enterprise.name})
                return redirect("pipeline:round", pk)
    return render(request, "rounds/extend.html", {"round": round_, "form": form})


@require_POST
@seat_required(has_use_for_rounds)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an extension back (撤回延期)."""
    rows = Extension.objects.visible_to(viewer(request))
    found = get_object_or_404(rows, pk=pk)
    form = WhyForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        extending.end(found, by=viewer(request), reason=reason)
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The extension is taken back."))
    return redirect("pipeline:round", found.round_id)


def _enterprise(request: HttpRequest, typed: str) -> Enterprise | None:
    code = "".join(typed.split()).upper()
    rows = Enterprise.objects.visible_to(viewer(request))
    return rows.filter(credit_code=code).first()
