"""Reading an edition from its TOML text, and refusing one that does not make sense (标准读取).

Every refusal is a PolicyError that names the file, the criterion and the mend.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import tomllib
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cultivation.standards.indicators import FIGURE_UNITS, SCALE, STATEMENTS
from cultivation.standards.measures import MEASURES
from cultivation.standards.policy import (
    EVERYWHERE,
    KINDS,
    ORDERS,
    Amendment,
    Band,
    Comparison,
    Count,
    Criterion,
    Period,
    Policy,
    PolicyError,
    Quantity,
    Reach,
    Source,
)
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Table = dict[str, Any]
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
REACH = ("kinds", "since", "until", "units", "not_units")
SOURCE = ("clause", "document", "confidence", "verified", "note")
LINES = {"points_at_least": "at_least", "points_above": "above"}
TRUTHS = {"is_true": True, "is_false": False}
CRITERION = (
    "code part_of label_zh label_en advisory need years over bands otherwise manual points cap "
    "equals one_of"
).split()
FOLDS = {"figure": ("each", "any", "sum", "mean"), "ratio": ("each", "any")}


def read_policy(text: str, *, code: str, origin: str = "") -> Policy:
    """Read an edition; `origin` names it in complaints (读取标准)."""
    origin = origin or f"{code}.toml"
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{origin}: not TOML: {error}; mend the line named") from error
    policy = _Reader(origin).policy(table, code=code)
    digest = hashlib.sha256(text.encode()).hexdigest()
    object.__setattr__(policy, "sha256", digest)
    return policy


class _Reader:
    """Reads one file; knows its name and its counts for the complaints."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.counts: dict[str, Count] = {}

    def refuse(self, at: str, fault: str, mend: str) -> PolicyError:
        return PolicyError(f"{self.origin}: {at}: {fault}; {mend}")

    def known(self, at: str, table: Table, *names: Sequence[str]) -> None:
        allowed = {name for group in names for name in group}
        for key in table:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                mend = f"write {near[0]!r}" if near else f"use one of {', '.join(sorted(allowed))}"
                raise self.refuse(at, f"unknown key {key!r}", mend)

    def need(self, at: str, table: Table, name: str, kind: type, what: str) -> Any:
        value = table.get(name)
        if not isinstance(value, kind) or (kind is str and not value):
            raise self.refuse(at, f"{name!r} is missing or not {what}", f"state {name} as {what}")
        return value

    # -- the whole file

    def policy(self, table: Table, *, code: str) -> Policy:
        header = ("tier", "title_zh", "title_en", "in_force", "until", "source")
        self.known("header", table, header, SOURCE, ("period", "count", "criterion", "amendment"))
        tier = self.need("header", table, "tier", str, "a tier")
        if tier not in Tier.values:
            raise self.refuse("header", f"unknown tier {tier!r}", f"use one of {Tier.values}")
        in_force = self.need("header", table, "in_force", dt.date, "a date")
        until = table.get("until")
        for row in table.get("count", []):
            count = self.count(row)
            if count.name in self.counts:
                raise self.refuse(f"count {count.name}", "defined twice", "keep one")
            self.counts[count.name] = count
        root = self.tree(table.get("criterion", []))
        order = tuple(c.code for c in root.walk())
        periods = tuple(self.period(row) for row in table.get("period", []))
        return Policy(
            code=code,
            tier=tier,
            title_zh=self.need("header", table, "title_zh", str, "a text"),
            title_en=self.need("header", table, "title_en", str, "a text"),
            source=self.source("header", table),
            in_force=in_force,
            until=until,
            periods=periods or (Period(KINDS, in_force, until),),
            root=root,
            counts=tuple(self.counts.values()),
            amendments=tuple(self.amendment(row, root) for row in table.get("amendment", [])),
            origin=str(table.get("source", "")),
            order=order,
        )

    def period(self, row: Table) -> Period:
        self.known("period", row, ("kinds", "since", "until", "document", "confidence"))
        reach = self.reach("period", row)
        if not reach.kinds or reach.since is None:
            raise self.refuse("period", "kinds or since is missing", "state both")
        return Period(
            reach.kinds,
            reach.since,
            reach.until,
            row.get("document", ""),
            row.get("confidence", "H"),
        )

    def count(self, row: Table) -> Count:
        at = f"count {row.get('name', '?')}"
        fields = "name of label_zh label_en where amount years to_date valid complete note"
        self.known(at, row, fields.split())
        of = row.get("of")
        if of not in MEASURES:
            raise self.refuse(at, f"unknown kind of fact {of!r}", f"use one of {sorted(MEASURES)}")
        measure = MEASURES[of]
        complete = row.get("complete", "")
        if complete and complete not in STATEMENTS:
            raise self.refuse(at, f"unknown statement {complete!r}", "name a statement")
        if row.get("amount") and row["amount"] not in measure.amounts:
            raise self.refuse(at, f"no amount {row['amount']!r}", f"use {measure.amounts}")
        where = []
        for alternative in row.get("where", [{}]):
            self.known(at, alternative, measure.properties)
            where.append(
                tuple((name, self.fitting(at, value)) for name, value in alternative.items())
            )
        return Count(
            name=self.need(at, row, "name", str, "a name"),
            of=of,
            label_zh=self.need(at, row, "label_zh", str, "a text"),
            label_en=self.need(at, row, "label_en", str, "a text"),
            where=tuple(where),
            amount=row.get("amount", ""),
            years=row.get("years", 0),
            to_date=row.get("to_date", False),
            valid=row.get("valid", False),
            complete=complete,
        )

    def fitting(self, at: str, value: Any) -> Comparison:
        """Read what a property of a fact must be: a value, several, or a bound."""
        if isinstance(value, bool):
            return Comparison("is", value)
        if isinstance(value, str):
            return Comparison("is", (value,))
        if isinstance(value, int):
            return Comparison("is", (str(value),))
        if isinstance(value, list):
            return Comparison("is", tuple(str(v) for v in value))
        if isinstance(value, dict) and len(value) == 1:
            ((order, bound),) = value.items()
            if order in ORDERS and isinstance(bound, int | Decimal):
                return Comparison(order, Fraction(bound))
        raise self.refuse(at, f"{value!r} is no condition", "give a value, a list or {at_most = 3}")

    # -- criteria

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
                raise self.refuse(row["code"], f"part_of {part_of!r} does not exist", "name a group")
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
            raise self.refuse(sorted(lost)[0], "it is part of itself", "break the circle of part_of")
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
        shape = self.group(at, row) if parts else self.leaf(at, row)
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

    def group(self, at: str, row: Table) -> Table:
        stated = [key for key in (*SUBJECTS, *ORDERS, *TRUTHS, "bands", "manual") if key in row]
        if stated:
            raise self.refuse(
                at, f"a group states {stated[0]!r}", "move it into a part, or drop its parts"
            )
        if row.get("need") not in {"all", "any", "sum", "best"}:
            raise self.refuse(at, "a group lacks need", 'state need = "all", "any", "sum" or "best"')
        points = row.get("points")
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
            return {
                "quantity": quantity,
                "bands": tuple(self.band(at, quantity, band) for band in row["bands"]),
                "otherwise": self.hundredths(at, row.get("otherwise", 0)),
            }
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
            raise self.refuse(at, f"{shape} names {len(names)} things", "a ratio names two, else one")
        catalogue: dict[str, Any] = {"count": self.counts, "sum": self.counts, "fact": STATEMENTS}
        self.named(at, names, catalogue.get(shape, FIGURE_UNITS))
        years = tuple(row.get("years", (1,)))
        over = row.get("over", "")
        if not years or not set(years) <= {0, 1, 2, 3}:
            raise self.refuse(at, f"years {list(years)}", "count back from Y1: 1, 2, 3, or 0 for now")
        if (len(years) > 1) != bool(over) or (over and over not in FOLDS.get(shape, ())):
            raise self.refuse(
                at,
                f"years {list(years)} with over {over!r}",
                'fold several years with over = "each", "any", "sum" or "mean"',
            )
        return Quantity(shape, tuple(names), years, over, self.unit(shape, names[0]))

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

    def threshold(self, at: str, value: Any, unit: str) -> Fraction:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.refuse(at, f"{value!r} is not a number", "write a plain number")
        return Fraction(value) * SCALE[unit]

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

    def hundredths(self, at: str, value: Any) -> int:
        exact = self.threshold(at, value, "points")
        if exact.denominator != 1:
            raise self.refuse(at, f"{value} points", "points have at most two decimals")
        return int(exact)

    # -- what several have

    def source(self, at: str, row: Table) -> Source:
        confidence = row.get("confidence", "H")
        if confidence not in {"H", "M", "L"}:
            raise self.refuse(at, f"confidence {confidence!r}", "use H, M or L")
        verified = row.get("verified", confidence == "H")
        if confidence != "H" and ("verified" not in row or verified):
            raise self.refuse(
                at, f"confidence {confidence} passes as verified", "state verified = false"
            )
        return Source(
            row.get("clause", ""), row.get("document", ""), confidence, verified, row.get("note", "")
        )

    def reach(self, at: str, row: Table) -> Reach:
        kinds = tuple(row.get("kinds", ()))
        if not set(kinds) <= set(KINDS):
            raise self.refuse(at, f"kinds {list(kinds)}", f"use {list(KINDS)}")
        for key in ("since", "until"):
            if key in row and type(row[key]) is not dt.date:
                raise self.refuse(at, f"{key} is not a date", "write 2026-04-01 without quotes")
        units = tuple(row.get("units", ()))
        not_units = tuple(row.get("not_units", ()))
        if any(len(unit) != 2 for unit in units + not_units):
            raise self.refuse(at, f"units {[*units, *not_units]}", "name recommending units, as 44")
        reach = Reach(kinds, row.get("since"), row.get("until"), units, not_units)
        return EVERYWHERE if reach == EVERYWHERE else reach

    def amendment(self, row: Table, root: Criterion) -> Amendment:
        of = row.get("of", "?")
        at = f"amendment of {of}"
        self.known(at, row, ("of", "waived"), ORDERS, LINES, REACH, SOURCE)
        target = next((c for c in root.walk() if c.code == of), None)
        if target is None:
            raise self.refuse(at, "there is no such criterion", "name one by its code")
        change: Callable[[str], bool] = row.__contains__
        waived = row.get("waived", False)
        comparison = None
        if any(map(change, ORDERS)):
            if target.quantity is None or target.comparison is None:
                raise self.refuse(at, "it has no threshold", "amend a comparison")
            stated = {key: row[key] for key in ORDERS if key in row}
            comparison = self.comparison(at, target.quantity, stated)
        line = None
        if any(map(change, LINES)):
            if target.line is None:
                raise self.refuse(at, "it has no line of points", "amend points_at_least of a sum")
            line = self.line(at, {**row, "points": 0})
        if not (waived or comparison or line):
            raise self.refuse(at, "it changes nothing", "state a threshold or waived = true")
        source = self.source(at, row)
        return Amendment(of, self.reach(at, row), source, comparison, line, waived)
