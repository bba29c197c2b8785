"""Where facts come from: rows of each table that bear on a day, and what they give (事实来源)."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.db.models import Q

from cultivation.standards.indicators import FIGURE_UNITS, STATEMENTS
from cultivation.standards.measures import MEASURES, with_derived
from enterprises.registry.models import AnnualReport, Enterprise, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from cultivation.standards.policy import Comparison, Count

Columns = dict[str, type[pl.DataType]]
Rows = tuple["QuerySet[Any]", Columns]  # of a table, and which of its columns are read
YEARS = (0, 1, 2, 3)  # years back from the year of judging
NOT_STRATEGIC = "sei_0"  # the code of “in no strategic emerging industry”, stated as such
OWN = [
    name
    for name, statement in STATEMENTS.items()
    if statement.sort == "truth"
    and name not in {"is_sme", "strategic_stated", "key_link"}
    and not name.startswith("title_")
]


def enterprises(chosen: Q) -> Rows:
    """Return the enterprises, and what is read of each (企业)."""
    columns: Columns = {
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
    return Enterprise.objects.filter(_of_enterprise(chosen)), columns


@lru_cache(maxsize=16)
def own_facts(year: int) -> list[pl.Expr]:
    """Return what is made of an enterprise's own columns, as of a year (企业事实)."""
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


def titles(chosen: Q, as_of: dt.date) -> Rows:
    """Return the titles that are valid on the day (有效称号)."""
    valid = Title.objects.filter(
        chosen,
        Q(ended_on__isnull=True) | Q(ended_on__gt=as_of),
        granted_on__lte=as_of,
        valid_to__gte=as_of,
    )
    return valid, {"enterprise_id": pl.Int64, "tier": pl.String}


@lru_cache(maxsize=1)
def held() -> list[pl.Expr]:
    """Return which titles are among those of an enterprise."""
    return [(pl.col("tier") == tier).any().alias(f"title_{tier}") for tier in Tier.values]


@lru_cache(maxsize=1)
def with_highest() -> list[pl.Expr]:
    """Return the titles held, false where there are none, and the highest of them."""
    names = [f"title_{tier}" for tier in Tier.values]
    highest = [pl.when(pl.col(f"title_{t}")).then(pl.lit(t)) for t in reversed(Tier.values)]
    return [pl.col(names).fill_null(value=False), pl.coalesce(*highest, pl.lit("")).alias("tier")]


def reports(chosen: Q, as_of: dt.date) -> Rows:
    """Return the annual reports of the years that are looked at (年报)."""
    columns: Columns = {
        "enterprise_id": pl.Int64,
        "year": pl.Int64,
        **dict.fromkeys(FIGURE_UNITS, pl.Int64),
    }
    years = [as_of.year - back for back in YEARS]
    return AnnualReport.objects.filter(chosen, year__in=years), columns


@lru_cache(maxsize=len(YEARS))
def figures_of(back: int) -> list[pl.Expr]:
    """Return the figures of a report under the names they have so many years back."""
    enterprise = pl.col("enterprise_id").alias("enterprise")
    return [enterprise, *(pl.col(name).alias(f"{name}_y{back}") for name in FIGURE_UNITS)]


def dated(of: str, chosen: Q, as_of: dt.date) -> Rows:
    """Return the facts of a kind that date from the day or before."""
    measure = MEASURES[of]
    begun = measure.model._default_manager.filter(chosen, **{f"{measure.dated}__lte": as_of})
    return begun, measure.types


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
