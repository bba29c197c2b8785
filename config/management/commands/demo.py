"""manage.py demo: a filled installation on this machine, ready to be looked at (演示)."""

from __future__ import annotations

import contextlib
import socket
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import demo_registry, demo_servers, services
from config.supervision import Supervisor
from config.translations import ensure_compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS_TO_TRY = 20
SMALL = 20  # fewer enterprises cannot fill every province and tier


class Command(BaseCommand):
    """Prepare the database, then run Valkey, a worker, beat and the web server until Ctrl-C."""

    help = "Start the product with a fictional registry; Ctrl-C stops everything."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare size, address and a fresh start."""
        parser.add_argument("--enterprises", type=int, default=3000, metavar="N")
        parser.add_argument("--seed", type=int, default=2027, help="same seed, same registry")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, help="default: 8000, or the next free one")
        parser.add_argument("--concurrency", type=int, default=2, help="processes of the worker")
        parser.add_argument("--fresh", action="store_true", help="drop the data and start again")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Prepare, then supervise."""
        if not SMALL <= options["enterprises"] <= 1_000_000:
            raise CommandError(f"--enterprises takes {SMALL} to 1000000")
        with _alone():
            port = _port(options["host"], options["port"])
            try:
                self._prepare(options)
                self._run(options, port)
            except KeyboardInterrupt:
                self.stdout.write("\nStopped. What was built is kept; start again to go on.")
            except services.ServiceError as error:
                raise CommandError(str(error)) from error

    def _prepare(self, options: dict[str, Any]) -> None:
        ensure_compiled()
        if options["fresh"]:
            demo_registry.drop()
        demo_registry.prepare(
            enterprises=options["enterprises"], seed=options["seed"], say=self._say
        )

    def _run(self, options: dict[str, Any], port: int) -> None:
        host = options["host"]
        children = demo_servers.children(host=host, port=port, concurrency=options["concurrency"])
        supervisor = Supervisor(children, say=self._say)
        self._say("starting " + ", ".join(child.name for child in children) + " …")
        supervisor.run(started=lambda: self._welcome(demo_servers.address(host, port)))
        self._say("all stopped; the data is kept.")

    def _welcome(self, address: str) -> None:
        self.stdout.write(f"\n  {self.style.SUCCESS(address)}\n\n")
        rows = demo_registry.signins()
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (t + " " * (w - _width(t)) for t, w in zip(row, widths, strict=True))
            self.stdout.write("  " + "   ".join(cells).rstrip())
        self.stdout.write(f"\n  All data is fictional. Logs: {settings.VAR_DIR / 'log'}")
        self.stdout.write("  Ctrl-C stops everything.\n")
        self.stdout.flush()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _width(text: str) -> int:
    """Return the columns a text takes on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the folder of the demonstration, so that two do not run on one database."""
    path = settings.VAR_DIR / "demo.lock"
    with path.open("a+", encoding="ascii") as lock:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CommandError(
                    f"A demonstration already runs in {settings.VAR_DIR}. Stop it first, or set "
                    "TRACKER_VAR to another folder for a second one."
                ) from error
        yield


def _port(host: str, wanted: int | None) -> int:
    """Return the port asked for, or the first free one from 8000 on."""
    if wanted is not None:
        if not _is_free(host, wanted):
            raise CommandError(
                f"Port {wanted} of {host} is taken or may not be used. Choose another with --port, "
                "or leave --port out and the next free one is taken."
            )
        return wanted
    for port in range(8000, 8000 + PORTS_TO_TRY):
        if _is_free(host, port):
            return port
    raise CommandError(f"No free port from 8000 to {8000 + PORTS_TO_TRY - 1}; choose with --port.")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            return False
    return True
