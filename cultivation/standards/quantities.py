"""Reading what is compared, with what, and for how many points (指标、门槛与分档读取)."""

from __future__ import annotations

import difflib
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from cultivation.standards.indicators import FIGURE_UNITS, SCALE, STATEMENTS
from cultivation.standards.parts import PartReader, Table
from cultivation.standards.policy import (
    ORDERS,
    Band,
    Comparison,
    Count,
    Quantity,
    Shape,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBJECTS = (
    *("figure", "ratio", "growth", "mean_growth", "compound_growth"),
    *("count", "sum", "fact"),
)
TRUTHS = {"is_true": True, "is_false": False}
CHOICES = ("equals", "one_of")
COMPARISONS = (*ORDERS, *TRUTHS, *CHOICES)
LINES = {"points_at_least": "at_least", "points_above": "above"}
FOLDS = {"figure": ("each", "any", "sum", "mean"), "ratio": ("each", "any")}
BACK = (0, 1, 2, 3)


class QuantityReader(PartReader):
    """Reads quantities and comparisons; knows the counts they may name."""

    def __init__(self, origin: str, counts: Mapping[str, Count]) -> None:
        super().__init__(origin)
        self.counts = counts

    def quantity(self, at: str, row: Table) -> Quantity:
        stated = [key for key in SUBJECTS if key in row]
        if len(stated) != 1:
            raise self.refuse(
                at,
                f"{len(stated)} quantities stated",
                f"state exactly one of {', '.join(SUBJECTS)}, or manual = true",
            )
        (shape,) = stated
        names = row[shape] if isinstance(row[shape], list) else [row[shape]]
        if len(names) != (2 if shape == "ratio" else 1) or len(set(map(repr, names))) < len(names):
            raise self.refuse(
                at, f"{shape} = {row[shape]!r}", "a ratio names two different figures, else one"
            )
        self.named(at, shape, names)
        years, over = self.years(at, row, shape)
        return Quantity(cast("Shape", shape), tuple(names), years, over, self.unit(shape, names[0]))

    def named(self, at: str, shape: str, names: list[Any]) -> None:
        """Refuse a name that is none, or whose unit does not suit."""
        lists: dict[str, Mapping[str, Any]] = {
            "count": {name: c for name, c in self.counts.items() if not c.amount},
            "sum": {name: c for name, c in self.counts.items() if c.amount},
            "fact": STATEMENTS,
        }
        catalogue = lists.get(shape, FIGURE_UNITS)
        for name in names:
            if isinstance(name, str) and name in catalogue:
                continue
            if shape in {"count", "sum"} and str(name) in self.counts:
                other = "sum" if shape == "count" else "count"
                raise self.refuse(at, f"{shape} of {name!r}", f"write {other} = {name!r}")
            near = difflib.get_close_matches(str(name), catalogue, n=1)
            mend = f"write {near[0]!r}" if near else f"use one of {sorted(catalogue)}"
            raise self.refuse(at, f"unknown name {name!r}", mend)
        units = [FIGURE_UNITS[name] for name in names] if shape == "ratio" else []
        if len(set(units)) > 1:
            raise self.refuse(
                at, f"{names[0]} is of another unit than {names[1]}", "divide like by like"
            )

    def years(self, at: str, row: Table, shape: str) -> tuple[tuple[int, ...], str]:
        if shape not in FOLDS:
            for key in ("years", "over"):
                if key in row:
                    raise self.refuse(at, f"{key} with {shape}", f"drop {key}")
            return (1,), ""
        years, over = row.get("years", [1]), row.get("over", "")
        known = isinstance(years, list) and all(type(y) is int and y in BACK for y in years)
        if not known or not years or len(set(years)) < len(years):
            raise self.refuse(at, f"years {years!r}", "count back from Y1: 1, 2, 3, or 0 for now")
        if (len(years) > 1) != (over != "") or (over != "" and over not in FOLDS[shape]):
            raise self.refuse(
                at,
                f"years {years} with over {over!r}",
                f"fold several years with over = one of {', '.join(FOLDS[shape])}",
            )
        return tuple(years), over

    def unit(self, shape: str, name: str) -> str:
        if shape == "figure":
            return FIGURE_UNITS[name]
        if shape == "sum":
            return "money"
        if shape == "fact":
            sort = STATEMENTS[name].sort
            return sort if sort in SCALE else "number"
        return "number" if shape == "count" else "ratio"

    def comparison(self, at: str, quantity: Quantity, row: Table) -> Comparison:
        stated = [key for key in COMPARISONS if key in row]
        if len(stated) != 1:
            raise self.refuse(
                at,
                f"{len(stated)} comparisons stated",
                f"state exactly one of {', '.join(COMPARISONS)}, or bands",
            )
        (key,) = stated
        value = row[key]
        sort = STATEMENTS[quantity.names[0]].sort if quantity.shape == "fact" else "number"
        fits = {
            "truth": key in TRUTHS and value is True,
            "text": key in CHOICES,
        }.get(sort, key in ORDERS)
        if not fits:
            raise self.refuse(
                at,
                f"{key} = {value!r} does not suit {quantity.names[0]!r}",
                {
                    "truth": "state is_true = true or is_false = true",
                    "text": "state equals or one_of",
                }.get(sort, f"state one of {', '.join(ORDERS)}"),
            )
        if key in TRUTHS:
            return Comparison("is", TRUTHS[key])
        if key == "equals":
            return Comparison("is", (self.need(at, row, key, str, "a text"),))
        if key == "one_of":
            texts = self.texts(at, row, key)
            if not texts:
                raise self.refuse(at, "one_of is empty", "name what may hold")
            return Comparison("is", texts)
        return Comparison(key, self.threshold(at, value, quantity.unit))

    def bands(self, at: str, quantity: Quantity, rows: Any) -> tuple[Band, ...]:
        """Read bands: from most points down, each edge easier than the one before."""
        tables = self.rows({"bands": rows}, "bands")
        bands = tuple(self.band(f"{at}, band {n}", quantity, b) for n, b in enumerate(tables, 1))
        if not bands:
            raise self.refuse(at, "bands without a band", "state one or more")
        for n, (better, worse) in enumerate(pairwise(bands), 2):
            if better.points <= worse.points:
                raise self.refuse(
                    f"{at}, band {n}", "it gives no less than the one before", "begin with the most"
                )
            if not _harder(better.comparison, worse.comparison):
                raise self.refuse(
                    f"{at}, band {n}",
                    "it is no easier than the one before, which gives more",
                    "order the edges from the hardest to the easiest, all in one direction",
                )
        return bands

    def band(self, at: str, quantity: Quantity, row: Table) -> Band:
        self.known(at, row, COMPARISONS, ("points",))
        if "points" not in row:
            raise self.refuse(at, "a band gives no points", "state its points")
        comparison = self.comparison(at, quantity, row)
        if quantity.is_span and comparison.order not in {"at_least", "above"}:
            raise self.refuse(at, "a count in falling bands", "state its bands with at_least")
        return Band(comparison, self.hundredths(at, row["points"]))

    def line(self, at: str, row: Table) -> Comparison | None:
        stated = [key for key in LINES if key in row]
        if len(stated) > 1:
            raise self.refuse(at, "two lines of points", "state one")
        if not stated:
            return None
        return Comparison(LINES[stated[0]], Fraction(self.hundredths(at, row[stated[0]])))


def _harder(one: Comparison, other: Comparison) -> bool:
    """Tell whether all that reaches one edge reaches the other as well, and not the reverse."""
    if isinstance(one.threshold, Fraction) and isinstance(other.threshold, Fraction):
        rising = {one.order in {"at_least", "above"}, other.order in {"at_least", "above"}}
        if len(rising) > 1:
            return False
        if one.threshold == other.threshold:
            return one.order in {"above", "below"} and other.order in {"at_least", "at_most"}
        return (one.threshold > other.threshold) == rising.pop()
    return one.threshold != other.threshold
