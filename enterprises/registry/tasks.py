"""Background work of the registry (后台任务)."""

from __future__ import annotations

from celery import shared_task

from enterprises.registry import imports_runs


@shared_task
def check_import(run_id: int) -> None:
    """Check a waiting file row by row (导入预检)."""
    imports_runs.check(run_id)


@shared_task
def import_staged(run_id: int) -> None:
    """Write a checked import (导入写入)."""
    imports_runs.write(run_id)
