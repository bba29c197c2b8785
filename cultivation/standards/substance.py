"""What a judgement says of each criterion in numbers, without a word: enough to compare (判定实质).

The explanation takes its numbers from here, so judging again for the comparison and explaining
cannot say different things.
"""

from __future__ import annotations

from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from cultivation.standards import facts as facts_frame
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.measuring import Value, deciding, distance, measured
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from cultivation.standards.policy import Criterion, Policy

SUBSTANCE = ("verdict", "value", "points", "distance", "figures", "need", "advisory")
Facts = dict[str, Any]
Points = tuple[int, int] | None
Said = tuple[Any, ...]  # the code and what SUBSTANCE names, as plain data
_said_of = itemgetter("code", *SUBSTANCE)


class Found(NamedTuple):
    """A criterion's verdict, exact values, points and distance for one row (判定结果)."""

    verdict: Verdict
    values: tuple[Value, ...] = ()
    distance: Fraction | None = None
    points: Points = None


def found(criterion: Criterion, judged: Mapping[str, Any], facts: Facts) -> Found:
    """Return what the evaluator and the facts say of a criterion (取判定结果)."""
    code, quantity = criterion.code, criterion.quantity
    verdict = Verdict(judged[f"v:{code}"])
    points: Points = None
    if criterion.scored:
        points = (judged[f"low:{code}"], judged[f"high:{code}"])
    values: tuple[Value, ...] = ()
    far: Fraction | None = None
    if quantity is not None:
        values = measured(quantity, facts)
        if criterion.comparison is not None:
            comparison = criterion.comparison
            far = distance(deciding(quantity, values, comparison.order), comparison)
    if points and criterion.line and verdict != Verdict.UNKNOWN:
        far = distance(Fraction(points[verdict == Verdict.UNMET]), criterion.line)
    return Found(verdict, values, far, points)


def apart(
    rows: Sequence[Facts], policy: Policy, *, kind: str, as_of: dt.date
) -> Iterator[tuple[Criterion, list[int], list[dict[str, Any]]]]:
    """Judge rows in a frame for each standard; yield it, the places of its rows, the outcome."""
    units: dict[str, list[int]] = {}
    for place, facts in enumerate(rows):
        unit = (facts.get("region_path") or "")[:2]
        units.setdefault(unit if unit in policy.units else "", []).append(place)
    for unit, places in units.items():
        standard = policy.standard(Case(kind, as_of, unit))
        frame = facts_frame.from_rows([rows[place] for place in places], columns(standard))
        yield standard, places, judge(frame, standard).rows(named=True)


def substances(
    rows: Sequence[Facts], policy: Policy, *, kind: str, as_of: dt.date
) -> list[list[Said]]:
    """Judge rows together; return for each what it says of every criterion, from the top down."""
    told: dict[int, list[Said]] = {}
    for standard, places, judged in apart(rows, policy, kind=kind, as_of=as_of):
        lines = [_Line(criterion, as_of) for criterion in standard.walk()]
        for place, verdicts in zip(places, judged, strict=True):
            told[place] = [line.said(verdicts, rows[place]) for line in lines]
    return [told[place] for place in range(len(rows))]


def kept_as(result: Any, said: Sequence[Said]) -> bool:
    """Tell whether a kept result says exactly this, criterion by criterion."""
    try:
        return [_said_of(node) for node in _walk(result)] == list(said)
    except (KeyError, TypeError, AttributeError):  # altered to something else
        return False


class _Line:
    """A criterion with what does not differ from row to row."""

    def __init__(self, criterion: Criterion, as_of: dt.date) -> None:
        self.criterion = criterion
        quantity = criterion.quantity
        self.figures = [
            [name, as_of.year - back] for name, back in (quantity.figures if quantity else ())
        ]
        self.keys = (f"v:{criterion.code}", f"low:{criterion.code}", f"high:{criterion.code}")
        self.statement = quantity.names[0] if quantity and quantity.shape == "fact" else ""
        self.plain = quantity is None or bool(self.statement)
        self.known: dict[Any, Said] = {}

    def said(self, judged: Mapping[str, Any], facts: Facts) -> Said:
        """Return what is said; of statements and groups the same again and again."""
        if not self.plain:
            return self._said(judged, facts)
        stated = facts.get(self.statement)
        verdict, low, high = self.keys
        key = (judged[verdict], judged.get(low), judged.get(high), type(stated), stated)
        if key not in self.known:
            self.known[key] = self._said(judged, facts)
        return self.known[key]

    def _said(self, judged: Mapping[str, Any], facts: Facts) -> Said:
        one, criterion = found(self.criterion, judged, facts), self.criterion
        return (
            criterion.code,
            one.verdict.value,
            [plain(value) for value in one.values],
            list(one.points) if one.points else None,
            plain(one.distance),
            self.figures,
            criterion.need,
            criterion.advisory,
        )


def plain(value: Value) -> Any:
    """Return a value as plain data: a fraction exactly, as text."""
    return str(value) if isinstance(value, Fraction) else value


def _walk(tree: Any) -> Iterator[Any]:
    yield tree
    for part in tree["parts"]:
        yield from _walk(part)
