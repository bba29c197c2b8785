from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import bootstrap

HOME = Path(__file__).resolve().parents[2]


def lay_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project whose locks name nothing, so that set-up needs no network."""
    locks = folder / "config" / "requirements"
    locks.mkdir(parents=True)
    for group in bootstrap.GROUPS:
        (locks / f"{group}.txt").write_text(f"# {group}\n")
    shutil.copy(HOME / "manage.py", folder)
    shutil.copy(HOME / "config" / "bootstrap.py", folder / "config")
    monkeypatch.setattr(bootstrap, "LOCKS", locks)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose locks name nothing."""
    return lay_out(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that was set up; making one takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        venv = lay_out(tmp_path_factory.mktemp("project"), patch) / ".venv"
        bootstrap.set_up(venv, "base")
    return venv


@pytest.fixture
def copied(project: Path, set_up: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(set_up, project / ".venv", symlinks=True))


def environment_with(project: Path, *groups: str) -> Path:
    """Make the look of an environment with these locks in it."""
    venv = project / ".venv"
    python = bootstrap.python_of(venv)
    python.parent.mkdir(parents=True)
    python.touch()
    (venv / "pyvenv.cfg").touch()
    stamp = {group: bootstrap.digest(group) for group in groups}
    (venv / bootstrap.STAMP).write_text(json.dumps(stamp))
    return venv


def test_complete_is_what_holds_the_lock_or_a_wider_one(project) -> None:
    venv = environment_with(project, "test")
    complete = {group: bootstrap.is_complete(venv, group) for group in bootstrap.GROUPS}
    assert complete == {"base": True, "test": True, "bench": False, "ci": False}


def test_complete_ends_when_the_lock_changes(project) -> None:
    venv = environment_with(project, "base")
    (bootstrap.LOCKS / "base.txt").write_text("# another\n")
    assert bootstrap.is_complete(venv, "base") is False


@pytest.mark.parametrize("content", ["", "{", "[]", '{"base": "0"}'])
def test_complete_distrusts_a_broken_stamp(project, content) -> None:
    venv = environment_with(project, "base")
    (venv / bootstrap.STAMP).write_text(content)
    assert bootstrap.is_complete(venv, "base") is False


def test_complete_needs_an_interpreter(project) -> None:
    venv = environment_with(project, "base")
    bootstrap.python_of(venv).unlink()
    bootstrap.python_of(venv).symlink_to("/nowhere/python3")
    assert bootstrap.is_complete(venv, "base") is False


def test_set_up_leaves_a_folder_that_is_no_environment_alone(project) -> None:
    (project / "precious").mkdir()
    (project / "precious" / "thesis.txt").write_text("years of work")
    with pytest.raises(bootstrap.SetUpError, match="not a virtual environment"):
        bootstrap.set_up(project / "precious", "base")
    assert (project / "precious" / "thesis.txt").read_text() == "years of work"


def test_set_up_makes_an_environment_and_stamps_it_last(project, set_up) -> None:
    assert bootstrap.read_stamp(set_up) == {"base": bootstrap.digest("base")}
    assert bootstrap.is_complete(set_up, "base") is True


def test_set_up_keeps_the_wider_lock_that_was_in(copied) -> None:
    (copied / bootstrap.STAMP).write_text(json.dumps({"test": bootstrap.digest("test")}))
    (bootstrap.LOCKS / "test.txt").write_text("# newer\n")
    bootstrap.set_up(copied, "base")
    assert bootstrap.read_stamp(copied) == {"test": bootstrap.digest("test")}


def test_failed_installation_leaves_no_stamp(copied) -> None:
    assert bootstrap.is_complete(copied, "base") is True
    (bootstrap.LOCKS / "base.txt").write_text("no-such-package @ file:///nowhere.whl\n")
    with pytest.raises(bootstrap.SetUpError, match="could not be installed"):
        bootstrap.set_up(copied, "base")
    assert bootstrap.read_stamp(copied) == {}


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({}, HOME / ".venv"),
        ({"TRACKER_VENV": "/srv/venv"}, Path("/srv/venv")),
        ({"TRACKER_VENV": ""}, None),
    ],
)
def test_venv_folder_follows_the_environment(given, folder) -> None:
    assert bootstrap.venv_folder(given) == folder


def test_manage_enters_its_environment_with_the_standard_library_only(project) -> None:
    """On a bare interpreter: the environment is made, entered, and only then Django missed."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(project / "home")}
    ended = subprocess.run(
        [sys.executable, "-S", str(project / "manage.py"), "check"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bootstrap.is_complete(project / ".venv", "base") is True
    assert ended.stderr.count("setting up") == 1
    assert ended.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'django'"


def test_locks_name_no_registry_and_hash_everything() -> None:
    for group in bootstrap.GROUPS:
        lines = (HOME / "config" / "requirements" / f"{group}.txt").read_text().splitlines()
        packages = [line for line in lines if not line.startswith((" ", "#"))]
        assert [line for line in packages if "://" in line or not line.endswith("\\")] == []
