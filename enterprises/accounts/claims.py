"""Claiming an enterprise's record, and the office's answer (认领与审批)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.accounts import seats
from enterprises.accounts.models import Claim, Seat
from enterprises.audit import recording
from enterprises.registry import credit_code
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from enterprises.accounts.models import User

Status = Claim.Status
answered = Signal()  # sent with `claim` within the transaction that answers it


def may_claim(user: User) -> bool:
    """Tell whether a user may claim: not one who sits for an office, a panel or the audit."""
    scope = user.scope
    return not (scope.is_office or scope.is_auditor or scope.expert)


def may_answer(claim: Claim, user: User) -> bool:
    """Tell whether a user registers enterprises there and is not the one who claims."""
    return user.pk != claim.user_id and user.scope.may_register(claim.enterprise.region_path)


def find(code: str) -> Enterprise:
    """Return the enterprise of a credit code (统一社会信用代码); ValidationError otherwise.

    A code that stands in the registry counts even where its check character is wrong.
    """
    found: Enterprise | None = Enterprise.objects.filter(
        credit_code=credit_code.normalise(code)
    ).first()
    if found is None:
        credit_code.check(code)
        raise ValidationError(
            _(
                "No enterprise with this code is in the registry. Ask the office of your county "
                "to register it first."
            )
        )
    return found


def file(user: User, *, code: str, statement: str) -> tuple[Claim, bool]:
    """Return the user's open claim on an enterprise, and whether it is new (提出认领).

    Sending the same claim twice gives the one claim. Raise PermissionDenied for officers, experts
    and auditors; ValidationError by field where the code or the moment is wrong.
    """
    if not may_claim(user):
        raise PermissionDenied(_("Offices, experts and auditors do not claim enterprises."))
    try:
        enterprise = find(code)
    except ValidationError as error:
        raise ValidationError({"code": error.messages}) from error
    if not statement.strip():
        raise ValidationError({"statement": _("Say who you are in the enterprise.")})
    before = (
        Claim.objects.filter(user=user, status=Status.OPEN).select_related("enterprise").first()
    )
    if before and before.enterprise_id == enterprise.pk:
        return before, False
    if before:
        raise ValidationError(
            _("Your claim on %(name)s is still open. Wait for its answer.")
            % {"name": before.enterprise.name}
        )
    _check_free(enterprise, user)
    return _write(user, enterprise, statement.strip())


def _write(user: User, enterprise: Enterprise, statement: str) -> tuple[Claim, bool]:
    try:
        with transaction.atomic():
            made = Claim.objects.create(user=user, enterprise=enterprise, statement=statement)
            _note(made, "filed", user)
            return made, True
    except IntegrityError:  # the same claim came in a moment ago
        return Claim.objects.get(user=user, enterprise=enterprise, status=Status.OPEN), False


def _check_free(enterprise: Enterprise, user: User) -> None:
    staff = Seat.objects.filter(enterprise=enterprise, active=True)
    if staff.filter(user=user).exists():
        raise ValidationError({"code": _("You hold this enterprise's record already.")})
    if staff.filter(role=Seat.Role.OWNER).exists():
        raise ValidationError(
            {
                "code": _(
                    "Somebody holds this enterprise's record already. Ask its owner for a seat as "
                    "editor; if the owner has left, ask the office of your county."
                )
            }
        )


@transaction.atomic
def approve(claim: Claim, *, by: User, role: str = Seat.Role.OWNER, reason: str = "") -> Seat:
    """Approve a claim and give the seat, in one transaction (批准认领)."""
    claim = _taken(claim, by)
    if role not in seats.STAFF:
        raise ValidationError(_("A claim gives a seat of the enterprise's staff."))
    held = Seat.objects.filter(enterprise=claim.enterprise, active=True, role=Seat.Role.OWNER)
    if role == Seat.Role.OWNER and held.exists():
        raise ValidationError(_("The enterprise has an owner already; grant a seat as editor."))
    seat = seats.give(
        claim.user,
        role,
        by=by,
        enterprise=claim.enterprise,
        reason=reason or _("Claim approved"),
    )
    _answer(claim, Status.APPROVED, by, reason)
    return seat


@transaction.atomic
def refuse(claim: Claim, *, by: User, reason: str) -> Claim:
    """Refuse a claim with a reason the claimant reads (驳回认领)."""
    claim = _taken(claim, by)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, so that the claimant knows what to mend.")})
    return _answer(claim, Status.REFUSED, by, reason.strip())


def _taken(claim: Claim, by: User) -> Claim:
    """Return the claim locked for an answer."""
    claim = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("enterprise", "user")
        .get(pk=claim.pk)
    )
    if not may_answer(claim, by):
        raise PermissionDenied(_("This claim is for the office that registers the enterprise."))
    if claim.status != Status.OPEN:
        raise ValidationError(_("This claim has been answered already."))
    return claim


def _answer(claim: Claim, status: str, by: User, reason: str) -> Claim:
    claim.status, claim.answer = status, reason
    claim.decided_by, claim.decided_at = by, timezone.now()
    claim.save(update_fields=["status", "answer", "decided_by", "decided_at"])
    _note(claim, status, by)
    answered.send(sender=Claim, claim=claim)
    return claim


def _note(claim: Claim, action: str, by: User) -> None:
    recording.note(
        f"claim.{action}",
        claim,
        by=by,
        after={"user": claim.user_id, "status": claim.status},
        reason=claim.answer,
        enterprise_id=claim.enterprise_id,
        region_path=claim.enterprise.region_path,
    )
