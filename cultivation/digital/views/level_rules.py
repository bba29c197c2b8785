"""The thresholds of the levels, version by version; a new one issued (定级规则)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cultivation.digital.assessing import rules
from cultivation.digital.forms import LevelRuleForm
from enterprises.registry.views.gate import refusals, viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "POST"])
@login_required
def level_rules(request: HttpRequest) -> HttpResponse:
    """Show all versions with source and state; deciding officers of the nation issue one."""
    user = viewer(request)
    may_issue = rules.may_issue(user)
    if request.method == "POST" and not may_issue:
        raise PermissionDenied
    form = LevelRuleForm(request.POST or None) if may_issue else None
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data
        with refusals(form):
            made = rules.issue(
                data["index_version"],
                form.thresholds(),
                in_force_from=data["in_force_from"],
                source=data["source"],
                verified=data["verified"],
                by=user,
            )
            messages.success(request, _("Version %(rule)s is issued.") % {"rule": made})
            return redirect("digital:level_rules")
    shown = [(rule, rules.levels_of(rule, rule.index_version)) for rule in reversed(rules.every())]
    return render(request, "digital/level_rules.html", {"rules": shown, "form": form})
