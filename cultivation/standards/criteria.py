"""Reading criteria: groups, quantities, comparisons, bands, lines of points (条件读取)."""

from __future__ import annotations

import difflib
from fractions import Fraction
from typing import Any, cast

from cultivation.standards.indicators import FIGURE_UNITS, SCALE, STATEMENTS
from cultivation.standards.parts import REACH, SOURCE, PartReader, Table
from cultivation.standards.policy import (
    ORDERS,
    Amendment,
    Band,
    Comparison,
    Count,
    Criterion,
    Quantity,
    Shape,
)

SUBJECTS = (
    "figure",
    "ratio",
    "growth",
    "mean_growth",
    "compound_growth",
    "count",
    "sum",
    "fact",
)
LINES = {"points_at_least": "at_least", "points_above": "above"}
TRUTHS = {"is_true": True, "is_false": False}
CRITERION = [
    "code",
    "part_of",
    "label_zh",
    "label_en",
    "advisory",
    "need",
    "years",
    "over",
    "bands",
    "otherwise",
    "manual",
    "points",
    "cap",
    "equals",
    "one_of",
]
FOLDS = {"figure": ("each", "any", "sum", "mean"), "ratio": ("each", "any")}


class CriteriaReader(PartReader):
    """Reads the criteria of one file; knows the counts they may name."""

    def __init__(self, origin: str, counts: dict[str, Count]) -> None:
        super().__init__(origin)
        self.counts = counts

    def tree(self, rows: list[Table]) -> Criterion:
        codes = [row.get("code", "?") for row in rows]
        for code in codes:
            if codes.count(code) > 1:
                raise self.refuse(code, "the code stands twice", "give each criterion its own")
        children: dict[str, list[Table]] = {}
        roots = []
        for row in rows:
            part_of = row.get("part_of")
            if part_of is None:
                roots.append(row)
            elif part_of not in codes:
                raise self.refuse(
                    row["code"], f"part_of {part_of!r} does not exist", "name a group"
                )
            else:
                children.setdefault(part_of, []).append(row)
        if len(roots) != 1:
            found = [row.get("code") for row in roots]
            raise self.refuse(
                "criteria",
                f"{len(roots)} criteria stand alone: {found}",
                "state part_of in all but one",
            )
        root = self.criterion(roots[0], children)
        lost = set(codes) - {c.code for c in root.walk()}
        if lost:
            raise self.refuse(min(lost), "it is part of itself", "break the circle of part_of")
        return root

    def criterion(self, row: Table, children: dict[str, list[Table]]) -> Criterion:
        at = row.get("code", "?")
        self.known(at, row, CRITERION, SUBJECTS, ORDERS, TRUTHS, LINES, REACH, SOURCE)
        parts = tuple(self.criterion(part, children) for part in children.get(at, []))
        source = self.source(at, row)
        advisory = bool(row.get("advisory", False))
        if not (source.verified or advisory or source.note):
            raise self.refuse(
                at,
                "an unverified criterion would decide silently",
                "make it advisory = true, or say in note why it is used",
            )
        shape = self.group(at, row, parts) if parts else self.leaf(at, row)
        return Criterion(
            code=self.need(at, row, "code", str, "a text"),
            label_zh=self.need(at, row, "label_zh", str, "a text"),
            label_en=self.need(at, row, "label_en", str, "a text"),
            source=source,
            reach=self.reach(at, row),
            advisory=advisory,
            parts=parts,
            line=self.line(at, row),
            **shape,
        )

    def group(self, at: str, row: Table, parts: tuple[Criterion, ...]) -> Table:
        stated = [key for key in (*SUBJECTS, *ORDERS, *TRUTHS, "bands", "manual") if key in row]
        if stated:
            raise self.refuse(
                at, f"a group states {stated[0]!r}", "move it into a part, or drop its parts"
            )
        if row.get("need") not in {"all", "any", "sum", "best"}:
            raise self.refuse(
                at, "a group lacks need", 'state need = "all", "any", "sum" or "best"'
            )
        points = row.get("points")
        dumb = [p.code for p in parts if not p.scored and not p.advisory]
        if row["need"] in {"sum", "best"} and dumb:
            raise self.refuse(at, f"part {dumb[0]} gives no points", "state its points or bands")
        return {
            "need": row["need"],
            "cap": self.hundredths(at, row["cap"]) if "cap" in row else None,
            "points": None if points is None else self.hundredths(at, points),
        }

    def leaf(self, at: str, row: Table) -> Table:
        if "need" in row:
            raise self.refuse(at, "a group without parts", "give some criterion part_of this one")
        points = self.hundredths(at, row["points"]) if "points" in row else None
        if row.get("manual"):
            return {"manual": True, "points": points}
        quantity = self.quantity(at, row)
        if "bands" in row:
            bands = tuple(self.band(at, quantity, band) for band in row["bands"])
            otherwise = self.hundredths(at, row.get("otherwise", 0))
            if not bands or otherwise > min(band.points for band in bands):
                raise self.refuse(
                    at, "a band gives less than none", "order the points by the bands"
                )
            return {"quantity": quantity, "bands": bands, "otherwise": otherwise}
        comparison = self.comparison(at, quantity, row)
        return {"quantity": quantity, "comparison": comparison, "points": points}

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
        if len(names) != (2 if shape == "ratio" else 1):
            raise self.refuse(
                at, f"{shape} names {len(names)} things", "a ratio names two, else one"
            )
        catalogue: dict[str, Any] = {"count": self.counts, "sum": self.counts, "fact": STATEMENTS}
        self.named(at, names, catalogue.get(shape, FIGURE_UNITS))
        years = tuple(row.get("years", (1,)))
        over = row.get("over", "")
        if not years or not set(years) <= {0, 1, 2, 3}:
            raise self.refuse(
                at, f"years {list(years)}", "count back from Y1: 1, 2, 3, or 0 for now"
            )
        if (len(years) > 1) != bool(over) or (over and over not in FOLDS.get(shape, ())):
            raise self.refuse(
                at,
                f"years {list(years)} with over {over!r}",
                'fold several years with over = "each", "any", "sum" or "mean"',
            )
        return Quantity(cast("Shape", shape), tuple(names), years, over, self.unit(shape, names[0]))

    def named(self, at: str, names: list[str], catalogue: Table) -> None:
        for name in names:
            if name not in catalogue:
                near = difflib.get_close_matches(name, catalogue, n=1)
                mend = f"write {near[0]!r}" if near else f"use one of {sorted(catalogue)}"
                raise self.refuse(at, f"unknown name {name!r}", mend)

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
        keys = (*ORDERS, *TRUTHS, "equals", "one_of")
        stated = [key for key in keys if key in row]
        if len(stated) != 1:
            raise self.refuse(
                at,
                f"{len(stated)} comparisons stated",
                f"state exactly one of {', '.join(keys)}, or bands",
            )
        (key,) = stated
        value = row[key]
        sort = STATEMENTS[quantity.names[0]].sort if quantity.shape == "fact" else "number"
        fits = {
            "truth": key in TRUTHS and value is True,
            "text": key in {"equals", "one_of"},
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
        if key in {"equals", "one_of"}:
            return Comparison("is", tuple(value) if isinstance(value, list) else (value,))
        return Comparison(key, self.threshold(at, value, quantity.unit))

    def band(self, at: str, quantity: Quantity, row: Table) -> Band:
        self.known(at, row, ORDERS, TRUTHS, ("points", "equals", "one_of"))
        points = row.get("points")
        if points is None:
            raise self.refuse(at, "a band gives no points", "state its points")
        condition = {key: value for key, value in row.items() if key != "points"}
        comparison = self.comparison(at, quantity, condition)
        if quantity.shape in {"count", "sum"} and comparison.order not in {"at_least", "above"}:
            raise self.refuse(at, "a count in falling bands", "state its bands with at_least")
        return Band(comparison, self.hundredths(at, points))

    def line(self, at: str, row: Table) -> Comparison | None:
        stated = [key for key in LINES if key in row]
        if len(stated) > 1:
            raise self.refuse(at, "two lines of points", "state one")
        if not stated:
            return None
        scored = row.get("need") in {"sum", "best"} or "bands" in row or "points" in row
        if not scored:
            raise self.refuse(at, f"{stated[0]} without points", "give it points, or drop the line")
        return Comparison(LINES[stated[0]], Fraction(self.hundredths(at, row[stated[0]])))

    def amendment(self, row: Table, root: Criterion) -> Amendment:
        of = row.get("of", "?")
        at = f"amendment of {of}"
        self.known(at, row, ("of", "waived"), ORDERS, LINES, REACH, SOURCE)
        target = next((c for c in root.walk() if c.code == of), None)
        if target is None:
            raise self.refuse(at, "there is no such criterion", "name one by its code")
        waived = row.get("waived", False)
        comparison = None
        if any(key in row for key in ORDERS):
            if target.quantity is None or target.comparison is None:
                raise self.refuse(at, "it has no threshold", "amend a comparison")
            stated = {key: row[key] for key in ORDERS if key in row}
            comparison = self.comparison(at, target.quantity, stated)
        line = None
        if any(key in row for key in LINES):
            if target.line is None:
                raise self.refuse(at, "it has no line of points", "amend points_at_least of a sum")
            line = self.line(at, {**row, "points": 0})
        if not (waived or comparison or line):
            raise self.refuse(at, "it changes nothing", "state a threshold or waived = true")
        source = self.source(at, row)
        return Amendment(of, self.reach(at, row), source, comparison, line, waived or None)
