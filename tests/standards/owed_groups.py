"""Which worked cases a group owes: each part alone, each line, each cap (应有判例：组合)."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from tests.standards.oracle import MANUAL, MET, UNKNOWN, UNMET
from tests.standards.owed_leaves import edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.policy import Criterion
    from tests.standards.oracle import Said
    from tests.standards.owed_leaves import Item


def _parts(criterion: Criterion) -> list[Criterion]:
    return [part for part in criterion.parts if not part.advisory]


def _fails(criterion: Criterion) -> bool:
    """Tell whether a criterion can be unmet at all: what a person judges never is."""
    if criterion.need in {"all", "any"}:
        fold = any if criterion.need == "all" else all
        return fold(_fails(part) for part in _parts(criterion))
    return not criterion.manual and criterion.otherwise == 0


def _sure(criterion: Criterion) -> bool:
    """Tell whether figures alone can meet a criterion, without a person."""
    if criterion.need in {"all", "any"}:
        fold = any if criterion.need == "any" else all
        return fold(_sure(part) for part in _parts(criterion))
    return not criterion.manual


def _step(criterion: Criterion) -> int:
    """Return the least by which points can differ."""
    given = [band.points for c in criterion.walk() for band in c.bands]
    given += [c.points for c in criterion.walk() if c.points] + [
        c.otherwise for c in criterion.walk() if c.otherwise
    ]
    return gcd(*given)


def of_group(criterion: Criterion) -> Iterator[Item]:
    code, parts = criterion.code, _parts(criterion)
    if criterion.manual:
        yield code, "manual"
    if criterion.need == "any":
        yield from ((code, f"by {part.code} alone") for part in parts)
        if _fails(criterion):
            yield code, "by none"
            yield code, "unknown by one part"
    if criterion.need == "all":
        yield from ((code, f"fails by {part.code} alone") for part in parts if _fails(part))
        if _fails(criterion):
            yield code, "unknown by one part"
    if criterion.need == "best":
        most = sorted(part.most for part in parts)
        alone = [p for p in parts if _sure(p) or (p.most == most[-1] and p.most > max(most[:-1]))]
        yield from ((code, f"{part.code} is best") for part in alone)
    if criterion.need == "sum" and criterion.cap is not None:
        if sum(part.most for part in parts if _sure(part)) > criterion.cap:
            yield code, "more than its cap"
        elif sum(part.most for part in parts) > criterion.cap:
            yield code, "maybe more than its cap"
        yield from ((code, f"{part.code} below its line") for part in parts if part.line)


def of_line(criterion: Criterion) -> Iterator[Item]:
    if criterion.line is None:
        return
    for near in ("exactly", "just over", "just under"):
        if near != "just under" or criterion.line.threshold:
            yield criterion.code, f"{near} the line {edge(criterion.line)}"


def shown_by_group(criterion: Criterion, said: dict[str, Said]) -> Iterator[str]:
    parts = {part.code: said[part.code] for part in _parts(criterion)}
    digits = {code: one.verdict for code, one in parts.items()}
    manual = {part.code for part in _parts(criterion) if not _fails(part)}
    if criterion.manual:
        yield "manual"
    for code, digit in digits.items():
        others = {c: d for c, d in digits.items() if c != code}
        bad = all(d == UNMET or c in manual for c, d in others.items())
        if criterion.need == "any" and digit >= MANUAL and bad:
            yield f"by {code} alone"
        if (
            criterion.need == "all"
            and digit == UNMET
            and min(others.values(), default=MET) >= MANUAL
        ):
            yield f"fails by {code} alone"
    unknown = [code for code, digit in digits.items() if digit == UNKNOWN]
    if len(unknown) == 1 and said[criterion.code].verdict == UNKNOWN:
        yield "unknown by one part"
    if criterion.need == "any" and set(digits.values()) == {UNMET}:
        yield "by none"
    yield from _shown_by_points(criterion, parts, said[criterion.code])


def _shown_by_points(criterion: Criterion, parts: dict[str, Said], mine: Said) -> Iterator[str]:
    points = {code: one.points for code, one in parts.items() if one.points}
    if mine.points is None:
        return
    low, _, high = mine.points
    for code, (least, _, most) in points.items():
        others = [p for c, p in points.items() if c != code]
        if criterion.need == "best" and (
            all(p[0] < least for p in others) or all(p[2] < most for p in others)
        ):
            yield f"{code} is best"
    if criterion.cap is not None and sum(p[0] for p in points.values()) > criterion.cap:
        yield "more than its cap"
    elif criterion.cap is not None and sum(p[2] for p in points.values()) > criterion.cap:
        yield "maybe more than its cap"
    if criterion.line is None:
        return
    line, step = int(criterion.line.threshold), _step(criterion)  # type: ignore[arg-type]
    near = {
        low == line: "exactly",
        0 < low - line <= step: "just over",
        0 < line - high <= step: "just under",
    }
    if True in near:
        yield f"{near[True]} the line {edge(criterion.line)}"
    for part in _parts(criterion):
        if part.line and parts[part.code].verdict == UNMET and low >= line:
            yield f"{part.code} below its line"
