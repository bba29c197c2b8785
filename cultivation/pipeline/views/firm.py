"""An enterprise's applications, its stage and how it came there (企业的申报)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline import applications, titles
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Invitation, StageChange
from cultivation.pipeline.rounds import choosing, telling
from cultivation.pipeline.views.parts import state_of
from cultivation.standards.models import Assessment
from enterprises.registry.models import Tier, Title
from enterprises.registry.views.gate import seen_enterprise, viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.registry.models import Enterprise


@require_GET
@login_required
def of_enterprise(request: HttpRequest, pk: int) -> HttpResponse:
    """Show stage, titles and applications of an enterprise, and what it may apply for."""
    user, enterprise = viewer(request), seen_enterprise(request, pk)
    own = enterprise.pk in user.scope.enterprises
    rows = Application.objects.visible_to(user).filter(enterprise=enterprise)
    drafts = Application.objects.drafts_in_sight_of(user).filter(enterprise=enterprise)
    changes = StageChange.objects.visible_to(user).filter(enterprise=enterprise)
    invitations = Invitation.objects.visible_to(user).filter(enterprise=enterprise)
    asked = list(invitations.select_related("edition"))
    context = {
        "enterprise": enterprise,
        "own": own,
        "invited": [one for one in asked if own and one.outcome == Invitation.Outcome.OPEN],
        "invitations": [] if own else asked,
        "applications": rows.select_related("edition", "title"),
        "drafts": [] if own else drafts,
        "titles": [
            (title, *state_of(title))
            for title in Title.objects.visible_to(user).filter(enterprise=enterprise)
        ],
        "changes": [_change_item(change) for change in changes[:50]],
        "offers": _offers(enterprise) if own else [],
        "may_enter_title": any(titles.may_decide(enterprise, tier, user) for tier in Tier.values),
    }
    return render(request, "pipeline/of_enterprise.html", context)


@require_POST
@login_required
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin an application for a tier and open its form."""
    enterprise = seen_enterprise(request, pk)
    tier = request.POST.get("tier", "")
    if tier not in Tier.values:
        raise BadRequest(_("There is no such tier."))
    kind = applications.kind_for(enterprise, tier)
    try:
        application = applications.begin(enterprise, tier, kind=kind, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
        return redirect("pipeline:of_enterprise", pk)
    return redirect("pipeline:form", application.pk)


def _offers(enterprise: Enterprise) -> list[dict[str, Any]]:
    latest = {
        (one.edition.tier, one.kind): one
        for one in Assessment.objects.filter(enterprise=enterprise)
        .select_related("edition")
        .order_by("edition__in_force")
    }
    offers, reach, now = [], choosing.reach_of(enterprise), timezone.now()
    for tier in applications.tiers_that_make_sense(enterprise):
        kind = applications.kind_for(enterprise, tier)
        entry = reach.intake(tier, kind, at=now, grace=False).entry
        offers.append(
            {
                "tier": tier,
                "label": Tier(tier).label,
                "kind": Application.Kind(kind).label,
                "hindrance": applications.hindrance(enterprise, tier, kind=kind, reach=reach),
                "round": entry.round if entry else None,
                "line": telling.Line(entry.span, now) if entry else None,
                "assessment": latest.get((tier, kind)),
            }
        )
    return offers


def _change_item(change: StageChange) -> dict[str, Any]:
    up = Tier.values.index(change.tier_after) if change.tier_after else -1
    down = Tier.values.index(change.tier_before) if change.tier_before else -1
    return {
        "what": f"{change.get_stage_before_display()} → {change.get_stage_after_display()}"
        if change.stage_before != change.stage_after
        else change.get_stage_after_display(),
        "who": change.get_tier_after_display() if change.tier_after else _("no title"),
        "text": change.cause,
        "when": change.effective_on,
        "tone": "good" if up > down else "warn",
    }
