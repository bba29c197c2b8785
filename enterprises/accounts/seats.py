"""Granting and ending seats: downward and inside one's own scope only (岗位授予与停用).

Who may: an office that decides grants the offices below it and the staff of its enterprises; an
owner grants editors of the own enterprise; the nation alone grants auditors. Nobody touches a seat
of his own. All changes go through `grant` and `end`, which lock, check, write and log in one go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.accounts.models import Seat, SeatChange, User
from enterprises.accounts.scope import OFFICES
from enterprises.audit import recording

if TYPE_CHECKING:
    from enterprises.accounts.scope import Scope
    from enterprises.places.models import Region
    from enterprises.registry.models import Enterprise

Role = Seat.Role
STAFF = (Role.OWNER, Role.EDITOR)
RIGHTS = ("may_register", "may_review", "may_decide")
KINDS = dict.fromkeys(OFFICES, "office") | {
    "owner": "enterprise",
    "editor": "enterprise",
    "expert": "expert",
    "auditor": "auditor",
}


def office_of(region: Region) -> str:
    """Return the office that sits for a region; a recommending unit (推荐单位) is a province."""
    if not region.path:
        return Role.NATION
    return Role.PROVINCE if region.is_unit else region.level


def grantable(by: User) -> list[str]:
    """Return the roles a user may grant at all, highest first (可授予的岗位)."""
    if by.is_superuser:
        return list(Role.values)
    scope = by.scope
    held = {role for _path, role in scope.decide_paths}
    roles: list[str] = []
    if held:
        highest = min(OFFICES.index(role) for role in held)
        roles = [*OFFICES[highest + 1 :]]
        if "nation" in held or "province" in held:
            roles.append(Role.EXPERT)
        roles += STAFF
        if "nation" in held:
            roles.append(Role.AUDITOR)
    elif scope.owned:
        roles = [Role.EDITOR]
    return roles


def may_grant(
    by: User, role: str, *, region: Region | None = None, enterprise: Enterprise | None = None
) -> bool:
    """Tell whether a user may grant, and so may end, a seat of this kind here."""
    if by.is_superuser:
        return True
    scope = by.scope
    if role in STAFF:
        return enterprise is not None and _over_staff(scope, role, enterprise)
    if role == Role.AUDITOR:
        return scope.may_decide(region.path if region else "", "nation")
    if role == Role.EXPERT:
        path = region.path if region else ""
        return scope.may_decide(path, "nation") or scope.may_decide(path, "province")
    return region is not None and any(
        region.path.startswith(path) and OFFICES.index(held) < OFFICES.index(role)
        for path, held in scope.decide_paths
    )


def _over_staff(scope: Scope, role: str, enterprise: Enterprise) -> bool:
    if role == Role.EDITOR and enterprise.pk in scope.owned:
        return True
    above = any(enterprise.region_path.startswith(path) for path, _held in scope.decide_paths)
    return above and scope.may_register(enterprise.region_path)


def rights_of(by: User, path: str) -> frozenset[str]:
    """Return the rights a user holds over a region path and may hand down (可下放的权限)."""
    if by.is_superuser:
        return frozenset(RIGHTS)
    scope = by.scope
    held = {
        "may_register": scope.may_register(path),
        "may_review": scope.reviews(path),
        "may_decide": any(path.startswith(p) for p, _role in scope.decide_paths),
    }
    return frozenset(right for right, has in held.items() if has)


@transaction.atomic
def grant(
    user: User,
    role: str,
    *,
    by: User,
    region: Region | None = None,
    enterprise: Enterprise | None = None,
    rights: frozenset[str] = frozenset(RIGHTS),
    reason: str = "",
) -> Seat:
    """Give a user a seat (授予岗位).

    Raise PermissionDenied where `by` may not, ValidationError where the seat does not fit.
    """
    if user.pk == by.pk:
        raise PermissionDenied(_("Nobody changes a seat of their own."))
    if not may_grant(by, role, region=region, enterprise=enterprise):
        raise PermissionDenied(_("This seat lies above or outside what you may grant."))
    if role in OFFICES and not rights <= rights_of(by, region.path if region else ""):
        raise PermissionDenied(_("You cannot grant a right that you do not hold yourself."))
    return give(
        user, role, by=by, region=region, enterprise=enterprise, rights=rights, reason=reason
    )


@transaction.atomic
def give(
    user: User,
    role: str,
    *,
    by: User | None,
    region: Region | None = None,
    enterprise: Enterprise | None = None,
    rights: frozenset[str] = frozenset(RIGHTS),
    reason: str = "",
) -> Seat:
    """Write a seat whose granting was allowed elsewhere: by `grant` or an approved claim."""
    _check_place(role, region, enterprise)
    user = User.objects.select_for_update().get(pk=user.pk)
    _check_kind(user, role)
    given = {right: right in rights for right in RIGHTS} if role in OFFICES else {}
    seat = Seat.objects.filter(user=user, role=role, region=region, enterprise=enterprise).first()
    if seat and seat.active:
        raise ValidationError(_("%(user)s holds this seat already.") % {"user": user})
    if seat is None:
        seat = Seat(user=user, role=role, region=region, enterprise=enterprise)
    for right, has in given.items():
        setattr(seat, right, has)
    seat.active, seat.granted_by = True, by
    seat.save()
    _note(seat, SeatChange.Action.GRANTED, by, reason)
    return seat


@transaction.atomic
def end(seat: Seat, *, by: User, reason: str) -> Seat:
    """Take a seat out of force (停用岗位); the row stays, with its log.

    Raise PermissionDenied where `by` may not, ValidationError without a reason or when it ended.
    """
    seat = Seat.objects.select_for_update(of=("self",)).get(pk=seat.pk)
    if seat.user_id == by.pk:
        raise PermissionDenied(_("Nobody changes a seat of their own."))
    if not may_grant(by, seat.role, region=seat.region, enterprise=seat.enterprise):
        raise PermissionDenied(_("This seat lies above or outside what you may grant."))
    if not reason.strip():
        raise ValidationError(_("Say why."))
    if not seat.active:
        raise ValidationError(_("This seat has ended already."))
    seat.active = False
    seat.save(update_fields=["active"])
    _note(seat, SeatChange.Action.ENDED, by, reason.strip())
    return seat


def _note(seat: Seat, action: str, by: User | None, reason: str) -> None:
    SeatChange.objects.create(seat=seat, action=action, reason=reason, made_by=by)
    place = seat.enterprise.region_path if seat.enterprise else ""
    recording.note(
        f"seat.{action}",
        seat,
        by=by,
        after={
            "user": seat.user_id,
            "role": seat.role,
            "region": seat.region.code if seat.region else None,
            "active": seat.active,
            **{right: getattr(seat, right) for right in RIGHTS},
        },
        reason=reason,
        enterprise_id=seat.enterprise_id,
        region_path=seat.region.path if seat.region else place,
    )


def _check_place(role: str, region: Region | None, enterprise: Enterprise | None) -> None:
    if role in STAFF and (enterprise is None or region is not None):
        raise ValidationError(_("A seat of an enterprise's staff needs the enterprise."))
    if role not in STAFF and enterprise is not None:
        raise ValidationError(_("Only an enterprise's staff sit for an enterprise."))
    if role in OFFICES and (region is None or office_of(region) != role):
        raise ValidationError(_("The region is not one that such an office sits for."))


def _check_kind(user: User, role: str) -> None:
    """Refuse seats on both sides of the table: who reviews does not apply (回避)."""
    held = user.seats.filter(active=True).values_list("role", flat=True)
    if any(KINDS[other] != KINDS[role] for other in held):
        raise ValidationError(
            _(
                "%(user)s holds a seat of another kind. Offices, enterprises, experts and "
                "auditors are kept apart; end the other seat first."
            )
            % {"user": user}
        )
