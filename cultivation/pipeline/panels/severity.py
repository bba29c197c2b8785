"""How severe experts are, and what scores would be without that (评委宽严校正).

A score is the case's worth plus the expert's leaning plus chance. With two or three scores a case
the leaning cannot be read off an average, so it is estimated for all at once and drawn toward
nought the more, the fewer cases an expert read and the more the scores scatter anyway: leanings are
random effects around nought. Their spread is found from the scores, first by moments, then by a few
rounds of expectation and maximisation. The same scores give the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Score = tuple[str, str, float]  # case, expert, points

SWEEPS = 200  # passes over all scores for a given ratio, at most
ROUNDS = 8  # estimates of the spreads
CLOSE = 1e-5  # points: far finer than what is shown
FLOOR = 1e-4  # no variance is taken for smaller


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found: worth by case, leaning by expert, both spreads (拟合结果)."""

    cases: Mapping[str, float]
    experts: Mapping[str, float]  # above 0: gives more than others
    noise: float  # variance of chance
    leaning: float  # variance of the leanings
    residuals: Mapping[tuple[str, str], float]


def fit(scores: Sequence[Score]) -> Fit:
    """Return the fit to scores; without scores an empty one."""
    if not scores:
        return Fit({}, {}, 0.0, 0.0, {})
    model = _Model(sorted(scores))
    noise, leaning = model.begin()
    for _ in range(ROUNDS):
        model.settle(noise / leaning)
        before = (noise, leaning)
        noise, leaning = model.spreads(noise, leaning)
        if max(abs(noise - before[0]), abs(leaning - before[1])) < CLOSE * (1 + noise + leaning):
            break
    model.settle(noise / leaning)
    return model.told(noise, leaning)


class _Model:
    """The scores with the present estimates; cases and experts by number."""

    def __init__(self, scores: Sequence[Score]) -> None:
        self.scores = scores
        self.cases = sorted({case for case, _, _ in scores})
        self.experts = sorted({expert for _, expert, _ in scores})
        case_at = {name: number for number, name in enumerate(self.cases)}
        expert_at = {name: number for number, name in enumerate(self.experts)}
        self.at = [(case_at[case], expert_at[expert], score) for case, expert, score in scores]
        self.many = [0] * len(self.cases)
        self.worth = [0.0] * len(self.cases)
        self.rows: list[list[tuple[int, float]]] = [[] for _ in self.experts]
        for case, expert, score in self.at:
            self.many[case] += 1
            self.worth[case] += score
            self.rows[expert].append((case, score))
        self.worth = [total / many for total, many in zip(self.worth, self.many, strict=True)]
        self.bias = [0.0] * len(self.experts)
        # what an expert's scores say of him beyond the worth of his cases
        self.informed = [sum(1 - 1 / self.many[case] for case, _ in rows) for rows in self.rows]

    def begin(self) -> tuple[float, float]:
        """Return first estimates of the spreads by moments: leanings free, less chance."""
        self.settle(0.01)
        free = max(1, len(self.at) - len(self.cases) - len(self.experts) + 1)
        noise = max(self._left() / free, FLOOR)
        known = [(b * b, w) for b, w in zip(self.bias, self.informed, strict=True) if w > 0]
        weight = sum(w for _, w in known)
        square = sum(b * w for b, w in known) / weight if weight else 0.0
        return noise, max(square - noise * len(known) / weight if weight else 0.0, FLOOR)

    def settle(self, ratio: float) -> None:
        """Find leanings and worths for a ratio of the spreads, expert by expert until all rest."""
        for _ in range(SWEEPS):
            moved = 0.0
            for expert, rows in enumerate(self.rows):
                moved = max(moved, self._lean(expert, rows, ratio))
            self._centre()
            if moved < CLOSE:
                break

    def _centre(self) -> None:
        """Let the leanings add up to nought, as in the end; passes alone get there slowly."""
        shift = sum(self.bias) / len(self.bias)
        self.bias = [bias - shift for bias in self.bias]
        self.worth = [worth + shift for worth in self.worth]

    def _lean(self, expert: int, rows: list[tuple[int, float]], ratio: float) -> float:
        """Set one leaning to its best; return by how much it moved."""
        worth, many, old = self.worth, self.many, self.bias[expert]
        gap = sum(score - worth[case] - old for case, score in rows)
        step = (gap - ratio * old) / (self.informed[expert] + ratio)
        self.bias[expert] = old + step
        for case, _ in rows:
            worth[case] -= step / many[case]
        return abs(step)

    def _left(self) -> float:
        return sum((score - self.worth[c] - self.bias[e]) ** 2 for c, e, score in self.at)

    def spreads(self, noise: float, leaning: float) -> tuple[float, float]:
        """Return better estimates of the spreads, with what is not known of the leanings."""
        ratio = noise / leaning
        known = [weight + ratio for weight in self.informed]
        spent = len(self.cases) + sum(
            weight / whole for weight, whole in zip(self.informed, known, strict=True)
        )
        squares = sum(b * b + noise / whole for b, whole in zip(self.bias, known, strict=True))
        new_noise = self._left() / max(1.0, len(self.at) - spent)
        return max(new_noise, FLOOR), max(squares / len(known), FLOOR)

    def told(self, noise: float, leaning: float) -> Fit:
        """Return the fit with leanings around nought, so that adjusting moves no average."""
        counted = sum(self.bias[expert] for _, expert, _ in self.at) / len(self.at)
        residuals = {
            (case, expert): score - self.worth[c] - self.bias[e]
            for (case, expert, _), (c, e, score) in zip(self.scores, self.at, strict=True)
        }
        return Fit(
            {name: worth + counted for name, worth in zip(self.cases, self.worth, strict=True)},
            {name: bias - counted for name, bias in zip(self.experts, self.bias, strict=True)},
            noise,
            leaning,
            residuals,
        )
