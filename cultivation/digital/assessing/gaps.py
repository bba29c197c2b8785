"""What the next level asks for, and the cheapest ways there (等级差距与最省路径).

A step is one option more of a question, or one level more in a scenario. Which scenarios to raise
and which questions to answer better do not depend on each other, so each is made cheapest on its
own: scenarios by taking the binding ones needed first, points by the fewest steps that give enough.
Every way is judged again by the scoring itself before it is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cultivation.digital import index, scoring
from cultivation.digital.assessing import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.digital.index import Level, Option, Question, Scenario
    from cultivation.digital.models import MaturityAssessment
    from cultivation.digital.scoring import Answers, Standing

RESULTS = 2  # the dimension whose answers are outcomes, not measures
TOP = 4


@dataclass(frozen=True, slots=True)
class Rise:
    """A scenario that has to reach a level (场景提升)."""

    scenario: Scenario
    before: int
    after: int

    @property
    def steps(self) -> int:
        return self.after - self.before

    @property
    def text(self) -> str:
        """Return what the level asks for there."""
        return self.scenario.level_text(self.after)


@dataclass(frozen=True, slots=True)
class Better:
    """A question answered better, with what that gives (答题提升)."""

    question: Question
    chosen: tuple[Option, ...]  # new options; of a single choice the one to reach
    gain: int  # thousandths
    steps: int

    @property
    def points(self) -> str:
        return index.plain(self.gain)


@dataclass(frozen=True, slots=True)
class Path:
    """One way to a level: scenarios to raise and questions to answer better (路径)."""

    within: str  # the dimension its points come from; empty where several
    rises: tuple[Rise, ...]
    better: tuple[Better, ...]

    @property
    def rise_steps(self) -> int:
        return sum(one.steps for one in self.rises)

    @property
    def better_steps(self) -> int:
        return sum(one.steps for one in self.better)

    @property
    def steps(self) -> int:
        """Return how many steps the whole way takes."""
        return self.rise_steps + self.better_steps

    @property
    def points(self) -> str:
        return index.plain(sum(one.gain for one in self.better))


@dataclass(frozen=True, slots=True)
class Gap:
    """How far an enterprise is from its next level (等级差距).

    `level` is None where nothing valid is there; `known` is false where only a result was entered,
    so that nobody can say which scenarios are missing. `scenarios` are the numbers to raise on the
    cheapest path, `candidates` all those below the target.
    """

    level: int | None
    target: int | None
    points_missing: int = 0  # thousandths
    scenarios: tuple[int, ...] = ()
    scenarios_missing: int = 0
    binding_missing: int = 0
    candidates: tuple[int, ...] = ()
    paths: tuple[Path, ...] = ()
    known: bool = False
    verified: bool = False  # the thresholds

    @property
    def more(self) -> int:
        """Return how many scenarios must rise so that both scenario tests hold."""
        return max(self.scenarios_missing, self.binding_missing)

    @property
    def words(self) -> list[str]:
        """Return what is missing as people say it, one thing each."""
        found = []
        if self.more and self.binding_missing:
            text = ngettext(
                "%(more)s more scenario at level %(target)s, %(binding)s of them binding",
                "%(more)s more scenarios at level %(target)s, %(binding)s of them binding",
                self.more,
            )
            words = {"more": self.more, "binding": self.binding_missing, "target": self.target}
            found.append(text % words)
        elif self.more:
            text = ngettext(
                "%(more)s more scenario at level %(target)s",
                "%(more)s more scenarios at level %(target)s",
                self.more,
            )
            found.append(text % {"more": self.more, "target": self.target})
        if self.points_missing:
            within = [path.within for path in self.paths if path.within]
            points = index.plain(self.points_missing)
            said = _("%(points)s points more, in %(where)s alone") if within else ""
            text = said or _("%(points)s points more")
            found.append(text % {"points": points, "where": _(" or ").join(within)})
        return found


def of(row: MaturityAssessment | None) -> Gap:
    """Return the gap of an assessment, under the thresholds that it was judged under."""
    if row is None:
        return Gap(level=None, target=1)
    levels = rules.levels_of(row.rule, row.index_version)
    if row.answers:
        return of_answers(row.answers, levels)
    target = row.level + 1 if row.level < TOP else None
    threshold = next((one for one in levels if one.no == target), None)
    missing = 0
    if threshold and row.score is not None:
        missing = max(0, threshold.points - row.score * 10)
    return Gap(row.level, target, points_missing=missing)


def of_answers(
    answers: Answers, levels: Sequence[Level] | None = None, *, target: int | None = None
) -> Gap:
    """Return the gap of complete answers to the next level, or to a level named."""
    standing = scoring.stand(answers, levels)
    aim = target or standing.level + 1
    test = next((one for one in standing.tests if one.level.no == aim), None)
    if test is None:
        verified = all(one.level.verified for one in standing.tests)
        return Gap(standing.level, None, known=True, verified=verified)
    low = _below(answers, aim)
    rises = _cheapest_rises(low, test.more_scenarios, test.binding_missing)
    found = tuple(_paths(answers, levels, aim, rises, test.points_missing))
    return Gap(
        level=standing.level,
        target=aim,
        points_missing=test.points_missing,
        scenarios=tuple(sorted(one.scenario.no for one in rises)),
        scenarios_missing=test.scenarios_missing,
        binding_missing=test.binding_missing,
        candidates=tuple(one.scenario.no for one in low),
        paths=found,
        known=True,
        verified=test.level.verified,
    )


def improved(answers: Answers, path: Path) -> Answers:
    """Return answers as they would be after a way was gone."""
    questions, scenarios = dict(answers["questions"]), dict(answers["scenarios"])
    for rise in path.rises:
        scenarios[str(rise.scenario.no)] = rise.after
    for one in path.better:
        codes = [option.code for option in one.chosen]
        key = str(one.question.no)
        if one.question.multiple:
            points = {option.code: option.points for option in one.question.options}
            codes = [*(code for code in questions[key] if points[code]), *codes]
        questions[key] = codes
    return {"questions": questions, "scenarios": scenarios}


def _below(answers: Answers, aim: int) -> list[Rise]:
    found = []
    for scenario in index.scenarios():
        own = answers["scenarios"][str(scenario.no)]
        if own < aim:
            found.append(Rise(scenario, own, aim))
    return found


def _cheapest_rises(low: list[Rise], more: int, binding: int) -> tuple[Rise, ...]:
    """Return the fewest levels to gain: the binding ones needed, then whatever is nearest."""
    near = sorted(low, key=lambda one: (one.steps, not one.scenario.binding, one.scenario.no))
    taken = [one for one in near if one.scenario.binding][:binding]
    rest = [one for one in near if one not in taken]
    return (*taken, *rest[: max(0, more - len(taken))])


def _paths(
    answers: Answers,
    levels: Sequence[Level] | None,
    aim: int,
    rises: tuple[Rise, ...],
    missing: int,
) -> Iterable[Path]:
    """Give the cheapest path first, and those within one dimension, each tried by the scoring."""
    groups = index.dimensions()
    measures = [question for group in groups[:RESULTS] for question in group]
    best = fewest(answers, measures, missing)
    if best is None:
        best = fewest(answers, list(index.questions()), missing)
    if best is None:
        return
    seen: list[tuple[Better, ...]] = []
    for group in groups[:RESULTS] if missing else ():
        alone = fewest(answers, list(group), missing)
        if alone is not None:
            seen.append(alone)
    if all(_steps(one) > _steps(best) for one in seen):
        seen = [best, *seen]
    for one in sorted(seen, key=_steps):
        path = Path(_within(one), rises, one)
        if scoring.stand(improved(answers, path), levels).level >= aim:
            yield path


def _steps(better: tuple[Better, ...]) -> int:
    return sum(one.steps for one in better)


def _within(better: tuple[Better, ...]) -> str:
    names = {one.question.dimension for one in better}
    return names.pop() if len(names) == 1 else ""


def fewest(
    answers: Answers, questions: Sequence[Question], missing: int
) -> tuple[Better, ...] | None:
    """Return the fewest steps in some questions that give the points missing; None: they cannot."""
    if missing <= 0:
        return ()
    best: dict[int, tuple[int, tuple[Better, ...]]] = {0: (0, ())}
    for question in questions:
        options = _offers(question, answers["questions"][str(question.no)])
        grown = dict(best)
        for steps, (gain, taken) in best.items():
            for one in options:
                total, more = steps + one.steps, gain + one.gain
                if total not in grown or grown[total][0] < more:
                    grown[total] = (more, (*taken, one))
        best = grown
    enough = [steps for steps, (gain, _taken) in best.items() if gain >= missing]
    return best[min(enough)][1] if enough else None


def _offers(question: Question, chosen: Sequence[str]) -> list[Better]:
    """Return how a question may be answered better, step by step."""
    if question.multiple:
        free = [one for one in question.options if one.points and one.code not in chosen]
        free.sort(key=lambda one: -one.points)
        return [
            Better(question, tuple(free[:n]), sum(one.points for one in free[:n]), n)
            for n in range(1, len(free) + 1)
        ]
    own = scoring.points_of(question, list(chosen))
    higher = [one for one in question.options if one.points > own]
    higher.sort(key=lambda one: one.points)
    return [Better(question, (one,), one.points - own, n) for n, one in enumerate(higher, 1)]


@dataclass(frozen=True, slots=True)
class Band:
    """From which total to below which a level reaches, in hundredths (分段); no most: the top."""

    least: int
    most: int | None


def band_of(row: MaturityAssessment | None) -> Band | None:
    """Return the band that a total fell into; None where not the total alone decides."""
    if row is None or row.score is None or row.index_version == index.ASKED:
        return None
    levels = rules.levels_of(row.rule, row.index_version)
    own = next((level for level in levels if level.no == row.level), None)
    above = next((level for level in levels if level.no == row.level + 1), None)
    return Band(own.score if own else 0, above.score if above else None)


def standing_of(row: MaturityAssessment | None) -> Standing | None:
    """Return how an answered assessment stands under its own thresholds; None without answers."""
    if row is None or not row.answers:
        return None
    return scoring.stand(row.answers, rules.levels_of(row.rule, row.index_version))
