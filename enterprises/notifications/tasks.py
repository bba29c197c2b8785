"""Mail in the background: sent as it comes, swept every minute, collected once a day (邮件任务)."""

from __future__ import annotations

import time

from celery import shared_task

from enterprises.notifications import digests, sending

PATIENCE = 50  # seconds a task goes on; the sweep of the next minute does the rest


@shared_task
def send_mail() -> int:
    """Send what is due; return how many mails went out."""
    over = time.monotonic() + PATIENCE
    return sending.send_due(go_on=lambda: time.monotonic() < over)


@shared_task
def sweep_mail() -> int:
    """Send what a nudge did not reach, and call uncertain what a worker left behind."""
    sending.give_up_lost()
    return send_mail()


@shared_task
def collect_digests() -> int:
    """Make the mails of the day; return how many."""
    return digests.collect()
