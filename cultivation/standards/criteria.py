"""Reading criteria: groups, leaves, what they are part of (条件读取)."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cultivation.standards.papers import PAPERS
from cultivation.standards.parts import REACH, SOURCE, Table
from cultivation.standards.policy import (
    UNSOURCED,
    Count,
    Criterion,
    Source,
)
from cultivation.standards.quantities import COMPARISONS, LINES, SUBJECTS, QuantityReader

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY_CRITERION = ("code", "part_of", "label_zh", "label_en", "advisory", "points", "evidence")
OF_A_GROUP = ("need", "cap", *LINES)
OF_A_LEAF = ("years", "over", "bands", "otherwise", "manual")
NEEDS = ("all", "any", "sum", "best")
CODE = re.compile(r"[^\W_][\w.′-]{0,39}")
DEEPEST = 12


class CriteriaReader(QuantityReader):
    """Reads the criteria of one file; a part is as sure as its file unless it says otherwise."""

    def __init__(
        self, origin: str, counts: Mapping[str, Count], *, default: Source = UNSOURCED
    ) -> None:
        super().__init__(origin, counts)
        self.default = default

    def tree(self, rows: list[Table]) -> Criterion:
        """Return the one criterion that all others are part of."""
        children = self.families(rows)
        roots = children.pop(None, [])
        if len(roots) != 1:
            raise self.refuse(
                "criteria",
                f"{len(roots)} criteria stand alone: {[row['code'] for row in roots]}",
                "state part_of in all but one",
            )
        root = self.criterion(roots[0], children)
        self.whole(rows, [root])
        if set(REACH) & set(roots[0]):
            raise self.refuse(root.code, "the whole standard has a reach", "state it in [[period]]")
        if root.advisory:
            raise self.refuse(root.code, "the whole standard is advice", "drop advisory")
        return root

    def branches(self, rows: list[Table], base: Criterion) -> tuple[tuple[str, Criterion], ...]:
        """Return the criteria that a file adds to groups of another one's tree."""
        known = {criterion.code: criterion for criterion in base.walk()}
        children = self.families(rows, known=known)
        found = []
        for code, group in known.items():
            for row in children.get(code, ()):
                branch = self.criterion(row, children)
                self.fits(group, branch)
                found.append((code, branch))
        self.whole(rows, [branch for _, branch in found])
        return tuple(found)

    def families(
        self, rows: list[Table], *, known: Mapping[str, Criterion] | None = None
    ) -> dict[str | None, list[Table]]:
        """Return the rows by what they are part of."""
        codes: set[str] = set()
        for row in rows:
            code = row.get("code")
            if not isinstance(code, str) or not CODE.fullmatch(code):
                raise self.refuse(
                    "criteria", f"code {code!r}", "give each letters and digits, as S26-2a"
                )
            if code in codes or code in (known or {}):
                raise self.refuse(code, "the code stands twice", "give each criterion its own")
            codes.add(code)
        children: dict[str | None, list[Table]] = {}
        for row in rows:
            part_of = row.get("part_of")
            if part_of is None and known is not None:
                raise self.refuse(row["code"], "it is part of nothing", "state part_of")
            if part_of is not None and part_of not in [*codes, *(known or {})]:
                raise self.refuse(
                    row["code"], f"part_of {part_of!r} does not exist", "name a group"
                )
            children.setdefault(part_of, []).append(row)
        return children

    def whole(self, rows: list[Table], roots: list[Criterion]) -> None:
        lost = {row["code"] for row in rows} - {c.code for root in roots for c in root.walk()}
        if lost:
            raise self.refuse(min(lost), "it is part of itself", "break the circle of part_of")

    def fits(self, group: Criterion, part: Criterion) -> None:
        """Refuse a part that its group cannot take."""
        if not group.need:
            raise self.refuse(
                part.code, f"part_of {group.code!r}, which has no parts", "name a group"
            )
        if group.need in {"sum", "best"} and not part.scored and not part.advisory:
            raise self.refuse(
                group.code, f"part {part.code} gives no points", "state its points or bands"
            )

    def criterion(
        self, row: Table, children: dict[str | None, list[Table]], depth: int = 1
    ) -> Criterion:
        at = row["code"]
        if depth > DEEPEST:
            raise self.refuse(at, f"groups lie more than {DEEPEST} deep", "take some levels out")
        parts = tuple(self.criterion(p, children, depth + 1) for p in children.get(at, []))
        self.known(
            at, row, ANY_CRITERION, OF_A_GROUP, OF_A_LEAF, SUBJECTS, COMPARISONS, REACH, SOURCE
        )
        source = self.source(at, row, default=self.default)
        advisory = self.flag(at, row, "advisory")
        if not (source.verified or advisory or source.note):
            raise self.refuse(
                at,
                "an unverified criterion would decide silently",
                "make it advisory = true, or say in note why it is used",
            )
        made = Criterion(
            code=at,
            label_zh=self.need(at, row, "label_zh", str, "a text"),
            label_en=self.need(at, row, "label_en", str, "a text"),
            source=source,
            reach=self.reach(at, row),
            advisory=advisory,
            parts=parts,
            points=self.hundredths(at, row["points"]) if "points" in row else None,
            evidence=self.papers(at, row),
            **(self.group(at, row) if parts else self.leaf(at, row)),
        )
        for part in parts:
            self.fits(made, part)
        self.reachable(made)
        return made

    def papers(self, at: str, row: Table) -> tuple[str, ...]:
        kinds = self.texts(at, row, "evidence")
        self.known(f"{at}, evidence", dict.fromkeys(kinds), PAPERS)
        return kinds

    def only(self, at: str, row: Table, what: str, allowed: tuple[str, ...]) -> None:
        """Refuse what this sort of criterion has no use for."""
        every = (*OF_A_GROUP, *OF_A_LEAF, *SUBJECTS, *COMPARISONS, "points")
        stated = [key for key in every if key in row and key not in allowed]
        if stated:
            mend = f"drop it, or move it; here may stand {', '.join(allowed)}"
            raise self.refuse(at, f"{what} states {stated[0]!r}", mend)

    def group(self, at: str, row: Table) -> dict[str, Any]:
        if row.get("need") not in NEEDS:
            raise self.refuse(
                at, "a group lacks need", 'state need = "all", "any", "sum" or "best"'
            )
        if row["need"] in {"all", "any"}:
            self.only(at, row, "a group", ("need", "points"))
        else:
            self.only(at, row, "a group of points", OF_A_GROUP)
        cap = self.hundredths(at, row["cap"]) if "cap" in row else None
        return {"need": row["need"], "cap": cap, "line": self.line(at, row)}

    def leaf(self, at: str, row: Table) -> dict[str, Any]:
        if "need" in row:
            raise self.refuse(at, "a group without parts", "give some criterion part_of this one")
        if self.flag(at, row, "manual"):
            self.only(at, row, "a matter for a person", ("manual", "points"))
            return {"manual": True}
        quantity = self.quantity(at, row)
        if "bands" not in row:
            allowed = (*SUBJECTS, *COMPARISONS, "years", "over", "points", "manual")
            self.only(at, row, "a comparison", allowed)
            return {"quantity": quantity, "comparison": self.comparison(at, quantity, row)}
        self.only(
            at, row, "bands", (*SUBJECTS, *LINES, "years", "over", "bands", "otherwise", "manual")
        )
        bands = self.bands(at, quantity, row["bands"])
        otherwise = self.hundredths(at, row.get("otherwise", 0))
        if otherwise >= bands[-1].points:
            raise self.refuse(at, "a band gives less than none", "order the points by the bands")
        line = self.line(at, row)
        return {"quantity": quantity, "bands": bands, "otherwise": otherwise, "line": line}

    def reachable(self, made: Criterion) -> None:
        """Refuse a line of points that nobody can reach."""
        if made.line is None or not isinstance(made.line.threshold, Fraction):
            return
        beyond = made.most - made.line.threshold
        if beyond < 0 or (beyond == 0 and made.line.order == "above"):
            raise self.refuse(
                made.code,
                f"its line lies above the most points there are, {made.most / 100:g}",
                "lower the line, or raise points or cap",
            )
