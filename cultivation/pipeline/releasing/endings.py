"""Ending a title before its time: proposed by one officer, released by another (撤销、取消).

Revocation for cause bars the enterprise for three years (2022 Measures; 工信厅企业函〔2026〕117号).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import titles
from cultivation.pipeline.models import Ending
from cultivation.pipeline.releasing import grounds
from cultivation.pipeline.stages import LADDER
from cultivation.pipeline.titles import TitleError
from enterprises.audit import recording
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.releasing.grounds import Ground
    from enterprises.accounts.models import User

State = Ending.State


@transaction.atomic
def propose(
    title: Title, kind: str, *, by: User, reason: str = "", reasons: Iterable[Ground] = ()
) -> Ending:
    """Propose to revoke or cancel a running title (拟撤销、拟取消)."""
    titles.entitled(title.enterprise, title.tier, by)
    if kind not in {Title.End.REVOKED, Title.End.CANCELLED}:
        raise TitleError(_("A title is revoked or cancelled, nothing else."))
    chosen = grounds.checked(reasons, kind)
    if not (reason.strip() or chosen):
        raise TitleError(_("A reason is owed."))
    found = Title.objects.select_for_update().get(pk=title.pk)
    if found.ended_on is not None:
        raise TitleError(_("Title %(number)s has ended already.") % {"number": found.number})
    try:
        with transaction.atomic():
            made = Ending.objects.create(
                title=found,
                kind=kind,
                level=LADDER[Tier(found.tier)].decided_at,
                reasons=[ground.as_json() for ground in chosen],
                words=reason.strip(),
                reason=grounds.text(chosen, reason),
                proposed_by=by,
            )
    except IntegrityError as error:
        raise TitleError(
            _("To end title %(number)s is proposed already.") % {"number": found.number}
        ) from error
    _note(made, "ending.proposed", by)
    return made


@transaction.atomic
def withdraw(ending: Ending, *, by: User) -> None:
    """Take a proposal to end a title back; any officer who decides the tier may (撤回)."""
    found = _open(ending)
    titles.entitled(found.title.enterprise, found.title.tier, by)
    found.state, found.ended_at = State.WITHDRAWN, timezone.now()
    found.save(update_fields=["state", "ended_at"])
    _note(found, "ending.withdrawn", by)


@transaction.atomic
def release(ending: Ending, *, by: User) -> list[Title]:
    """Let a proposal to end a title take effect, by a second officer; return what ended (发布)."""
    found = _open(ending)
    titles.entitled(found.title.enterprise, found.title.tier, by)
    if found.proposed_by_id == by.pk:
        raise PermissionDenied(_("Who proposes does not release; a second officer has to."))
    ended = titles.revoke(
        found.title, by=by, proposed_by=found.proposed_by, reason=found.reason, kind=found.kind
    )
    found.state, found.released_by, found.ended_at = State.RELEASED, by, timezone.now()
    found.save(update_fields=["state", "released_by", "ended_at"])
    Ending.objects.open().filter(title__in=ended).update(
        state=State.LAPSED, ended_at=found.ended_at
    )
    _note(found, "ending.released", by)
    return ended


def _open(ending: Ending) -> Ending:
    """Return an ending, its title locked first, where it is still pending."""
    Title.objects.select_for_update().get(pk=ending.title_id)
    found: Ending = (
        Ending.objects.select_for_update(of=("self",))
        .select_related("title__enterprise", "proposed_by")
        .get(pk=ending.pk)
    )
    if found.state != State.PENDING:
        raise TitleError(
            _("The proposal is %(state)s already.") % {"state": found.get_state_display()}
        )
    return found


def _note(ending: Ending, action: str, by: User) -> None:
    enterprise = ending.title.enterprise
    recording.note(
        action,
        ending.title,
        by=by,
        after={"kind": ending.kind, "number": ending.title.number},
        reason=ending.reason,
        enterprise_id=enterprise.pk,
        region_path=enterprise.region_path,
    )
