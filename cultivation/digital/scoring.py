"""Score and level from the answers of the 2024 index (数字化水平评分定级).

The level is the highest whose three tests all hold: points, scenarios at that level or above, and
binding ones among them. Everything is whole thousandths of a point; nothing is rounded before it
is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cultivation.digital import index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.digital.index import Level, Question, Scenario

Answers = dict[str, Any]  # {"questions": {"1": ["B", "C"]}, "scenarios": {"1": 2}}


@dataclass(frozen=True, slots=True)
class LevelTest:
    """One level held against an enterprise's answers: what is missing for it (等级差距)."""

    level: Level
    points: int
    scenarios: int
    binding: int
    points_missing: int
    scenarios_missing: int
    binding_missing: int

    @property
    def met(self) -> bool:
        return not (self.points_missing or self.scenarios_missing or self.binding_missing)

    @property
    def score(self) -> int:
        """Return the points asked for in hundredths."""
        return self.level.score

    @property
    def score_missing(self) -> int:
        """Return the points missing in hundredths, rounded up: that many more are enough."""
        return -(-self.points_missing // 10)

    @property
    def more_scenarios(self) -> int:
        """Return how many scenarios must rise so that both scenario tests hold."""
        return max(self.scenarios_missing, self.binding_missing)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an enterprise stands on the index, and what the next level asks for (评测结果)."""

    points: int
    dimensions: tuple[tuple[str, int, int], ...]  # name, points, most
    tests: tuple[LevelTest, ...]
    within_reach: tuple[Scenario, ...]  # one step below the next level

    @property
    def level(self) -> int:
        return max((test.level.no for test in self.tests if test.met), default=0)

    @property
    def name(self) -> str:
        """Return the name of the level; empty where none is reached."""
        return next((str(test.level) for test in self.tests if test.level.no == self.level), "")

    @property
    def next(self) -> LevelTest | None:
        """Return the test of the next level up; None at the top."""
        return next((test for test in self.tests if test.level.no == self.level + 1), None)

    @property
    def dimensions_scored(self) -> list[tuple[str, int, int]]:
        """Return the dimensions with points and the most there are, in hundredths."""
        return [(name, own // 10, most // 10) for name, own, most in self.dimensions]

    @property
    def score(self) -> int:
        """Return the score in hundredths, thousandths cut off: it never looks higher than it is."""
        return self.points // 10


def check(answers: Answers) -> None:
    """Raise ValidationError with one message per question or scenario not properly answered."""
    wrong: list[str] = []
    given, stood = answers.get("questions", {}), answers.get("scenarios", {})
    for question in index.questions():
        chosen = given.get(str(question.no)) or []
        if not is_answer(question, chosen):
            wrong.append(
                _("Question %(no)s (%(name)s) is not properly answered.")
                % {"no": question.no, "name": question.indicator}
            )
    for scenario in index.scenarios():
        level = stood.get(str(scenario.no))
        if type(level) is not int or not 0 <= level <= 4:
            wrong.append(
                _("Scenario %(no)s (%(name)s) needs a level from 0 to 4.")
                % {"no": scenario.no, "name": str(scenario)}
            )
    strange = (set(given) - {str(q.no) for q in index.questions()}) | (
        set(stood) - {str(s.no) for s in index.scenarios()}
    )
    wrong += [_("There is no question or scenario %(no)s.") % {"no": key} for key in strange]
    if wrong:
        raise ValidationError(wrong)


def is_answer(question: Question, chosen: list[str]) -> bool:
    """Tell whether options are a proper answer: known, not twice, “none” alone."""
    known = {option.code: option for option in question.options}
    if not isinstance(chosen, list) or not chosen or len(set(chosen)) != len(chosen):
        return False
    if not set(chosen) <= set(known):
        return False
    if len(chosen) == 1:
        return True
    return question.multiple and all(known[code].points for code in chosen)


def points_of(question: Question, chosen: list[str]) -> int:
    """Return the thousandths that the chosen options of a question give together."""
    return sum(option.points for option in question.options if option.code in chosen)


def stand(answers: Answers, levels: Sequence[Level] | None = None) -> Standing:
    """Return score, level and what the next level asks for; ValidationError on bad answers.

    `levels` are the thresholds to judge under; without them those of the seeds.
    """
    check(answers)
    by_dimension: dict[str, list[int]] = {}
    for question in index.questions():
        sums = by_dimension.setdefault(question.dimension, [0, 0])
        sums[0] += points_of(question, answers["questions"][str(question.no)])
        sums[1] += question.most
    points = sum(own for own, _most in by_dimension.values())
    reached = {s: answers["scenarios"][str(s.no)] for s in index.scenarios()}
    tests = tuple(_test(level, points, reached) for level in levels or index.levels(index.ASKED))
    standing = Standing(
        points=points,
        dimensions=tuple((name, own, most) for name, (own, most) in by_dimension.items()),
        tests=tests,
        within_reach=(),
    )
    aim = standing.level + 1
    return Standing(
        points=points,
        dimensions=standing.dimensions,
        tests=tests,
        within_reach=tuple(s for s, level in reached.items() if aim <= 4 and level == aim - 1),
    )


def _test(level: Level, points: int, reached: dict[Scenario, int]) -> LevelTest:
    there = [scenario for scenario, own in reached.items() if own >= level.no]
    binding = sum(scenario.binding for scenario in there)
    return LevelTest(
        level=level,
        points=points,
        scenarios=len(there),
        binding=binding,
        points_missing=max(0, level.points - points),
        scenarios_missing=max(0, level.scenarios - len(there)),
        binding_missing=max(0, level.binding - binding),
    )


def level_of_score(levels: Sequence[Level], score: int) -> int:
    """Return the level that a score in hundredths gives where the score alone decides (2022)."""
    return max((level.no for level in levels if score * 10 >= level.points), default=0)


def parts_of(answers: Answers) -> list[int]:
    """Return thousandths by dimension, then the sums of levels by area: 3 + 4 numbers (分项)."""
    points: dict[str, int] = {}
    for question in index.questions():
        own = points_of(question, answers["questions"][str(question.no)])
        points[question.dimension_en] = points.get(question.dimension_en, 0) + own
    areas: dict[str, int] = {}
    for scenario in index.scenarios():
        reached = answers["scenarios"][str(scenario.no)]
        areas[scenario.area_en] = areas.get(scenario.area_en, 0) + reached
    return [*points.values(), *areas.values()]


def at_least(answers: Answers, levels: Sequence[Level] | None = None) -> Standing:
    """Return how answers stand that are not complete: what is missing counts nothing (目前至少)."""
    given, stood = answers.get("questions", {}), answers.get("scenarios", {})
    questions = {}
    for question in index.questions():
        chosen = given.get(str(question.no)) or []
        none = [question.options[0].code]
        questions[str(question.no)] = chosen if is_answer(question, chosen) else none
    scenarios = {str(one.no): stood.get(str(one.no)) or 0 for one in index.scenarios()}
    return stand({"questions": questions, "scenarios": scenarios}, levels)
