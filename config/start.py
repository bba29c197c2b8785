"""The start page: for everybody what waits for them (首页)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config import standing, waiting
from cultivation.pipeline.panels import reading
from cultivation.standards import drafting
from enterprises.accounts.models import Claim

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User


@login_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Show what waits for the one signed in; a stranger is led to the sign-in page."""
    user = cast("User", request.user)
    scope = user.scope
    context: dict[str, Any] = {"newcomer": not (scope.paths or scope.enterprises or scope.expert)}
    if scope.paths:
        context |= _of_region(user)
        context["drifted"] = waiting.drifted(user)
    if scope.is_office:
        context |= _of_office(user)
    if scope.expert:
        context["reviews"] = reading.progress(user)
    if scope.is_auditor:
        context["readings"] = waiting.readings(user)
    if scope.enterprises and not scope.is_office:
        context["firms"] = standing.of(user)
    if context["newcomer"]:
        context["claims"] = Claim.objects.filter(user=user).select_related("enterprise")[:5]
    return render(request, "start.html", context)


def _of_region(user: User) -> dict[str, Any]:
    region = waiting.region_of(user.scope)
    return {
        "region": region,
        "ladder": waiting.ladder(user),
        "coverage": waiting.coverage_of(region) if region else [],
        "runs": waiting.runs(user),
    }


def _of_office(user: User) -> dict[str, Any]:
    return {
        "applications": waiting.applications(user),
        "open_claims": waiting.claims(user),
        "alerts": waiting.alerts(user),
        "drafts": waiting.drafts(user) if drafting.may_draft(user.scope) else None,
        "imports": waiting.imports(user) if user.scope.register_paths else [],
    }
