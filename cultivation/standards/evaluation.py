"""The one evaluator: a standard becomes Polars expressions, a frame becomes verdicts (评价).

Verdicts are digits, UNMET 0 < UNKNOWN 1 < MANUAL 2 < MET 3, so that `all` is the least of its parts
and `any` the greatest. Points lie between `low` and `high`; `by_hand` is how far they could rise if
a person judged in favour and every missing figure stayed missing.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from cultivation.standards.comparing import BITS, ORDER, divisors, held
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from cultivation.standards.policy import Comparison, Criterion, Policy, Quantity

ENGINE = "1"  # raised when the same facts and rules may give another verdict
DIGIT = pl.UInt8
POINT = pl.Int32
MANY = 10_000  # rows from which on it pays to look how large the figures are
FEW, USUAL = 10, 44  # rows of which that is seen at once; bits of 170 billion yuan in fen
ABSENT = "-"  # a criterion that does not apply to the case


def judge(frame: pl.DataFrame, standard: Criterion) -> pl.DataFrame:
    """Add the columns `v:`, `low:`, `high:` and `by_hand:` + code for every criterion."""
    lazy = frame.lazy()
    if frame.height < MANY:  # planning would take longer than the work
        rest = judge_rest(lazy, standard, bits=_usual(frame))
        return rest.collect(optimizations=pl.QueryOptFlags.none())
    return judge_rest(lazy, standard, bits=largest(lazy, standard)).collect()


def _usual(frame: pl.DataFrame) -> int:
    """Return USUAL where rows are few and have no greater number, else BITS."""
    if frame.height > FEW:
        return BITS
    numbers = [value for row in frame.rows() for value in row if type(value) is int]
    return USUAL if max(map(abs, numbers), default=0).bit_length() <= USUAL else BITS


def largest(frame: pl.LazyFrame, standard: Criterion) -> int:
    """Return b so that no whole number the standard reads lies beyond 2**b (最大位数)."""
    schema = frame.collect_schema()
    read = [name for name in columns(standard) if schema.get(name) == pl.Int64]
    if not read:
        return BITS
    ends = frame.select(
        most=pl.max_horizontal(pl.col(name).max() for name in read),
        least=pl.min_horizontal(pl.col(name).min() for name in read),
    ).collect()
    bits = max((abs(end).bit_length() for end in ends.row(0) if end is not None), default=0)
    return min(BITS, -(-bits // 4) * 4)  # few classes, so that the expressions are found again


def judge_rest(
    frame: pl.LazyFrame,
    standard: Criterion,
    *,
    known: AbstractSet[str] = frozenset(),
    bits: int = BITS,
) -> pl.LazyFrame:
    """Judge the criteria that are not `known`: those have their columns already (增量评价).

    What is below a known one is passed over with it. `bits` is as `largest` says; left out, nothing
    is taken for granted.
    """
    for layer in _layers(standard, bits, frozenset(known)):
        frame = frame.with_columns(layer)
    return frame


def summarise(judged: pl.DataFrame, policy: Policy, standard: Criterion) -> pl.DataFrame:
    """Return what is kept of a judgement: a row per enterprise as models.Assessment holds it."""
    applied = {c.code for c in standard.walk()}
    digits = [
        pl.col(f"v:{code}").cast(pl.String) if code in applied else pl.lit(ABSENT)
        for code in policy.order
    ]
    asked = [pl.col(f"v:{c.code}") for c in requirements(standard)]
    score = next((c for c in standard.walk() if c.line and c.need in {"sum", "best"}), None)
    missing = pl.lit(None, dtype=POINT)
    return judged.select(
        pl.col("enterprise").alias("enterprise_id"),
        pl.col(f"v:{standard.code}").alias("verdict"),
        pl.concat_str(digits).alias("verdicts"),
        pl.sum_horizontal([(v == Verdict.UNMET.value).cast(POINT) for v in asked]).alias("unmet"),
        pl.sum_horizontal([(v == Verdict.UNKNOWN.value).cast(POINT) for v in asked]).alias(
            "unknown"
        ),
        (pl.col(f"low:{score.code}") if score else missing).alias("score_low"),
        (pl.col(f"high:{score.code}") if score else missing).alias("score_high"),
    )


def requirements(standard: Criterion) -> Iterator[Criterion]:
    """Yield what must be met one by one: the standard without its `all` groups (必要条件)."""
    if standard.need == "all":
        for part in standard.parts:
            if not part.advisory:
                yield from requirements(part)
    else:
        yield standard


def columns(standard: Criterion) -> set[str]:
    """Return the columns of the facts frame that a standard reads."""
    names = {"enterprise", "region_path"}
    for criterion in standard.walk():
        quantity = criterion.quantity
        if quantity is None:
            continue
        names |= {f"{name}_y{year}" for name, year in quantity.figures}
        if quantity.shape == "fact":
            names |= set(quantity.names)
        if quantity.is_span:
            names |= {f"{name}_{end}" for name in quantity.names for end in ("low", "high")}
    return names


@lru_cache(maxsize=128)
def _layers(
    standard: Criterion, bits: int = BITS, known: frozenset[str] = frozenset()
) -> list[list[pl.Expr]]:
    """Return the expressions in layers: each stands in the first that has all it reads below."""
    asked = list(_asked(standard, known))
    read = [made for one in asked if one.quantity for made in divisors(one.quantity)]
    shared = {made.meta.output_name(): made for made in read}
    layers: list[list[pl.Expr]] = []
    placed: dict[str, int] = {}
    for made in (*shared.values(), *(made for one in asked for made in _made(one, bits))):
        below = max((placed.get(name, -1) for name in made.meta.root_names()), default=-1)
        placed[made.meta.output_name()] = below + 1
        if below + 1 == len(layers):
            layers.append([])
        layers[below + 1].append(made)
    return layers


def _asked(criterion: Criterion, known: frozenset[str]) -> Iterator[Criterion]:
    """Yield the criteria to be judged, each after its parts."""
    if criterion.code not in known:
        for part in criterion.parts:
            yield from _asked(part, known)
        yield criterion


def _made(criterion: Criterion, bits: int) -> Iterator[pl.Expr]:
    """Yield the columns of a criterion; those of its parts stand already."""
    if criterion.bands:
        yield from _banded(criterion, bits)
        yield _verdict_of_points(criterion)
    elif criterion.need in {"sum", "best"}:
        yield from _summed(criterion)
        yield _verdict_of_points(criterion)
    else:
        yield _verdict(criterion, bits).alias(f"v:{criterion.code}")
        if criterion.points is not None:
            yield from _given(criterion)


def _verdict(criterion: Criterion, bits: int) -> pl.Expr:
    if criterion.manual:
        return _digit(Verdict.MANUAL)
    if criterion.quantity is not None and criterion.comparison is not None:
        return _digit_of(criterion.quantity, criterion.comparison, bits)
    parts = [pl.col(f"v:{part.code}") for part in criterion.parts if not part.advisory]
    if not parts:  # a group of advice alone bars nobody
        return _digit(Verdict.MET)
    return pl.min_horizontal(parts) if criterion.need == "all" else pl.max_horizontal(parts)


def _given(criterion: Criterion) -> Iterator[pl.Expr]:
    """Points of a condition: given where it is met, open where it is unknown or manual."""
    code = criterion.code
    points = pl.lit(criterion.points, dtype=POINT)

    def given(end: str, least: Verdict) -> pl.Expr:
        return ((pl.col(f"v:{code}") >= _digit(least)).cast(POINT) * points).alias(f"{end}:{code}")

    yield given("low", Verdict.MET)
    if _by_hand(criterion):
        yield given("by_hand", Verdict.MANUAL)
    else:
        yield _nothing_by_hand(code)
    yield given("high", Verdict.UNKNOWN)


def _banded(criterion: Criterion, bits: int) -> Iterator[pl.Expr]:
    """Yield of each band whether it holds, at worst and at best, then the points that gives."""
    assert criterion.quantity is not None  # noqa: S101 - the reader saw to it
    code = criterion.code
    worst = [f"holds:{code}:{number}" for number in range(len(criterion.bands))]
    best = [f"may:{code}:{number}" for number in range(len(criterion.bands))]
    for number, band in enumerate(criterion.bands):
        at_worst, at_best = held(criterion.quantity, band.comparison, bits=bits)
        yield at_worst.alias(worst[number])
        if criterion.quantity.is_span:
            yield at_best.alias(best[number])
    if not criterion.quantity.is_span:
        best = worst
    low = high = pl.lit(criterion.otherwise, dtype=POINT)
    ranked = sorted(zip(criterion.bands, worst, best, strict=True), key=lambda one: one[0].points)
    for band, at_worst_name, at_best_name in ranked:  # the band with most points is asked first
        given = pl.lit(band.points, dtype=POINT)
        low = pl.when(pl.col(at_worst_name)).then(given).otherwise(low)
        high = pl.when(pl.col(at_best_name).fill_null(value=True)).then(given).otherwise(high)
    yield low.alias(f"low:{code}")
    yield _nothing_by_hand(code)
    yield high.alias(f"high:{code}")


def _summed(criterion: Criterion) -> Iterator[pl.Expr]:
    parts = [part for part in criterion.parts if part.scored and not part.advisory]
    by_hand = any(map(_by_hand, parts))
    for end in ("low", "by_hand", "high"):
        if end == "by_hand" and not by_hand:
            yield _nothing_by_hand(criterion.code)
            continue
        points = [pl.col(f"{end}:{part.code}") for part in parts]
        fold = pl.sum_horizontal if criterion.need == "sum" else pl.max_horizontal
        whole = fold(points) if points else pl.lit(0, dtype=POINT)
        if criterion.cap is not None:
            whole = pl.min_horizontal(whole, pl.lit(criterion.cap, dtype=POINT))
        yield whole.alias(f"{end}:{criterion.code}")


def _by_hand(criterion: Criterion) -> bool:
    """Tell whether a person could add points to a criterion, or to a part of it (人工得分)."""
    return any(one.manual for one in criterion.walk())


def _nothing_by_hand(code: str) -> pl.Expr:
    return pl.col(f"low:{code}").alias(f"by_hand:{code}")


def _verdict_of_points(criterion: Criterion) -> pl.Expr:
    """Judge points against the line, and the lines that parts of a sum have for themselves."""
    code = criterion.code
    low, by_hand, high = (pl.col(f"{end}:{code}") for end in ("low", "by_hand", "high"))
    reaches = _line(criterion.line)
    short = reaches(high).cast(DIGIT)  # unknown where the line can be reached, else unmet
    if not criterion.bands and any(map(_by_hand, criterion.parts)):
        short = short * ((by_hand == high).cast(DIGIT) + _digit(Verdict.UNKNOWN))
    verdict = pl.when(reaches(low)).then(_digit(Verdict.MET)).otherwise(short)
    owed = [pl.col(f"v:{part.code}") for part in criterion.parts if part.line and not part.advisory]
    whole = pl.min_horizontal(verdict, *owed) if owed else verdict
    return whole.alias(f"v:{code}")


def _line(line: Comparison | None) -> Callable[[pl.Expr], pl.Expr]:
    order, bound = "above", 0
    if line is not None and isinstance(line.threshold, Fraction):
        order, bound = line.order, int(line.threshold)
    return lambda points: ORDER[order](points, pl.lit(bound, dtype=POINT))


def _digit_of(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    """Return 3 where the comparison holds, 0 where it fails, 1 where that is open."""
    worst, best = held(quantity, comparison, bits=bits)
    met, unknown = _digit(Verdict.MET), _digit(Verdict.UNKNOWN)
    if quantity.is_span:
        return pl.when(worst).then(met).otherwise(best.cast(DIGIT).fill_null(unknown))
    return (worst.cast(DIGIT) * met).fill_null(unknown)


def _digit(verdict: Verdict) -> pl.Expr:
    return pl.lit(verdict.value, dtype=DIGIT)
