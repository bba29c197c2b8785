"""Days typed as arguments of commands (命令中的日期)."""

from __future__ import annotations

import datetime as dt

from django.core.management.base import CommandError


def day(text: str) -> dt.date:
    """Return a day; raise CommandError that says how to write one."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is not a day; write it as 2026-06-30.") from error
