"""How severe experts are, and what scores would be without that (评委宽严校正).

A score is the case's worth plus the expert's leaning plus chance. With two or three scores a case
the leaning cannot be read off an average, so it is estimated for all at once and drawn toward
nought the more, the fewer cases an expert read and the more the scores scatter anyway: the
leanings are random effects, their spread is found from the scores (restricted maximum likelihood by
expectation and maximisation). The same scores give the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Score = tuple[str, str, float]  # case, expert, points

SWEEPS = 60  # passes over all scores for a given spread
ROUNDS = 40  # estimates of the spread
CLOSE = 1e-7
FLOOR = 1e-6  # no spread is taken for smaller


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
    noise = leaning = max(model.scatter() / 2, FLOOR)
    for _ in range(ROUNDS):
        model.settle(noise / leaning)
        before = (noise, leaning)
        noise, leaning = model.spreads(noise, leaning)
        if max(abs(noise - before[0]), abs(leaning - before[1])) < CLOSE * (1 + noise + leaning):
            break
    model.settle(noise / leaning)
    return model.told(noise, leaning)


class _Model:
    """The scores with the present estimates."""

    def __init__(self, scores: Sequence[Score]) -> None:
        self.scores = scores
        self.of_case: dict[str, list[tuple[str, float]]] = {}
        self.of_expert: dict[str, list[tuple[str, float]]] = {}
        for case, expert, score in scores:
            self.of_case.setdefault(case, []).append((expert, score))
            self.of_expert.setdefault(expert, []).append((case, score))
        self.bias = dict.fromkeys(self.of_expert, 0.0)
        self.worth: dict[str, float] = {}
        self._weigh()
        self.informed = {  # what an expert's scores say of him beyond the worth of his cases
            expert: sum(1 - 1 / len(self.of_case[case]) for case, _ in rows)
            for expert, rows in self.of_expert.items()
        }

    def scatter(self) -> float:
        """Return the variance within cases before anything is known of the experts."""
        return sum(r * r for r in self.residuals().values()) / max(
            1, len(self.scores) - len(self.of_case)
        )

    def settle(self, ratio: float) -> None:
        """Find leanings and worths for a ratio of the spreads, by passes over both in turn."""
        for _ in range(SWEEPS):
            moved = 0.0
            for expert, rows in self.of_expert.items():
                new = sum(score - self.worth[case] for case, score in rows) / (len(rows) + ratio)
                moved = max(moved, abs(new - self.bias[expert]))
                self.bias[expert] = new
            self._weigh()
            if moved < CLOSE:
                break

    def _weigh(self) -> None:
        for case, rows in self.of_case.items():
            self.worth[case] = sum(score - self.bias[expert] for expert, score in rows) / len(rows)

    def residuals(self) -> dict[tuple[str, str], float]:
        return {
            (case, expert): score - self.worth[case] - self.bias[expert]
            for case, expert, score in self.scores
        }

    def spreads(self, noise: float, leaning: float) -> tuple[float, float]:
        """Return better estimates of the spreads, with what is not known of the leanings."""
        ratio = noise / leaning
        known = {one: weight + ratio for one, weight in self.informed.items()}
        unsure = {one: noise / weight for one, weight in known.items()}
        spent = len(self.of_case) + sum(self.informed[one] / known[one] for one in known)
        left = sum(r * r for r in self.residuals().values())
        new_noise = left / max(1.0, len(self.scores) - spent)
        new_leaning = sum(self.bias[one] ** 2 + unsure[one] for one in known) / len(known)
        return max(new_noise, FLOOR), max(new_leaning, FLOOR)

    def told(self, noise: float, leaning: float) -> Fit:
        """Return the fit with leanings around nought, so that adjusting moves no average."""
        counted = sum(self.bias[expert] for _, expert, _ in self.scores) / len(self.scores)
        experts = {one: bias - counted for one, bias in self.bias.items()}
        cases = {one: worth + counted for one, worth in self.worth.items()}
        return Fit(cases, experts, noise, leaning, self.residuals())
