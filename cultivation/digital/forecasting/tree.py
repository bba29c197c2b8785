"""The tree of regions, as numbers that arrays are indexed by (地区树)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tree:
    """The paths of regions in order, the nation first, with what lies above each (地区树)."""

    paths: tuple[str, ...]
    place: dict[str, int]
    above: dict[str, tuple[int, ...]]  # of each path where firms stand: itself and all above

    @property
    def number(self) -> int:
        return len(self.paths)

    def generations(self) -> list[tuple[Whole, Whole]]:
        """Return by depth the regions and what each lies in, from below the nation down."""
        found: dict[int, list[tuple[int, int]]] = {}
        for number, path in enumerate(self.paths):
            if path:
                line = self.above[path]
                found.setdefault(len(line), []).append((number, line[-2]))
        return [
            (np.array([child for child, _up in pairs]), np.array([up for _child, up in pairs]))
            for _depth, pairs in sorted(found.items())
        ]

    def gathered(self, own: dict[str, Any], shape: tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Return what stands at each path, added up for every region above it (汇总)."""
        sums = np.zeros((self.number, *shape))
        for path, value in own.items():
            for number in self.above.get(path, ()):
                sums[number] += value
        return sums


def grow(paths: Iterable[str], regions: Iterable[str]) -> Tree:
    """Return the tree of the regions that firms of some paths stand in or below (建树)."""
    known = {"", *regions}
    lines = {path: _line(path, known) for path in {"", *paths}}
    kept = tuple(sorted({part for line in lines.values() for part in line}))
    place = {path: number for number, path in enumerate(kept)}
    for path in kept:
        lines.setdefault(path, _line(path, known))
    above = {path: tuple(place[part] for part in line) for path, line in lines.items()}
    return Tree(kept, place, above)


def _line(path: str, known: set[str]) -> list[str]:
    parts = [path[:length] for length in range(len(path) + 1)]
    return [part for part in parts if part in known]
