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

from cultivation.standards import judging, storing  # noqa: E402

day, wanted = sys.argv[1], int(sys.argv[2])
seen: list[Any] = []
store = storing.store


def hang(*args: Any, **kwargs: Any) -> Any:
    """Hang once the wanted unit is written and nothing of it is committed yet."""
    done = store(*args, **kwargs)
    seen.append(done)
    if len(seen) == wanted:
        print("written", flush=True)
        time.sleep(600)
    return done


storing.store = hang
judging.BLOCK = 1  # so that each unit is stored for itself
call_command("judge", "--whole", on=day)
