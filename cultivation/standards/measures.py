"""The kinds of facts that can be counted, and what a count may ask of them (事实种类)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from django.db.models import Q

from enterprises.registry.models import (
    Award,
    Certificate,
    EquityRound,
    Honour,
    IntellectualProperty,
    MajorEvent,
    RdInstitution,
    StandardPart,
)

if TYPE_CHECKING:
    from django.db.models import Model

Types = dict[str, type[pl.DataType]]
RECENT, LONG = "-1y", "-2y"  # since when a transfer is recent; before when a right is held long
DAY = dt.timedelta(1)


@dataclass(frozen=True, slots=True)
class Measure:
    """One table of facts: its columns, the day each fact dates from, its last valid day."""

    model: type[Model]
    columns: Types
    dated: str
    ends: str = ""
    derived: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()

    @property
    def types(self) -> Types:
        """Return the columns to read with their types: whose it is, its days, its properties."""
        days = [name for name in (self.dated, self.ends) if name]
        return {"enterprise_id": pl.Int64, **dict.fromkeys(days, pl.Date), **self.columns}

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the names a count may state conditions on."""
        return (*self.columns, *self.derived)


MEASURES: dict[str, Measure] = {
    "right": Measure(
        IntellectualProperty,
        {
            "kind": pl.String,
            "ip_class": pl.Int64,
            "obtained": pl.String,
            "transferred_on": pl.Date,
            "holder_rank": pl.Int64,
            "high_value": pl.Boolean,
            "related": pl.Boolean,
            "applied": pl.Boolean,
            "benefit": pl.Boolean,
            "disputed": pl.Boolean,
        },
        dated="granted_on",
        ends="valid_to",
        derived=("transferred_within_a_year", "held_over_two_years"),
    ),
    "award": Measure(
        Award,
        {"kind": pl.String, "level": pl.String, "unit_rank": pl.Int64},
        dated="awarded_on",
    ),
    "honour": Measure(
        Honour, {"kind": pl.String, "level": pl.String}, dated="granted_on", ends="valid_to"
    ),
    "institution": Measure(
        RdInstitution,
        {"level": pl.String, "own": pl.Boolean},
        dated="recognised_on",
        ends="valid_to",
    ),
    "certificate": Measure(
        Certificate,
        {"kind": pl.String, "foreign": pl.Boolean},
        dated="issued_on",
        ends="valid_to",
    ),
    "standard": Measure(
        StandardPart, {"level": pl.String, "unit_rank": pl.Int64}, dated="published_on"
    ),
    "equity": Measure(
        EquityRound,
        {"qualified": pl.Boolean, "shares_given": pl.Int64, "amount": pl.Int64},
        dated="paid_on",
        amounts=("amount",),
    ),
    "event": Measure(MajorEvent, {"kind": pl.String, "weight": pl.String}, dated="happened_on"),
}


def with_derived(facts: pl.LazyFrame, of: str, *, as_of: pl.Expr) -> pl.LazyFrame:
    """Add what a count may ask beyond the columns: how long a right was held (派生属性)."""
    if of != "right":
        return facts
    transferred = pl.col("obtained") == "transferred"
    recent = pl.col("transferred_on") > as_of.dt.offset_by(RECENT)
    return facts.with_columns(
        transferred_within_a_year=pl.when(transferred).then(recent).otherwise(pl.lit(value=False)),
        held_over_two_years=pl.col("granted_on") < as_of.dt.offset_by(LONG),
    )


def turning(of: str, first: dt.date, last: dt.date) -> Q:
    """Choose the facts that may count on one of two days and not on the other (跨期事实)."""
    measure = MEASURES[of]
    turns = within(measure.dated, first, last)
    if measure.ends:
        turns |= within(measure.ends, first - DAY, last - DAY)
    if of == "right":
        turns |= within("transferred_on", *(_back(day, RECENT) for day in (first, last)))
        turns |= within("granted_on", *(_back(day, LONG) - DAY for day in (first, last)))
    return turns


def within(name: str, first: dt.date, last: dt.date) -> Q:
    """Choose what is dated after the first day and not after the last."""
    return Q(**{f"{name}__gt": first, f"{name}__lte": last})


def _back(day: dt.date, by: str) -> dt.date:
    found: dt.date = pl.select(pl.lit(day).dt.offset_by(by)).item()
    return found
