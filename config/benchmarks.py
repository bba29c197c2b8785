"""What a bench reports, and how its figures are printed and judged (基准).

A bench is a module tests/bench/bench_<name>.py with a function

    def figures(size: int | None) -> Iterable[Figure]: ...

It runs in a process of its own on an empty, migrated PostgreSQL database and yields its figures as
they come. `size` is what the person asked for with --size; None means the size of the target.
"""

from __future__ import annotations

import importlib.util
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Bench = Callable[[int | None], Iterable["Figure"]]

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "bench"
PREFIX = "bench_"


@dataclass(frozen=True)
class Figure:
    """A measured value and the most it may be; no limit where it is only told (指标)."""

    name: str
    measured: float
    limit: float | None
    unit: str

    @property
    def is_over(self) -> bool:
        """Return whether the value is over its limit."""
        return self.limit is not None and self.measured > self.limit

    def line(self) -> str:
        """Return `name measured limit unit`, a dash where there is no limit."""
        limit = "-" if self.limit is None else _plain(self.limit)
        over = "  OVER" if self.is_over else ""
        return f"{self.name.replace(' ', '_')} {_plain(self.measured)} {limit} {self.unit}{over}"


def _plain(value: float) -> str:
    """Return a number with four digits that count, or one decimal where it is large."""
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}".removesuffix(".0")


def names() -> list[str]:
    """Return the names of all benches."""
    return sorted(path.stem.removeprefix(PREFIX) for path in FOLDER.glob(f"{PREFIX}*.py"))


def load(name: str) -> Bench:
    """Return the function that yields the figures of a bench."""
    path = FOLDER / f"{PREFIX}{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    bench: Bench = module.figures
    return bench


def report(figures: Iterable[Figure], *, out: Callable[[str], object]) -> Iterator[Figure]:
    """Print each figure as it comes; yield those over their limit."""
    for figure in figures:
        out(figure.line())
        if figure.is_over:
            yield figure


def peak_mib() -> float:
    """Return the most memory this process has held so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (1024 * 1024 if sys.platform == "darwin" else 1024)
