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

from cultivation.standards.comparing import BITS, ORDER, held
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from cultivation.standards.policy import Comparison, Criterion, Policy, Quantity

ENGINE = "1"  # raised when the same facts and rules may give another verdict
DIGIT = pl.UInt8
POINT = pl.Int32
MANY = 10_000  # rows from which on it pays to look how large the figures are
ABSENT = "-"  # a criterion that does not apply to the case


def judge(frame: pl.DataFrame, standard: Criterion) -> pl.DataFrame:
    """Add the columns `v:`, `low:`, `high:` and `by_hand:` + code for every criterion."""
    lazy = frame.lazy()
    if frame.height < MANY:  # planning would take longer than the work
        return judge_rest(lazy, standard).collect(optimizations=pl.QueryOptFlags.none())
    return judge_rest(lazy, standard, bits=largest(lazy, standard)).collect()


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
        if quantity.shape in {"count", "sum"}:
            names |= {f"{name}_{end}" for name in quantity.names for end in ("low", "high")}
    return names


@lru_cache(maxsize=128)
def _layers(
    standard: Criterion, bits: int = BITS, known: frozenset[str] = frozenset()
) -> list[list[pl.Expr]]:
    """Return the expressions from the deepest criteria up: each layer reads those below."""
    layers: list[list[pl.Expr]] = []
    banded = [c for c in standard.walk() if c.bands and c.code not in known]
    truths = [truth for criterion in banded for truth in _truths(criterion, bits)]

    def depth(criterion: Criterion) -> int:
        if criterion.code in known:
            return -1
        level = 1 + max((depth(part) for part in criterion.parts), default=-1)
        while len(layers) <= 2 * level + 1:
            layers.append([])
        if criterion.quantity is not None and criterion.bands:
            layers[2 * level].extend(_banded(criterion))
            layers[2 * level + 1].append(_verdict_of_points(criterion))
        elif criterion.need in {"sum", "best"}:
            layers[2 * level].extend(_summed(criterion))
            layers[2 * level + 1].append(_verdict_of_points(criterion))
        else:
            layers[2 * level].append(
                _verdict(criterion, bits).cast(DIGIT).alias(f"v:{criterion.code}")
            )
            if criterion.points is not None:
                layers[2 * level + 1].extend(_given(criterion))
        return level

    depth(standard)
    return [layer for layer in [truths, *layers] if layer]


def _verdict(criterion: Criterion, bits: int) -> pl.Expr:
    if criterion.manual:
        return _digit(Verdict.MANUAL)
    if criterion.quantity is not None and criterion.comparison is not None:
        return _digit_of(criterion.quantity, criterion.comparison, bits)
    parts = [pl.col(f"v:{part.code}") for part in criterion.parts if not part.advisory]
    if not parts:  # a group of advice alone bars nobody
        return _digit(Verdict.MET)
    return pl.min_horizontal(parts) if criterion.need == "all" else pl.max_horizontal(parts)


def _given(criterion: Criterion) -> list[pl.Expr]:
    """Points of a condition: given where it is met, open where it is unknown or manual."""
    verdict = pl.col(f"v:{criterion.code}")
    points = pl.lit(criterion.points, dtype=POINT)
    least = {"low": Verdict.MET, "by_hand": Verdict.MANUAL, "high": Verdict.UNKNOWN}
    return [
        pl.when(verdict >= least[end].value)
        .then(points)
        .otherwise(pl.lit(0, dtype=POINT))
        .alias(f"{end}:{criterion.code}")
        for end in ("low", "by_hand", "high")
    ]


def _truths(criterion: Criterion, bits: int) -> list[pl.Expr]:
    """Say of each band whether it surely holds and whether it may hold, worked out once."""
    assert criterion.quantity is not None  # noqa: S101 - the reader saw to it
    made = []
    for number, band in enumerate(criterion.bands):
        met, unmet = held(criterion.quantity, band.comparison, bits=bits)
        made.append(met.alias(f"surely:{criterion.code}:{number}"))
        made.append((~unmet).fill_null(value=True).alias(f"possibly:{criterion.code}:{number}"))
    return made


def _banded(criterion: Criterion) -> list[pl.Expr]:
    code = criterion.code
    ranked = sorted(enumerate(criterion.bands), key=lambda numbered: numbered[1].points)
    low = high = pl.lit(criterion.otherwise, dtype=POINT)
    for number, band in ranked:  # the band with most points is asked first
        given = pl.lit(band.points, dtype=POINT)
        low = pl.when(pl.col(f"surely:{code}:{number}")).then(given).otherwise(low)
        high = pl.when(pl.col(f"possibly:{code}:{number}")).then(given).otherwise(high)
    return [low.alias(f"low:{code}"), low.alias(f"by_hand:{code}"), high.alias(f"high:{code}")]


def _summed(criterion: Criterion) -> list[pl.Expr]:
    parts = [part for part in criterion.parts if part.scored and not part.advisory]
    made = []
    for end in ("low", "by_hand", "high"):
        points = [pl.col(f"{end}:{part.code}") for part in parts]
        fold = pl.sum_horizontal if criterion.need == "sum" else pl.max_horizontal
        whole = fold(points).cast(POINT) if points else pl.lit(0, dtype=POINT)
        if criterion.cap is not None:
            whole = pl.min_horizontal(whole, pl.lit(criterion.cap, dtype=POINT))
        made.append(whole.alias(f"{end}:{criterion.code}"))
    return made


def _verdict_of_points(criterion: Criterion) -> pl.Expr:
    """Judge points against the line, and the lines that parts of a sum have for themselves."""
    code = criterion.code
    low, by_hand, high = (pl.col(f"{end}:{code}") for end in ("low", "by_hand", "high"))
    reaches = _line(criterion.line)
    verdict = (
        pl.when(reaches(low))
        .then(_digit(Verdict.MET))
        .when(~reaches(high))
        .then(_digit(Verdict.UNMET))
        .when(by_hand == high)
        .then(_digit(Verdict.MANUAL))
        .otherwise(_digit(Verdict.UNKNOWN))
    )
    owed = [pl.col(f"v:{part.code}") for part in criterion.parts if part.line and not part.advisory]
    whole = pl.min_horizontal(verdict, *owed) if owed else verdict
    return whole.cast(DIGIT).alias(f"v:{code}")


def _line(line: Comparison | None) -> Callable[[pl.Expr], pl.Expr]:
    order, bound = "above", 0
    if line is not None and isinstance(line.threshold, Fraction):
        order, bound = line.order, int(line.threshold)
    return lambda points: ORDER[order](points, pl.lit(bound, dtype=POINT))


def _digit_of(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    """Return 3 where the comparison holds, 0 where it fails, 1 where that is open."""
    met, unmet = held(quantity, comparison, bits=bits)
    sure = pl.when(met).then(_digit(Verdict.MET))
    if quantity.shape in {"count", "sum"}:
        return sure.when(unmet).then(_digit(Verdict.UNMET)).otherwise(_digit(Verdict.UNKNOWN))
    return sure.when(met.is_null()).then(_digit(Verdict.UNKNOWN)).otherwise(_digit(Verdict.UNMET))


def _digit(verdict: Verdict) -> pl.Expr:
    return pl.lit(verdict.value, dtype=DIGIT)
