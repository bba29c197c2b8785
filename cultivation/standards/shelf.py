"""The folder of Parquet files, each under the hash of its content (快照文件)."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import polars as pl

SCRATCH = ".scratch-"
YOUNG = 3600  # seconds that a file may lie here before a manifest names it
GRACE = 60  # seconds in which a new folder is locked by its owner


def folder() -> Path:
    """Return where the files lie."""
    return Path(settings.SNAPSHOT_DIR)


def path_of(sha256: str) -> Path:
    """Return where the file of a hash lies."""
    return folder() / f"{sha256}.parquet"


def put(frame: pl.DataFrame, scratch: Path) -> str:
    """Write rows as a file and return its hash; under its name it appears only whole (存放)."""
    with tempfile.NamedTemporaryFile(dir=scratch, delete=False) as file:
        frame.rechunk().write_parquet(file, compression="lz4")
        file.flush()
        os.fsync(file.fileno())
    digest = digest_of(Path(file.name))
    os.replace(file.name, path_of(digest))  # noqa: PTH105
    return digest


def digest_of(path: Path) -> str:
    """Return the hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(sha256: str) -> bool:
    """Tell whether the file of a hash is there and unaltered."""
    path = path_of(sha256)
    return path.exists() and digest_of(path) == sha256


def size_of(sha256: str) -> int:
    """Return the bytes of the file of a hash."""
    return path_of(sha256).stat().st_size


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder for unfinished files; those that killed processes left behind go.

    Whoever works in one holds a lock on it, which the system lets go when the process ends.
    """
    folder().mkdir(parents=True, exist_ok=True)
    _clear()
    place = Path(tempfile.mkdtemp(dir=folder(), prefix=SCRATCH))
    lock = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def sweep(named: Collection[str]) -> list[Path]:
    """Delete the files that are not named, unless they are young, and return them (清理)."""
    edge = time.time() - YOUNG
    unnamed = [path for path in folder().glob("*.parquet") if path.stem not in named]
    swept = [path for path in unnamed if path.stat().st_mtime < edge]
    for path in swept:
        path.unlink(missing_ok=True)
    _clear()
    return swept


def _clear() -> None:
    for left in folder().glob(f"{SCRATCH}*"):
        try:
            if time.time() - left.stat().st_mtime < GRACE:
                continue  # its owner may not have come to lock it yet
            lock = os.open(left, os.O_RDONLY)
        except FileNotFoundError:  # its owner has just tidied up
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
