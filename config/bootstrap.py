"""From a bare machine to an environment in which Django runs; standard library only (环境准备).

`.venv` beside manage.py (or where TRACKER_VENV says) gets one of the hashed locks of
config/requirements. A stamp with the lock's digest, written last, says that a lock is wholly in.
TRACKER_VENV set to nothing means: use the interpreter at hand as it is. TRACKER_LOCK asks for a
wider lock than the command needs.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOME = Path(__file__).resolve().parent.parent
LOCKS = HOME / "config" / "requirements"
GROUPS = ("base", "test", "bench", "ci")  # each holds all that the one before holds
NEEDS = {
    "demo": "base",
    "messages": "base",
    "test": "test",
    "bench": "bench",
}  # the commands that set everything up
STAMP = "tracker-locks.json"
NO_ENVIRONMENT = """\
No virtual environment could be made in {venv}.
On Debian or Ubuntu: apt install python3-venv
Elsewhere: install uv or virtualenv, or a Python that comes with venv and ensurepip.
"""


class SetUpError(Exception):
    """The environment could not be made; the message says what to do."""


def prepare(arguments: Sequence[str]) -> None:
    """Return where Django can be imported as the command needs it, else replace this process."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command in NEEDS or not {"SECRET_KEY", "DATABASE_URL"} & os.environ.keys():
        os.environ.setdefault("TRACKER_LOCAL", "1")  # no server is named: a machine of one's own
    venv = venv_folder(os.environ)
    if venv is None:
        return
    inside = Path(sys.prefix).resolve() == venv.resolve()
    if not inside and not venv.exists() and command not in NEEDS and has_django():
        return  # somebody's own environment, without ours beside it
    group = os.environ.get("TRACKER_LOCK") or NEEDS.get(command, "base")
    sets_up = command in NEEDS or "TRACKER_LOCK" in os.environ
    if not is_complete(venv, group) and (sets_up or not inside or not has_django()):
        try:
            with one_at_a_time():
                if not is_complete(venv, group):
                    set_up(venv, group)
        except SetUpError as error:
            sys.exit(f"manage.py: {error}")
    if not inside:
        enter(venv)


def venv_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of our environment; None where the interpreter at hand is to be used."""
    given = environment.get("TRACKER_VENV")
    if given is None:
        return HOME / ".venv"
    return Path(given).absolute() if given else None


def has_django() -> bool:
    """Return whether Django can be imported here."""
    return importlib.util.find_spec("django") is not None


def python_of(venv: Path) -> Path:
    """Return the interpreter of an environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def digest(group: str) -> str:
    """Return the SHA-256 of a lock."""
    return hashlib.sha256((LOCKS / f"{group}.txt").read_bytes()).hexdigest()


def read_stamp(venv: Path) -> dict[str, str]:
    """Return which locks, by digest, an environment says it holds."""
    try:
        content = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_complete(venv: Path, group: str) -> bool:
    """Return whether an environment wholly holds a lock, or a wider one, as it is today."""
    if not python_of(venv).exists():
        return False
    stamp = read_stamp(venv)
    return any(stamp.get(name) == digest(name) for name in GROUPS[GROUPS.index(group) :])


def set_up(venv: Path, group: str) -> None:
    """Make the environment where there is none and install a lock into it."""
    # A lock that was in stays in: its tests or linters would otherwise keep older versions.
    held = [name for name in GROUPS if name in read_stamp(venv)]
    group = max([group, *held], key=GROUPS.index)
    say(f"setting up {venv} ({group}), this once …")
    if not python_of(venv).exists():
        make(venv)
    (venv / STAMP).unlink(missing_ok=True)
    install(venv, group)
    stamp = venv / (STAMP + ".new")
    stamp.write_text(json.dumps({group: digest(group)}) + "\n", encoding="utf-8")
    stamp.replace(venv / STAMP)


def make(venv: Path) -> None:
    """Make an empty environment with uv, venv or virtualenv, whichever works here."""
    if venv.exists():
        if any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
            raise SetUpError(f"{venv} exists and is not a virtual environment; it is left alone.")
        shutil.rmtree(venv)  # half made, or its interpreter has gone
    python = sys.executable
    attempts = [
        [python, "-m", "venv", str(venv)],
        [python, "-m", "virtualenv", "--quiet", str(venv)],
        [python, "-m", "venv", "--without-pip", str(venv)],  # then the pip of outside fills it
    ]
    uv = find_uv()
    if uv:
        attempts.insert(0, [uv, "venv", "--quiet", "--python", python, str(venv)])
    elif importlib.util.find_spec("ensurepip") is None and outer_pip() is None:
        attempts.pop()
    for attempt in attempts:
        if run(attempt, quiet=True) and python_of(venv).exists():
            return
        shutil.rmtree(venv, ignore_errors=True)
    raise SetUpError(NO_ENVIRONMENT.format(venv=venv))


def install(venv: Path, group: str) -> None:
    """Install a lock with uv, else with a pip of inside or outside; hashes are checked."""
    python, lock = str(python_of(venv)), str(LOCKS / f"{group}.txt")
    uv = find_uv()
    if uv and run([uv, "pip", "install", "--python", python, "--require-hashes", "-r", lock]):
        return
    options = ["install", "--disable-pip-version-check", "--require-hashes", "-r", lock]
    pip = [python, "-m", "pip"]
    has_pip = run([*pip, "--version"], quiet=True)
    if has_pip or run([python, "-m", "ensurepip"], quiet=True):
        done = run([*pip, *options])
    else:
        outer = outer_pip()
        if outer is None:
            raise SetUpError("no uv and no pip can be had. On Debian: apt install python3-venv")
        done = run([*outer, "--python", python, *options])
    if not done:
        raise SetUpError("the packages could not be installed; see above. Run it again to resume.")


def find_uv() -> str | None:
    """Return a uv that answers."""
    uv = shutil.which("uv")
    return uv if uv and run([uv, "--version"], quiet=True) else None


def outer_pip() -> list[str] | None:
    """Return the pip of the interpreter at hand."""
    pip = [sys.executable, "-m", "pip"]
    return pip if run([*pip, "--version"], quiet=True) else None


def run(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Return whether a command ended well; its output goes to the terminal unless quiet."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    for name in ("VIRTUAL_ENV", "PYTHONHOME", "PIP_REQUIRE_VIRTUALENV"):
        environment.pop(name, None)
    output = subprocess.DEVNULL if quiet else None
    try:
        ended = subprocess.run(  # noqa: S603
            list(command), env=environment, stdout=output, stderr=output, check=False
        )
    except OSError:
        return False
    return ended.returncode == 0


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep a second manage.py waiting while the first one sets up."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with (LOCKS / "base.txt").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def enter(venv: Path) -> None:
    """Replace this process by the same command inside the environment."""
    command = [str(python_of(venv)), *sys.argv]
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603
    os.execv(command[0], command)  # noqa: S606


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(f"manage.py: {text}", file=sys.stderr, flush=True)
