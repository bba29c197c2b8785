"""Inviting enterprises that were found to qualify, and what comes of it (邀约).

An invitation promises nothing: the application is judged like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import discovery, telling, traces
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Invitation
from cultivation.standards.models import Assessment, Verdict
from enterprises.accounts.models import User
from enterprises.accounts.scope import OFFICES
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from django.db.models import QuerySet

    from cultivation.pipeline.models import Application

Outcome = Invitation.Outcome
MOST = 500  # at a time


@dataclass(frozen=True, slots=True)
class Text:
    """What an invitation says: to the enterprise, among offices, and by when (邀约内容)."""

    message: str = ""
    note: str = ""
    due_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of a wish to invite (邀约结果)."""

    made: list[Invitation]
    left_out: int  # invited, applied or no longer in question meanwhile, or not the user's


def may_invite(user: User, path: str) -> bool:
    """Tell whether a user invites enterprises of a region path: reviewing offices above it."""
    scope = user.scope
    return any(path.startswith(own) for own, _role in (*scope.review_paths, *scope.decide_paths))


@transaction.atomic
def invite(found: Collection[int], *, by: User, text: Text, to: User | None = None) -> Invited:
    """Invite the enterprises of some verdicts, those still in question; all or none (发出邀约).

    `to` is the officer who follows them up. Raises PermissionDenied where the user invites nobody.
    """
    if not (by.scope.review_paths or by.scope.decide_paths):
        raise PermissionDenied(_("Only offices that review applications invite enterprises."))
    if len(found) > MOST:
        raise MoveError(
            _("%(number)s were chosen; at most %(most)s can be invited at a time. Narrow the list.")
            % {"number": len(found), "most": MOST}
        )
    _check(text)
    rows = Assessment.objects.visible_to(by).filter(pk__in=found)
    firms = Enterprise.objects.filter(pk__in=rows.values("enterprise"))
    list(firms.select_for_update().order_by("pk").values_list("pk"))  # who invites or begins waits
    open_now = discovery.candidates(by).filter(pk__in=found).exclude(asked=Outcome.OPEN)
    chosen = open_now.filter(discovery.QUALIFY | discovery.NEAR).select_related(
        "enterprise", "edition"
    )
    made = [
        Invitation(
            enterprise=row.enterprise,
            tier=row.edition.tier,
            edition=row.edition,
            run_id=row.run_id,
            qualified=row.verdict >= Verdict.MANUAL,
            message=text.message.strip(),
            note=text.note.strip(),
            due_on=text.due_on,
            assigned_to=_follower(to, row.enterprise.region_path),
            invited_by=by,
        )
        for row in chosen.order_by("pk")
        if may_invite(by, row.enterprise.region_path)
    ]
    try:
        with transaction.atomic():
            Invitation.objects.bulk_create(made)
    except IntegrityError as error:
        raise MovedMeanwhileError(
            _("Somebody else invited one of them meanwhile. Nothing was sent; look again.")
        ) from error
    traces.invited("invitation.made", made, by=by)
    telling.invited(made)
    return Invited(made, len(found) - len(made))


@transaction.atomic
def end(
    invitation: Invitation, outcome: str, *, by: User, reason: str, version: int | None = None
) -> Invitation:
    """Let the enterprise decline, or the office withdraw, an open invitation with a reason."""
    locked = _locked(invitation, version)
    own = locked.enterprise_id in by.scope.enterprises
    office = may_invite(by, locked.enterprise.region_path) and not own
    if outcome not in {Outcome.DECLINED, Outcome.WITHDRAWN}:
        raise MoveError(_("An invitation is declined or withdrawn, nothing else."))
    if not (own if outcome == Outcome.DECLINED else office):
        raise PermissionDenied(_("The enterprise declines an invitation, the office withdraws it."))
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    locked.outcome, locked.reason = outcome, reason.strip()
    locked.ended_by, locked.ended_at = by, timezone.now()
    return _saved(locked, by)


