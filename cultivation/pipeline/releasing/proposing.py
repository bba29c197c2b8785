"""Proposing how to decide an application; nothing takes effect before a second person (拟办)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import guards, moves, routes
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, Proposal
from cultivation.pipeline.releasing import grounds
from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.pipeline.releasing.grounds import Ground
    from enterprises.accounts.models import User

LEVELS = ("province", "nation")  # below them a step is taken at once
MOST = 5000  # proposals at a time
State, Verdict = Proposal.State, Proposal.Verdict


@dataclass(slots=True)
class Proposed:
    """What came of proposing for many at once: made, and why others were left out (拟办结果)."""

    made: list[Proposal] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)  # application: why


def may_propose(application: Application, user: User) -> bool:
    """Tell whether a user decides where an application is now, and holds no seat in the firm."""
    level = routes.holding_level(application)
    return bool(
        level in LEVELS
        and user.is_authenticated
        and application.enterprise_id not in user.scope.enterprises
        and user.scope.may_decide(application.region_path, level)
    )


def verdicts_for(application: Application) -> list[str]:
    """Return what can be proposed on an application where it stands (可拟决定)."""
    found = []
    for verdict in Verdict.values:
        step = moves.STEPS[verdict]
        if application.status in step.sources and not _senseless(application, verdict):
            found.append(verdict)
    return found if routes.holding_level(application) in LEVELS else []


@transaction.atomic
def propose(
    application: Application,
    verdict: str,
    *,
    by: User,
    reason: str = "",
    reasons: Iterable[Ground] = (),
    version: int | None = None,
) -> Proposal:
    """Propose a decision on an application, in place of what was proposed before (拟办).

    Raises PermissionDenied where the user does not decide there, MovedMeanwhileError where the
    application moved since `version`, MoveError where the verdict is not possible from there.
    """
    locked = _locked([application.pk])[0]
    _permit(locked, by)
    if (application.version if version is None else version) != locked.version:
        raise MovedMeanwhileError(
            _("The application was moved meanwhile. Look at it again before you propose.")
        )
    if said := _fault(locked, verdict):
        raise MoveError(said)
    chosen = grounds.checked(reasons, verdict, locked)
    if moves.STEPS[verdict].reason_owed and not (reason.strip() or chosen):
        raise MoveError(_("A proposal to refuse needs a reason."), field="reason")
    open_before = list(Proposal.objects.open().filter(application=locked))
    if any(one.state == State.HELD for one in open_before):
        raise MoveError(_("The decision is in a release; it is no longer changed."))
    (made,) = _store([locked], verdict, by=by, words=reason, chosen=chosen)
    return made


@transaction.atomic
def propose_many(
    pks: Sequence[int],
    verdict: str,
    *,
    by: User,
    reason: str = "",
    reasons: Iterable[Ground] = (),
) -> Proposed:
    """Propose the same for many; whatever is not the user's or not possible is left out (批量拟办).

    What has a proposal already keeps it. Reasons name no criterion here: cases differ.
    """
    if len(pks) > MOST:
        raise MoveError(_("At most %(most)s at a time.") % {"most": f"{MOST:,}"})
    chosen = grounds.checked(reasons, verdict)
    if verdict not in Verdict.values:
        raise MoveError(_("Choose what to propose."), field="verdict")
    if moves.STEPS[verdict].reason_owed and not (reason.strip() or chosen):
        raise MoveError(_("A proposal to refuse needs a reason."), field="reason")
    done, fit = Proposed(), []
    rows = _locked(pks)
    taken = set(
        Proposal.objects.open()
        .filter(application__in=[one.pk for one in rows])
        .values_list("application_id", flat=True)
    )
    for application in rows:
        said = "" if may_propose(application, by) else _("not with your office")
        said = said or _fault(application, verdict)
        if application.pk in taken:
            said = said or _("has a proposal already")
        if said:
            done.left_out[application.pk] = said
        else:
            fit.append(application)
    done.made = _store(fit, verdict, by=by, words=reason, chosen=chosen)
    return done


@transaction.atomic
def withdraw(proposal: Proposal, *, by: User) -> None:
    """Take a pending proposal back; any officer who decides there may (撤回拟办)."""
    application = _locked([proposal.application_id])[0]
    _permit(application, by)
    found: Proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    found.application = application
    if found.state != State.PENDING:
        raise MoveError(_already(found))
    found.state, found.ended_at = State.WITHDRAWN, timezone.now()
    found.save(update_fields=["state", "ended_at"])
    _note([found], "proposal.withdrawn", by)


def _locked(pks: Sequence[int]) -> list[Application]:
    rows = Application.objects.select_for_update(of=("self",)).filter(pk__in=pks)
    return list(rows.select_related("submission").order_by("pk"))


def _permit(application: Application, by: User) -> None:
    if not may_propose(application, by):
        raise PermissionDenied(_("Only an officer who decides on this application may do that."))


def _fault(application: Application, verdict: str) -> str:
    if verdict not in Verdict.values:
        return _("Choose what to propose.")
    if application.status not in moves.STEPS[verdict].sources:
        return _("An application that is %(status)s cannot take “%(move)s”.") % {
            "status": application.get_status_display(),
            "move": moves.STEPS[verdict].label,
        }
    return _senseless(application, verdict)


def _senseless(application: Application, verdict: str) -> str:
    """Say why a verdict never fits the level that has the application."""
    if verdict == Verdict.RECOGNISE:
        return guards.is_deciding_level(application) or ""
    return (guards.has_a_level_above(application) or "") if verdict == Verdict.RECOMMEND else ""


def _store(
    applications: Sequence[Application],
    verdict: str,
    *,
    by: User,
    words: str,
    chosen: Sequence[Ground],
) -> list[Proposal]:
    now = timezone.now()
    before = Proposal.objects.open().filter(application__in=[one.pk for one in applications])
    before.update(state=State.REPLACED, ended_at=now)
    made = Proposal.objects.bulk_create(
        Proposal(
            application=application,
            level=routes.holding_level(application),
            verdict=verdict,
            version=application.version,
            reasons=[ground.as_json() for ground in chosen],
            words=words.strip(),
            reason=grounds.text(chosen, words),
            proposed_by=by,
        )
        for application in applications
    )
    _note(made, "proposal.made", by)
    return made


def _note(proposals: Sequence[Proposal], action: str, by: User) -> None:
    deeds = (
        recording.Deed(
            action=action,
            subject=one.application,
            after={"proposal": one.pk, "verdict": one.verdict, "version": one.version},
            reason=one.reason,
            enterprise_id=one.application.enterprise_id,
            region_path=one.application.region_path,
        )
        for one in proposals
    )
    recording.note_many(deeds, by=by)


def _already(proposal: Proposal) -> str:
    if proposal.state == State.HELD:
        return _("The decision is in a release; it is no longer changed.")
    return _("The proposal is %(state)s already.") % {"state": proposal.get_state_display()}
