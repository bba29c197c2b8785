"""Run the command `judge` in a process of its own and hang in the middle of storing (被杀进程)."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from cultivation.standards import storing  # noqa: E402

day, wanted = sys.argv[1], int(sys.argv[2])
seen: list[str] = []


def hang(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Hang once the wanted statement has written its rows and nothing is committed yet."""
    done = execute(sql, params, many, context)
    if sql.startswith(f"INSERT INTO {storing.TABLE}"):
        seen.append(sql)
        if len(seen) == wanted:
            print("written", flush=True)
            time.sleep(600)
    return done


storing.SQLITE_ROWS = 3  # so that an edition is written in several statements
with connection.execute_wrapper(hang):
    call_command("judge", on=day)
