"""The facts frame: one row per enterprise, years side by side, derived from the tables (事实宽表).

A figure or statement nobody gave is null. A list of facts (rights, awards, …) is complete as kept,
so an enterprise without entries has none; where an entry lacks a property that a count asks for,
the count lies between `<count>_low` and `<count>_high`.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.db.models import Q

from cultivation.standards.indicators import FIGURE_UNITS, STATEMENTS
from cultivation.standards.measures import MEASURES, with_derived
from cultivation.standards.tables import among, read
from enterprises.registry.models import AnnualReport, Enterprise, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from cultivation.standards.policy import Comparison, Count

Row = dict[str, Any]
YEARS = (0, 1, 2, 3)  # years back from the year of judging
TEXTS = ("region_path", "size_class", "tier")  # `tier` is the highest title held, "" for none
NOT_STRATEGIC = "sei_0"  # the code of “in no strategic emerging industry”, stated as such
OWN = [
    name
    for name, statement in STATEMENTS.items()
    if statement.sort == "truth"
    and name not in {"is_sme", "strategic_stated", "key_link"}
    and not name.startswith("title_")
]


def frame(
    enterprise_ids: Iterable[int] | None, *, as_of: dt.date, counts: Sequence[Count] | None = None
) -> pl.DataFrame:
    """Return the facts of the named enterprises, or of all, as of a day; ordered by id.

    One query per table. `counts` are those of every loaded edition unless given.
    """
    if counts is None:
        from cultivation.standards.editions import all_counts

        counts = all_counts()
    chosen = Q() if enterprise_ids is None else among(list(enterprise_ids))
    return between(chosen, as_of=as_of, counts=counts)


def between(chosen: Q, *, as_of: dt.date, counts: Sequence[Count]) -> pl.DataFrame:
    """Return the facts of the enterprises that a condition on `enterprise_id` chooses."""
    base = _enterprises(chosen, as_of)
    base = _with_titles(base, chosen, as_of)
    base = _with_reports(base, chosen, as_of)
    base = _with_counts(base, chosen, as_of, counts)
    return base.sort("enterprise").collect()


def row(enterprise_id: int, *, as_of: dt.date, counts: Sequence[Count] | None = None) -> Row:
    """Return the facts of one enterprise as plain data, with all counts or those named (事实行)."""
    return frame([enterprise_id], as_of=as_of, counts=counts).row(0, named=True)


def from_row(facts: Row) -> pl.DataFrame:
    """Return a frame of one row from plain data, as a decision kept it or a test wrote it."""
    return from_rows([facts], facts)


def from_rows(rows: Sequence[Row], names: Iterable[str]) -> pl.DataFrame:
    """Return a frame of the named columns from plain data; what a row lacks is null."""
    return pl.DataFrame(
        [pl.Series(name, [row.get(name) for row in rows], column_type(name)) for name in names]
    )


def column_type(name: str) -> type[pl.DataType]:
    """Return the type of a column of the frame by its name."""
    if name in STATEMENTS:
        return {"truth": pl.Boolean, "text": pl.String}.get(STATEMENTS[name].sort, pl.Int64)
    return pl.String if name in TEXTS else pl.Int64


def _enterprises(chosen: Q, as_of: dt.date) -> pl.LazyFrame:
    columns: dict[str, type[pl.DataType]] = {
        "pk": pl.Int64,
        "region_path": pl.String,
        "size_class": pl.String,
        "niche_since": pl.Date,
        "product_domain__scheme": pl.String,
        "strategic_field__code": pl.String,
        "chain_link__is_key": pl.Boolean,
        "industry__section": pl.String,
        "digital_level": pl.Int64,
        **dict.fromkeys(OWN, pl.Boolean),
    }
    rows = read(Enterprise.objects.filter(_of_enterprise(chosen)), columns)
    return rows.lazy().select(_own_facts(as_of.year))


@lru_cache(maxsize=16)
def _own_facts(year: int) -> list[pl.Expr]:
    since = pl.col("niche_since")
    # Full years at the close of 31 December: begun on 1 January counts that whole year.
    years = year - since.dt.year() - ((since.dt.ordinal_day() > 1).cast(pl.Int32))
    size = pl.col("size_class")
    return [
        pl.col("pk").alias("enterprise"),
        pl.col("region_path").fill_null(""),
        size,
        pl.when(size != "unknown").then(size != "large").alias("is_sme"),
        years.clip(lower_bound=0).cast(pl.Int64).alias("niche_years"),
        pl.col("product_domain__scheme").alias("domain_scheme"),
        (pl.col("strategic_field__code") != NOT_STRATEGIC).alias("strategic_stated"),
        pl.col("chain_link__is_key").alias("key_link"),
        pl.col("industry__section").alias("industry_section"),
        *map(pl.col, ("digital_level", *OWN)),
    ]


def _with_titles(base: pl.LazyFrame, chosen: Q, as_of: dt.date) -> pl.LazyFrame:
    valid = Title.objects.filter(
        chosen,
        Q(ended_on__isnull=True) | Q(ended_on__gt=as_of),
        granted_on__lte=as_of,
        valid_to__gte=as_of,
    )
    held = read(valid, {"enterprise_id": pl.Int64, "tier": pl.String})
    by_firm = (
        held.lazy()
        .group_by("enterprise_id")
        .agg((pl.col("tier") == tier).any().alias(f"title_{tier}") for tier in Tier.values)
    )
    names = [f"title_{tier}" for tier in Tier.values]
    joined = base.join(by_firm, left_on="enterprise", right_on="enterprise_id", how="left")
    joined = joined.with_columns(pl.col(names).fill_null(value=False))
    highest = [pl.when(pl.col(f"title_{t}")).then(pl.lit(t)) for t in reversed(Tier.values)]
    return joined.with_columns(tier=pl.coalesce(*highest, pl.lit("")))


def _with_reports(base: pl.LazyFrame, chosen: Q, as_of: dt.date) -> pl.LazyFrame:
    years = [as_of.year - back for back in YEARS]
    columns: dict[str, type[pl.DataType]] = {
        "enterprise_id": pl.Int64,
        "year": pl.Int64,
        **dict.fromkeys(FIGURE_UNITS, pl.Int64),
    }
    reports = read(AnnualReport.objects.filter(chosen, year__in=years), columns)
    for back, year in zip(YEARS, years, strict=True):
        of_year = reports.lazy().filter(pl.col("year") == year).select(_figures_of(back))
        base = base.join(of_year, on="enterprise", how="left")
    return base


@lru_cache(maxsize=len(YEARS))
def _figures_of(back: int) -> list[pl.Expr]:
    enterprise = pl.col("enterprise_id").alias("enterprise")
    return [enterprise, *(pl.col(name).alias(f"{name}_y{back}") for name in FIGURE_UNITS)]


def _with_counts(
    base: pl.LazyFrame, chosen: Q, as_of: dt.date, counts: Sequence[Count]
) -> pl.LazyFrame:
    start = base.collect_schema().names()
    none: list[pl.Expr] = []
    for of, measure in MEASURES.items():
        wanted = [count for count in counts if count.of == of]
        if not wanted:
            continue
        begun: QuerySet[Any] = measure.model._default_manager.filter(
            chosen, **{f"{measure.dated}__lte": as_of}
        )
        facts = read(begun, measure.types)
        names = tuple(f"{c.name}_{end}" for c in wanted for end in ("low", "high"))
        none += _none_of(names, found=bool(facts.height))
        if facts.height:
            sums = counted(facts.lazy(), of, as_of=as_of, counts=wanted)
            base = base.join(sums, left_on="enterprise", right_on="enterprise_id", how="left")
    order = [*start, *(f"{c.name}_{end}" for c in counts for end in ("low", "high"))]
    return base.with_columns(none).with_columns(_open_above(tuple(counts))).select(order)


@lru_cache(maxsize=64)
def _none_of(names: tuple[str, ...], *, found: bool) -> list[pl.Expr]:
    """Say nought where an enterprise has none of the facts counted."""
    if found:
        return [pl.col(name).fill_null(0).cast(pl.Int64) for name in names]
    return [pl.lit(0, dtype=pl.Int64).alias(name) for name in names]


@lru_cache(maxsize=16)
def _open_above(counts: tuple[Count, ...]) -> list[pl.Expr]:
    """Leave a count without an upper bound where nobody declared its list complete."""
    return [
        pl.when(pl.col(c.complete)).then(pl.col(f"{c.name}_high")).alias(f"{c.name}_high")
        for c in counts
        if c.complete
    ]


def counted(
    facts: pl.LazyFrame, of: str, *, as_of: dt.date, counts: Sequence[Count]
) -> pl.LazyFrame:
    """Return what each enterprise has by each count, of facts dated to the day (计数)."""
    bounds = [bound for count in counts for bound in _bounds(count, as_of)]
    return with_derived(facts, of, as_of=pl.lit(as_of)).group_by("enterprise_id").agg(bounds)


@lru_cache(maxsize=256)
def _bounds(count: Count, as_of: dt.date) -> tuple[pl.Expr, pl.Expr]:
    fits = pl.any_horizontal(
        [
            pl.all_horizontal([pl.lit(value=True), *(_fits(name, c) for name, c in alternative)])
            for alternative in count.where
        ]
    )
    measure = MEASURES[count.of]
    if count.years:
        first = dt.date(as_of.year - count.years, 1, 1)
        last = as_of if count.to_date else dt.date(as_of.year - 1, 12, 31)
        fits &= pl.col(measure.dated).is_between(first, last)
    if count.valid and measure.ends:
        fits &= pl.col(measure.ends).is_null() | (pl.col(measure.ends) >= as_of)
    much = pl.col(count.amount) if count.amount else pl.lit(1, dtype=pl.Int64)
    low = pl.when(fits).then(much).otherwise(0).sum()
    high = pl.when(fits.fill_null(value=True)).then(much).otherwise(0).sum()
    return low.alias(f"{count.name}_low"), high.alias(f"{count.name}_high")


def _fits(name: str, comparison: Comparison) -> pl.Expr:
    column = pl.col(name)
    threshold = comparison.threshold
    if isinstance(threshold, bool):
        return column == threshold
    if isinstance(threshold, tuple):
        return column.cast(pl.String).is_in(list(threshold))
    left = column.cast(pl.Int128) * threshold.denominator
    right = pl.lit(threshold.numerator, dtype=pl.Int128)
    compare = {"at_least": left.ge, "at_most": left.le, "above": left.gt, "below": left.lt}
    return compare[comparison.order](right)


def _of_enterprise(chosen: Q) -> Q:
    """Turn a condition on `enterprise_id` into one on the enterprise itself."""
    condition = Q()
    for child in chosen.children:
        if isinstance(child, Q):
            condition &= _of_enterprise(child)
        else:
            name, value = cast("tuple[str, Any]", child)
            condition &= Q(**{name.replace("enterprise_id", "pk"): value})
    return condition
