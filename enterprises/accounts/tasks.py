"""The nightly verification of the audit log (审计链夜间核验)."""

from __future__ import annotations

from itertools import islice

from celery import shared_task
from django.utils import timezone

from enterprises.accounts.audit_log import VERIFY
from enterprises.audit.verifying import Walk
from enterprises.jobs import runs

MOST = 20  # faults written into the log of a run


class BrokenLogError(Exception):
    """The audit log is not what was written."""


@shared_task
def verify_audit_tonight() -> int:
    """Begin tonight's verification; return the id of its run."""
    day = timezone.localdate().isoformat()
    run, _new = runs.start(VERIFY, task="enterprises.accounts.tasks.verify_audit", key=day)
    return run.pk


@shared_task
def verify_audit(run_id: int) -> None:
    """Walk the whole chain; the run fails where it is broken and says where first."""
    with runs.working(run_id) as progress:
        if progress is None:
            return
        walk = Walk(told=progress.report)
        found = list(islice(walk.faults(), MOST))
        progress.result |= {"links": walk.links, "records": walk.records, "faults": len(found)}
        for fault in found[1:]:
            progress.log(fault.text)
        if found:
            raise BrokenLogError(found[0].text)
