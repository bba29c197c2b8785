"""Child processes: ending them and whatever they started, and never outliving us (子进程)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def _prctl() -> Callable[[int, int], int] | None:
    if sys.platform != "linux":
        return None
    import ctypes

    function: Callable[[int, int], int] = ctypes.CDLL(None, use_errno=True).prctl
    return function


_PRCTL = _prctl()  # found now: between fork and exec as little as possible is done


def die_with_parent() -> None:
    """In a fresh child: ask the kernel for SIGTERM when the parent dies, even by SIGKILL."""
    if _PRCTL is not None:
        _PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)


def exists(pid: int) -> bool:
    """Return whether a process of this number lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def own_folder(subject: str) -> Path:
    """Make a private folder for this process; those that killed processes left behind go."""
    start = f"tracker-{subject}-"
    for left in Path(tempfile.gettempdir()).glob(f"{start}*-*"):
        owner = left.name.removeprefix(start).partition("-")[0]
        if owner.isdigit() and not exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{start}{os.getpid()}-"))


def stop(
    process: subprocess.Popen[bytes],
    *,
    patience: float = 10.0,
    by: signal.Signals = signal.SIGTERM,
) -> int:
    """End a child that leads a process group, by force after `patience` seconds, and its group."""
    if process.poll() is None:
        process.send_signal(by)
    return wait_or_kill(process, patience=patience)


def wait_or_kill(process: subprocess.Popen[bytes], *, patience: float) -> int:
    """Wait for a child that leads a process group; after `patience` seconds kill the group."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    kill_group(process.pid)
    return process.wait()


def kill_group(leader: int) -> None:
    """Kill what is left of a process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