@transaction.atomic
def assign(
    invitation: Invitation, to: User | None, *, by: User, version: int | None = None
) -> Invitation:
    """Give an open invitation to an officer who follows it up, or to nobody (指派)."""
    locked = _locked(invitation, version)
    path = locked.enterprise.region_path
    if locked.enterprise_id in by.scope.enterprises or not may_invite(by, path):
        raise PermissionDenied(_("Only offices that review applications assign invitations."))
    if to is not None and not followers(by, path).filter(pk=to.pk).exists():
        raise MoveError(
            _("%(user)s is no officer who reviews there; choose one of the list.") % {"user": to},
            field="assigned_to",
        )
    locked.assigned_to = to
    return _saved(locked, by)


def followers(by: User, path: str) -> QuerySet[User]:
    """Return the officers who may follow up an invitation in a region, below the one assigning."""
    above = [path[:length] for length in range(len(path) + 1)]
    ours = Q(pk__in=[])
    for own, _role in (*by.scope.review_paths, *by.scope.decide_paths):
        if path.startswith(own):
            ours |= Q(seats__region__path__startswith=own) if own else Q(seats__isnull=False)
    return User.objects.filter(
        ours,
        is_active=True,
        seats__active=True,
        seats__may_review=True,
        seats__role__in=OFFICES,
        seats__region__path__in=above,
    ).distinct()


def open_for(enterprise: Enterprise, tier: str) -> Invitation | None:
    """Return the open invitation of an enterprise for a tier."""
    rows = Invitation.objects.filter(enterprise=enterprise, tier=tier, outcome=Outcome.OPEN)
    return rows.first()


def begun(invitation: Invitation, application: Application, *, by: User) -> None:
    """Note which application an invitation led to; it stays open until that goes in."""
    invitation.application = application
    _saved(invitation, by)


def converted(application: Application, *, by: User) -> None:
    """Close the invitation that led to an application, now that it has gone in (转化)."""
    for one in Invitation.objects.filter(application=application, outcome=Outcome.OPEN):
        one.outcome, one.ended_by, one.ended_at = Outcome.APPLIED, by, timezone.now()
        _saved(one, by)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were invited in a region and what came of it (邀约统计)."""

    region: Region | None
    invited: int
    open: int
    applied: int
    recognised: int
    declined: int


def tallies(rows: QuerySet[Invitation], path: str) -> list[Tally]:
    """Count invitations by the regions next below a path (分地区统计)."""
    length = len(path) + 2
    counts = {
        "invited": Count("pk"),
        "open": Count("pk", filter=Q(outcome=Outcome.OPEN)),
        "applied": Count("pk", filter=Q(outcome=Outcome.APPLIED)),
        "recognised": Count("pk", filter=Q(application__status="recognised")),
        "declined": Count("pk", filter=Q(outcome=Outcome.DECLINED)),
    }
    below = rows.filter(enterprise__region_path__startswith=path) if path else rows
    places = below.order_by().values(place=Left("enterprise__region_path", length))
    found: list[dict[str, Any]] = [dict(row) for row in places.annotate(**counts)]
    regions = Region.objects.filter(path__in=[row["place"] for row in found], in_use=True)
    by_path = {region.path: region for region in regions}
    found.sort(key=lambda row: (-row["invited"], row["place"]))
    return [
        Tally(by_path.get(row["place"]), **{name: row[name] for name in counts}) for row in found
    ]


def _follower(to: User | None, path: str) -> User | None:
    """Return the officer where they review there; an enterprise elsewhere is left to nobody."""
    return to if to is not None and may_invite(to, path) else None


def _check(text: Text) -> None:
    if text.due_on and text.due_on < timezone.localdate():
        raise MoveError(
            _("%(day)s is past; name a day from today on.") % {"day": date_format(text.due_on)},
            field="due_on",
        )


def _locked(invitation: Invitation, version: int | None) -> Invitation:
    seen = invitation.version if version is None else version
    locked: Invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("enterprise")
        .get(pk=invitation.pk)
    )
    if locked.outcome != Outcome.OPEN:
        raise MovedMeanwhileError(
            _("This invitation is %(outcome)s already.") % {"outcome": locked.get_outcome_display()}
        )
    if seen != locked.version:
        raise MovedMeanwhileError(
            _("Somebody else changed this invitation meanwhile. Look at it again.")
        )
    return locked


def _saved(invitation: Invitation, by: User) -> Invitation:
    invitation.version += 1
    invitation.save()
    traces.invited("invitation.changed", [invitation], by=by)
    return invitation
