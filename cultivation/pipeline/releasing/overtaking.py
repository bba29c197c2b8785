"""A step that is taken while a decision is pending lays the proposal aside, with words (搁置拟办).

Of a case that is handed over nothing proposed by the old office takes effect, also where the same
office goes on with it at the new place: what it was proposed on is no longer so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.pipeline.models import Handover, Proposal
from enterprises.audit import recording
from enterprises.notifications.addressees import officers_of
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import notify
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from cultivation.pipeline.models import Move
    from cultivation.pipeline.moves import Step
    from enterprises.accounts.models import User

LAID_ASIDE = "proposal_laid_aside"


def _in_words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **params,
        "tier": Tier(params["tier"]).label,
        "verdict": Proposal.Verdict(params["verdict"]).label,
    }


register(
    Kind(
        LAID_ASIDE,
        gettext_lazy("A proposed decision was laid aside"),
        gettext_lazy(
            "%(enterprise)s, %(tier)s: “%(verdict)s” was proposed and takes no effect. %(why)s"
        ),
        audience="office",
        words=_in_words,
    )
)


def lay_aside(step: Step, made: Sequence[Move], *, kept: Sequence[int], by: User | None) -> None:
    """Let open proposals lapse on what moved without them, tell who proposed and who has it now."""
    moves = {move.application_id: move for move in made}
    rows = Proposal.objects.open().filter(application__in=list(moves)).exclude(pk__in=kept)
    overtaken = list(rows.select_related("proposed_by", "release__made_by"))
    for proposal in overtaken:
        move = moves[proposal.application_id]
        proposal.application = move.application
        proposal.state, proposal.ended_at = Proposal.State.LAPSED, timezone.now()
        proposal.hindrance = _why(step, move)
        proposal.save(update_fields=["state", "ended_at", "hindrance"])
        _tell(proposal, move, by)
    _note(overtaken, by)


def _why(step: Step, move: Move) -> str:
    if move.name == "hand_over":
        return _("The case was handed over to %(region)s; decide on it anew there.") % {
            "region": move.application.enterprise.region
        }
    return _("“%(move)s” was taken meanwhile.") % {"move": step.label}


def _tell(proposal: Proposal, move: Move, by: User | None) -> None:
    application = move.application
    people = [proposal.proposed_by]
    if proposal.release is not None:
        people.append(proposal.release.made_by)
    url = reverse("pipeline:review", args=[application.pk])
    if move.name == "hand_over":
        handed = Handover.objects.get(application=application, version=move.version)
        url = reverse("pipeline:handover", args=[handed.pk])
        level = move.target.removeprefix("at_")
        if level != move.target:
            people += officers_of(application.region_path, level)
    notify(
        [user for user in people if by is None or user.pk != by.pk],
        LAID_ASIDE,
        key=f"proposal:{proposal.pk}:laid_aside",
        url=url,
        params={
            "enterprise": application.enterprise.name,
            "tier": application.tier,
            "verdict": proposal.verdict,
            "why": proposal.hindrance,
        },
        enterprise_id=application.enterprise_id,
        region_path=application.region_path,
    )


def _note(proposals: Sequence[Proposal], by: User | None) -> None:
    recording.note_many(
        (
            recording.Deed(
                action="proposal.laid_aside",
                subject=one.application,
                after={"proposal": one.pk, "verdict": one.verdict, "version": one.version},
                reason=one.hindrance,
                enterprise_id=one.application.enterprise_id,
                region_path=one.application.region_path,
            )
            for one in proposals
        ),
        by=by,
    )
