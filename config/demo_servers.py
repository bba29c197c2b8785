"""The processes of the demonstration: Valkey, worker, beat, web server (演示进程)."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from django.conf import settings

from config import services
from config.supervision import Child

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = "config.settings"


def children(*, host: str, port: int, concurrency: int) -> list[Child]:
    """Return the children to run, in the order in which they start."""
    logs: Path = settings.VAR_DIR / "log"
    environment = {**os.environ, "TRACKER_LOCAL": "1", "TRACKER_VAR": str(settings.VAR_DIR)}
    environment["DJANGO_SETTINGS_MODULE"] = SETTINGS
    environment["ALLOWED_HOSTS"] = ",".join(dict.fromkeys([*settings.ALLOWED_HOSTS, host]))
    started: list[Child] = []
    if not settings.REDIS_URL:
        server = services.configure_valkey(settings.VAR_DIR / "valkey")
        environment["REDIS_URL"] = server.url
        child = Child("valkey", server.command, logs / "valkey.log", ready=server.answers)
        child.serves_others = True
        started = [child]
    commands = {
        "worker": _worker(concurrency),
        "beat": _beat(settings.VAR_DIR),
        "web": _web(host, port),
    }
    for name, command in commands.items():
        child = Child(name, [sys.executable, "-m", *command], logs / f"{name}.log")
        child.environment, child.folder = environment, settings.BASE_DIR
        started.append(child)
    started[-1].ready = lambda: _answers(host, port)
    return started


def _worker(concurrency: int) -> list[str]:
    options = ["--loglevel=INFO", f"--concurrency={concurrency}", "--hostname=demo@%h"]
    return ["celery", "-A", "config", "worker", *options, "--max-tasks-per-child=100"]


def _beat(folder: Path) -> list[str]:
    schedule = folder / "beat-schedule"
    return ["celery", "-A", "config", "beat", "--loglevel=INFO", "-s", str(schedule), "--pidfile="]


def _web(host: str, port: int) -> list[str]:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    options = ["--workers=2", "--threads=4", "--timeout=120", "--no-control-socket"]
    return ["gunicorn", "config.wsgi:application", "--bind", address, *options]


def address(host: str, port: int) -> str:
    """Return the address to open in a browser."""
    shown = {"0.0.0.0": services.LOOPBACK, "::": "[::1]"}.get(host, host)  # noqa: S104
    shown = f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
    return f"http://{shown}:{port}/"


def _answers(host: str, port: int) -> bool:
    request = urllib.request.Request(address(host, port) + "accounts/login/")  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True  # it answers; what it says stands in its log
    except OSError:
        return False
