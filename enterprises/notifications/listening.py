"""What the rooms below say that users have to know: answered claims, ended imports (转告)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.accounts import claims
from enterprises.accounts.audit_log import VERIFY
from enterprises.accounts.models import Seat, User
from enterprises.jobs import names, runs
from enterprises.jobs.models import JobRun
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import notify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import Claim

TOLD = {"import"}  # kinds of runs whose end is told
APPROVED, REFUSED = "claim_approved", "claim_refused"
DONE, FAILED = "run_done", "run_failed"
BROKEN = "audit_broken"


def _run_in_words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "run": names.of_kind(str(params["run"]))}


register(
    Kind(APPROVED, _("Your claim was approved"), _("You hold a seat of %(enterprise)s now.")),
    Kind(REFUSED, _("Your claim was refused"), _("%(enterprise)s: the office says why.")),
    Kind(
        DONE,
        _("What you began is done"),
        _("%(run)s %(number)s has ended; its page says what came out."),
        by_mail=False,
        audience="office",
        words=_run_in_words,
    ),
    Kind(
        FAILED,
        _("What you began has failed"),
        _("%(run)s %(number)s has failed; its page says why."),
        by_mail=False,
        audience="office",
        words=_run_in_words,
    ),
    Kind(
        BROKEN,
        _("The audit log is not what was written"),
        _("The verification of %(day)s found what was changed, cut off or rewritten."),
    ),
)


def listen() -> None:
    """Hear what the rooms below say from now on."""
    claims.answered.connect(_claim_answered, dispatch_uid="claim answered")
    runs.ended.connect(_run_ended, dispatch_uid="run ended")


def _claim_answered(claim: Claim, **_: Any) -> None:
    approved = claim.status == claims.Status.APPROVED
    notify(
        [claim.user],
        APPROVED if approved else REFUSED,
        key=f"claim:{claim.pk}",
        url=reverse("registry:record", args=[claim.enterprise_id])
        if approved
        else reverse("accounts:claim"),
        params={"enterprise": claim.enterprise.name},
        region_path=claim.enterprise.region_path,
    )


def _run_ended(run: JobRun, status: str, result: Mapping[str, Any], **_: Any) -> None:
    """Tell who began an import that it has ended; of one that was stopped nobody is told."""
    if run.kind == VERIFY and status == JobRun.Status.FAILED:
        _log_is_broken(run)
    if run.kind not in TOLD or run.started_by is None or status == JobRun.Status.CANCELLED:
        return
    well = status == JobRun.Status.DONE and "refused_because" not in result
    notify(
        [run.started_by],
        DONE if well else FAILED,
        key=f"run:{run.pk}:{run.attempts}",
        url=reverse("jobs:detail", args=[run.pk]),
        params={"run": run.kind, "number": run.pk},
    )


def _log_is_broken(run: JobRun) -> None:
    """Tell the auditors of the nation and the administrators that a verification failed."""
    seats = Seat.objects.filter(active=True, role=Seat.Role.AUDITOR, region__path="")
    those = Q(pk__in=seats.values("user")) | Q(is_superuser=True)
    notify(
        User.objects.filter(those, is_active=True),
        BROKEN,
        key=f"run:{run.pk}:{run.attempts}",
        url=reverse("accounts:audit_chain"),
        params={"day": run.key},
    )
