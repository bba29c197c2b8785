"""The sweep that makes up for links that were not made, and the daily anchor (审计定时任务)."""

from __future__ import annotations

from celery import shared_task

from enterprises.audit import anchoring, sealing


@shared_task
def seal_what_waits() -> int:
    """Seal what a cut-off process left; return how many records (补封)."""
    return sealing.sweep()


@shared_task
def anchor_today() -> None:
    """Write down how the chain ends today, in the database and beside it (每日锚点)."""
    anchoring.anchor()
