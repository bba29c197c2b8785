"""manage.py bench: measure on PostgreSQL, each bench in a process of its own (基准)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config import benchmarks, services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Run benches; exit 1 where a figure is over its limit."""

    help = "Run tests/bench on PostgreSQL and print: name measured limit unit."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare which bench and how large."""
        parser.add_argument("name", nargs="?", metavar="NAME", help="one bench; all where left out")
        parser.add_argument("--size", type=int, help="rows; the target's size where left out")
        parser.add_argument("--here", action="store_true", help="in this process, on DATABASE_URL")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Run one bench here, or each in its process."""
        known, name = benchmarks.names(), options["name"]
        if name is not None and name not in known:
            raise CommandError(f"no bench {name!r}; there are: {', '.join(known) or 'none'}")
        if options["here"]:
            sys.exit(self._run_here(name, options["size"]))
        try:
            with _database() as url:
                codes = [_run(bench, options["size"], url) for bench in ([name] if name else known)]
        except services.ServiceError as error:
            raise CommandError(str(error)) from error
        sys.exit(max(codes, default=0))

    def _run_here(self, name: str, size: int | None) -> int:
        """Measure in a database made for it and dropped afterwards; return the exit code."""
        if connection.vendor != "postgresql":
            raise CommandError("benches run on PostgreSQL; set DATABASE_URL")
        before = str(settings.DATABASES["default"]["NAME"])
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            figures = benchmarks.load(name)(size)
            over = list(benchmarks.report(figures, out=self._print))
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)
        return 1 if over else 0

    def _print(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


@contextlib.contextmanager
def _database() -> Iterator[str]:
    """Yield the DATABASE_URL given, else that of a PostgreSQL of our own."""
    if settings.DATABASE_URL:
        yield settings.DATABASE_URL
        return
    with services.postgres() as url:
        yield url


def _run(name: str, size: int | None, url: str) -> int:
    """Run one bench in a process of its own, with files of its own; return its exit code."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "bench", name, "--here"]
    command += [] if size is None else ["--size", str(size)]
    with tempfile.TemporaryDirectory(prefix="tracker-bench-") as folder:
        environment = {**os.environ, "DATABASE_URL": url, "TRACKER_VAR": folder}
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
