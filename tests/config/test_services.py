from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from config import services

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the wheel is for Linux")


def test_free_port_can_be_bound() -> None:
    assert 1024 < services.free_port() < 65536


def test_valkey_of_the_wheel_answers_and_stops(tmp_path: Path) -> None:
    with services.valkey(tmp_path) as url, redis.Redis.from_url(url) as client:
        assert client.ping() is True
        assert client.info()["server_name"] == "valkey"
        assert client.config_get("bind", "appendonly") == {"bind": "127.0.0.1", "appendonly": "yes"}
        pid = int(client.info()["process_id"])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_valkey_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    with services.valkey(tmp_path) as url, redis.Redis.from_url(url) as client:
        client.set("waiting", "3")
    with services.valkey(tmp_path) as url, redis.Redis.from_url(url) as client:
        assert client.get("waiting") == b"3"


def test_valkey_asks_for_the_password_of_a_private_file(tmp_path: Path) -> None:
    with services.valkey(tmp_path) as url:
        port = redis.connection.parse_url(url)["port"]
        with (
            contextlib.closing(redis.Redis(port=port)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
    assert stat.S_IMODE((tmp_path / "valkey.conf").stat().st_mode) == 0o600


def test_valkey_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").write_text("not a folder")
    with pytest.raises(services.ServiceError, match="Valkey did not start"):
        services.valkey(tmp_path).__enter__()


@LINUX
def test_postgres_of_the_wheel_answers_durably_on_a_private_socket() -> None:
    with services.postgres() as url:
        with psycopg.connect(url) as link:
            names = "fsync", "listen_addresses", "server_encoding"
            shown = [link.execute(f"SHOW {name}").fetchone() for name in names]
            order = link.execute("SELECT datlocprovider FROM pg_database").fetchall()
        folder = Path(url.partition("host=")[2])
        mode = stat.S_IMODE(folder.stat().st_mode)
    assert shown == [("on",), ("",), ("UTF8",)]
    assert set(order) == {("b",)}
    assert mode == 0o700
    assert folder.exists() is False


@LINUX
def test_postgres_for_tests_keeps_no_statistics_of_rows_rolled_back() -> None:
    with services.postgres(for_tests=True) as url, psycopg.connect(url) as link:
        shown = [link.execute(f"SHOW {name}").fetchone() for name in ("fsync", "autovacuum")]
    assert shown == [("off",), ("off",)]


@LINUX
def test_postgres_goes_with_its_killed_parent_and_is_swept_by_the_next() -> None:
    code = (
        "from config import services\n"
        "with services.postgres() as url:\n"
        "    print(url, flush=True)\n"
        "    input()\n"
    )
    home = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        folder = Path(parent.stdout.readline().strip().partition("host=")[2])
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and Path(f"/proc/{server}/exe").exists():
        time.sleep(0.05)
    assert Path(f"/proc/{server}/exe").exists() is False
    with services.postgres():
        assert folder.exists() is False
