"""Sending mails: each is claimed, then sent, then noted; nothing is lost or sent twice (发送邮件).

The claim is committed before the server is spoken to. A worker that dies after that leaves a mail
of which nobody knows whether it went out: it becomes uncertain and waits for an officer.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from kombu.exceptions import OperationalError

from enterprises.audit import recording
from enterprises.notifications import letters, readers
from enterprises.notifications.models import Delivery
from enterprises.notifications.post import Answer, Fate, Line
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.notifications.models import Notification

State = Delivery.State
TASK = "enterprises.notifications.tasks.send_mail"
NUDGED = "mail-nudged"
SOON = 2  # seconds: one nudge to the workers is enough for all that is written meanwhile
AT_ONCE = 200  # mails a claimant looks for at a time
LOST = dt.timedelta(minutes=10)  # a claim older than this has lost its worker
WAITS = (1, 5, 15, 60, 180, 360, 720, 1440)  # minutes to the next try; after the last it failed
WORKER_GONE = gettext_noop("The worker was gone before it could say what became of this mail.")
NOTHING_LEFT = gettext_noop("Nothing was left that the recipient may still be told.")
NO_ADDRESS = gettext_noop("There is no address that takes mail.")
log = logging.getLogger(__name__)


def wake() -> None:
    """Let a worker send what waits once the transaction is committed; else the sweep does."""

    def nudge() -> None:
        if not cache.add(NUDGED, 1, SOON):
            return
        try:
            import_string(TASK).delay()
        except (OperationalError, OSError):  # no broker at all, as where the demo is built
            log.info("the task queue does not answer; the sweep sends the mails later")

    transaction.on_commit(nudge, robust=True)


def send_due(*, go_on: Callable[[], bool] = lambda: True) -> int:
    """Send the mails that are due, one after another; return how many went out (发送).

    It stops where the server cannot be reached, or where `go_on` says so.
    """
    sent, line = 0, Line()
    try:
        while go_on() and (found := _due()):
            for pk in found:
                answer = _send(pk, line)
                if answer is not None and answer.fate is Fate.NO_SERVER:
                    return sent
                sent += answer is not None and answer.fate is Fate.SENT
    finally:
        line.close()
    return sent


def give_up_lost() -> int:
    """Call the mails uncertain whose worker is gone; return how many (投递存疑)."""
    lost = Delivery.objects.filter(state=State.SENDING, claimed_at__lt=timezone.now() - LOST)
    return lost.update(state=State.UNCERTAIN, ended_at=timezone.now(), said=WORKER_GONE)


@transaction.atomic
def send_again(delivery: Delivery, *, by: User) -> Delivery:
    """Let a mail that failed or is uncertain go once more, under the same Message-ID (重发)."""
    locked: Delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if not may_send_again(locked, by):
        raise PermissionDenied(_("Mails are sent again by the deciding officers of the unit."))
    if locked.state not in {State.FAILED, State.UNCERTAIN}:
        raise ValidationError(
            _("A mail that is %(state)s is not sent again.") % {"state": locked.get_state_display()}
        )
    if not readers.takes_mail(locked.recipient):
        raise ValidationError(_("This address was refused. Let it be tried again first."))
    locked.state, locked.due_at, locked.attempts = State.WAITING, timezone.now(), 0
    locked.save(update_fields=["state", "due_at", "attempts"])
    recording.note("mail.again", locked, by=by, region_path=locked.region_path)
    wake()
    return locked


def may_send_again(delivery: Delivery, user: User) -> bool:
    """Tell whether a user may let a mail go again: deciding officers above it."""
    return any(delivery.region_path.startswith(path) for path, _role in user.scope.decide_paths)


def _due() -> list[int]:
    waiting = Delivery.objects.filter(state=State.WAITING, due_at__lte=timezone.now())
    return list(waiting.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE])


def _send(pk: int, line: Line) -> Answer | None:
    """Claim a mail, send it, note what became of it; None where another has it."""
    now = timezone.now()
    free = Delivery.objects.filter(pk=pk, state=State.WAITING, due_at__lte=now)
    if not free.update(state=State.SENDING, claimed_at=now, attempts=F("attempts") + 1):
        return None
    delivery = Delivery.objects.select_related("recipient__notification_reader").get(pk=pk)
    told = _still_told(delivery)
    address = delivery.recipient.email
    if not told:
        _end(delivery, State.CANCELLED, NOTHING_LEFT)
        return None
    if not _is_usable(delivery.recipient):
        _end(delivery, State.FAILED, NO_ADDRESS)
        return None
    answer = line.send(letters.compose(delivery, told))
    _note(delivery, answer, address)
    return answer


def _note(delivery: Delivery, answer: Answer, address: str) -> None:
    fate, tries = answer.fate, delivery.attempts
    delivery.address = address
    if fate is Fate.SENT:
        _end(delivery, State.SENT, answer.said)
    elif fate is Fate.UNCERTAIN:
        _end(delivery, State.UNCERTAIN, answer.said)
    elif fate is Fate.NO_SUCH_ADDRESS:
        readers.refused(delivery.recipient, address=address, because=answer.said)
        _end(delivery, State.FAILED, answer.said)
    elif fate is Fate.REFUSED or (fate is Fate.LATER and tries > len(WAITS)):
        _end(delivery, State.FAILED, answer.said)
    else:
        _put_off(delivery, answer.said)


def _put_off(delivery: Delivery, said: str) -> None:
    minutes = WAITS[min(delivery.attempts, len(WAITS)) - 1]
    delivery.due_at = timezone.now() + dt.timedelta(minutes=minutes)
    _mine(delivery).update(
        state=State.WAITING, due_at=delivery.due_at, address=delivery.address, said=said[:300]
    )


def _end(delivery: Delivery, state: str, said: str) -> None:
    ended = {"ended_at": timezone.now(), "address": delivery.address}
    _mine(delivery).update(state=state, said=str(said)[:300], **ended)


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    """Return the mail while this claim holds; a claim thought lost may still say how it ended."""
    held = [State.SENDING, State.UNCERTAIN]
    return Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state__in=held)


def _still_told(delivery: Delivery) -> list[Notification]:
    """Return what the mail tells that its recipient may still know, the newest first."""
    user = delivery.recipient
    if not user.is_active:
        return []
    told = list(delivery.notifications.filter(shown=True))
    firms = {one.enterprise_id for one in told if one.enterprise_id}
    if not firms or user.scope.expert:  # experts are told of cases, never of the registry
        return told
    rows = Enterprise.objects.visible_to(user).filter(pk__in=firms)
    seen: set[int | None] = {None, *rows.values_list("pk", flat=True)}
    return [one for one in told if one.enterprise_id in seen]


def _is_usable(user: User) -> bool:
    try:
        validate_email(user.email)
    except ValidationError:
        return False
    return readers.takes_mail(user)
