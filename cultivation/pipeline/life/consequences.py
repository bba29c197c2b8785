"""What missing a duty leads to: of itself where the clause is sure, else decided (后果)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Consequence
from cultivation.pipeline.stages import LADDER
from enterprises.audit.recording import note
from enterprises.notifications.addressees import officers_of, staff_of
from enterprises.notifications.notifying import notify
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from cultivation.pipeline.life.duties import Duty
    from enterprises.accounts.models import User

State, Kind = Consequence.State, Consequence.Kind


def follow(title: Title, duty: Duty, *, cause: str) -> Consequence:
    """Write down what a missed duty leads to for a title, once, and tell whom it concerns."""
    state = State.APPLIED if duty.of_itself else State.PROPOSED
    made, new = Consequence.objects.get_or_create(
        title=title,
        cause=cause,
        kind=duty.then,
        defaults={
            "enterprise_id": title.enterprise_id,
            "state": state,
            "rule": duty.rule,
            "clause": duty.clause,
            "confidence": duty.confidence,
        },
    )
    if new:
        _told(made, title)
    return made


@transaction.atomic
def decide(consequence: Consequence, *, apply: bool, by: User, reason: str) -> Consequence:
    """Apply or waive a consequence, with the reason; one in force may still be waived (处理)."""
    locked: Consequence = (
        Consequence.objects.select_for_update(of=("self",))
        .select_related("title__enterprise")
        .get(pk=consequence.pk)
    )
    if not may_decide(locked, by):
        raise PermissionDenied(_("Only the office that recognises this title may do that."))
    if not reason.strip():
        raise MoveError(_("A reason is owed."), field="reason")
    wanted = State.APPLIED if apply else State.WAIVED
    if locked.state in {wanted, State.WAIVED}:
        raise MoveError(_("This is %(state)s already.") % {"state": locked.get_state_display()})
    before = locked.state
    locked.state, locked.reason = wanted, reason.strip()
    locked.decided_by, locked.decided_at = by, timezone.now()
    locked.save()
    note(
        "consequence.decide",
        locked,
        by=by,
        before={"state": before},
        after={"state": wanted, "kind": locked.kind, "title": locked.title.number},
        reason=reason.strip(),
        enterprise_id=locked.enterprise_id,
        region_path=locked.title.enterprise.region_path,
    )
    _told(locked, locked.title)
    return locked


def may_decide(consequence: Consequence, user: User) -> bool:
    """Tell whether a user's office decides on the title, and holds no seat in the firm."""
    title = consequence.title
    if title.enterprise_id in user.scope.enterprises:
        return False
    level = LADDER[Tier(title.tier)].decided_at
    return user.scope.may_decide(title.enterprise.region_path, level)


def recheck_lost(title: Title) -> Consequence | None:
    """Return what took the right to a re-check of a title, if it is in force (失去复核资格)."""
    return Consequence.objects.filter(
        title=title, kind=Kind.RECHECK_LOST, state=State.APPLIED
    ).first()


def _told(made: Consequence, title: Title) -> None:
    params, firm = {"title": title.number}, made.enterprise_id
    notify(
        staff_of(firm),
        f"consequence_{made.state}",
        key=f"consequence:{made.pk}:{made.state}",
        url=f"/enterprises/{firm}/life/",
        params=params,
        enterprise_id=firm,
    )
    if made.state == State.PROPOSED:
        level = LADDER[Tier(title.tier)].decided_at
        path = title.enterprise.region_path
        notify(
            officers_of(path, level, right="may_decide"),
            "consequence_to_decide",
            key=f"consequence:{made.pk}:to_decide",
            url=f"/consequences/{made.pk}/",
            params=params,
            enterprise_id=firm,
        )
