"""Mass mail is held until an officer has seen it: let go, or cancelled with a reason (待发箱)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.audit import recording
from enterprises.notifications import sending
from enterprises.notifications.kinds import KINDS, Kind, register
from enterprises.notifications.models import Batch, Delivery, Notification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

HELD = "mail_held"
State = Batch.State

register(
    Kind(
        HELD,
        gettext_lazy("Mass mail waits for you"),
        gettext_lazy("%(people)s people are to be told “%(what)s”. Look at it and let it go."),
        daily=True,
        audience="office",
        words=lambda params: {**params, "what": KINDS[params["kind"]].label},
    )
)


def is_owed(kind: Kind, people: int) -> bool:
    """Tell whether an officer has to see an event before so many are told of it."""
    return kind.name != HELD and (kind.mass or people > settings.MAIL_HOLD_ABOVE)


def hold(kind: Kind, rows: Sequence[Notification]) -> Batch:
    """Hold an event back for the officers of its unit, or of the nation (暂缓发送)."""
    units = {row.region_path[:2] for row in rows}
    path = units.pop() if len(units) == 1 else ""
    batch, _new = Batch.objects.get_or_create(
        kind=kind.name, key=rows[0].key, state=State.HELD, defaults={"region_path": path}
    )
    Batch.objects.filter(pk=batch.pk).update(people=F("people") + len(rows))
    return batch


def reads_outbox(scope: Scope) -> bool:
    """Tell whether somebody reads the outbox: deciding officers and auditors."""
    return bool(scope.decide_paths or scope.audits)


def may_decide(batch: Batch, user: User) -> bool:
    """Tell whether a user decides over a batch: deciding officers of its unit, or the nation."""
    scope = user.scope
    return any(scope.may_decide(batch.region_path, level) for level in ("province", "nation"))


@transaction.atomic
def release(batch: Batch, *, by: User) -> Batch:
    """Let a held batch go: it is shown, and its mails wait to be sent (放行)."""
    locked = _locked(batch, by)
    Notification.objects.filter(batch=locked).update(shown=True, made_at=timezone.now())
    held = Delivery.objects.filter(batch=locked, state=Delivery.State.HELD)
    held.update(state=Delivery.State.WAITING, due_at=timezone.now())
    sending.wake()
    return _decided(locked, State.RELEASED, by, "")


@transaction.atomic
def cancel(batch: Batch, *, by: User, reason: str) -> Batch:
    """Cancel a held batch with a reason: nobody is told (撤销发送)."""
    locked = _locked(batch, by)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why nobody is to be told.")})
    held = Delivery.objects.filter(batch=locked, state=Delivery.State.HELD)
    held.update(state=Delivery.State.CANCELLED, ended_at=timezone.now())
    Notification.objects.filter(batch=locked).update(daily=False)
    return _decided(locked, State.CANCELLED, by, reason.strip())


def _locked(batch: Batch, by: User) -> Batch:
    locked: Batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if not may_decide(locked, by):
        raise PermissionDenied(_("Mass mail is decided on by the deciding officers of the unit."))
    if locked.state != State.HELD:
        raise ValidationError(
            _("This was %(state)s already.") % {"state": locked.get_state_display()}
        )
    return locked


def _decided(batch: Batch, state: str, by: User, reason: str) -> Batch:
    batch.state, batch.reason = state, reason
    batch.decided_by, batch.decided_at = by, timezone.now()
    batch.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    recording.note(
        f"mail.{state}",
        batch,
        by=by,
        after={"kind": batch.kind, "event": batch.key, "people": batch.people},
        reason=reason,
        region_path=batch.region_path,
    )
    return batch
