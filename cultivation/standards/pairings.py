"""The rules before and after for those to whom the same apply, and how they turn (规则对照)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

from cultivation.standards.evaluation import DIGIT, judge_rest, requirements
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case, Criterion, Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cultivation.standards.bases import Base, Group

ENOUGH = Verdict.MANUAL.value
RECHECK = "recheck"
PASSED, PASSES = pl.col("before") >= ENOUGH, pl.col("after") >= ENOUGH
FAILED, FAILS = (pl.col(name) == Verdict.UNMET.value for name in ("before", "after"))
UNTOLD_THEN, UNTOLD = (pl.col(name) == Verdict.UNKNOWN.value for name in ("before", "after"))
HOLDS = pl.col("kind") == RECHECK
SORTS: dict[str, pl.Expr] = {  # the lists of enterprises that can be asked for
    "gains": FAILED & PASSES,
    "losses": PASSED & FAILS,
    "casualties": HOLDS & PASSED & FAILS,
    "saved": HOLDS & FAILED & PASSES,
    "cleared": UNTOLD_THEN & PASSES,
    "doubtful": PASSED & UNTOLD,
    "qualify": PASSES,
    "unknown": UNTOLD,
}


@dataclass(frozen=True, slots=True)
class Pairing:
    """One standard and what it becomes, for a group or for one unit of it (规则对)."""

    group: Group
    unit: str  # for which alone it becomes that; empty: for all of the group but `apart`
    apart: tuple[str, ...]
    before: Criterion
    after: Criterion

    @property
    def differing(self) -> list[str]:
        """Return the requirements that differ, those of the first standard first."""
        stood, stands = ({c.code: c for c in requirements(s)} for s in (self.before, self.after))
        return [code for code in {**stood, **stands} if stood.get(code) != stands.get(code)]

    @property
    def touched(self) -> list[str]:
        """Return the requirements of the first standard that differ."""
        asked = {c.code for c in requirements(self.before)}
        return [code for code in self.differing if code in asked]

    @property
    def score(self) -> str:
        """Return the criterion whose points rank those who qualify afterwards, if there is one."""
        sums = (c.code for c in self.after.walk() if c.line and c.need in {"sum", "best"})
        return next(sums, "")

    def open_rows(self) -> pl.LazyFrame | None:
        """Return the rows for which the pairing holds and is not settled, None where none are.

        Who fails a requirement that stays as it is fails before and after.
        """
        rows = self.group.scan(len(self.touched))
        if rows is None:
            return None
        unmet = pl.lit(Verdict.UNMET.value, dtype=DIGIT)
        may_turn = [(pl.col(f"v:{code}") == unmet).cast(pl.UInt32) for code in self.touched]
        rows = rows.filter(pl.col("failed") == sum(may_turn, pl.lit(0, dtype=pl.UInt32)))
        if self.unit:
            return rows.filter(pl.col("unit") == self.unit)
        return rows.filter(~pl.col("unit").is_in(list(self.apart))) if self.apart else rows

    def judged(self, rows: pl.LazyFrame, deciding: Sequence[str], *, bits: int) -> pl.LazyFrame:
        """Judge what differs, and add how each enterprise stood, stands, and by what it turns."""
        stood = {criterion.code: criterion for criterion in self.before.walk()}
        known = {c.code for c in self.after.walk() if stood.get(c.code) == c}
        rows = rows.with_columns(
            pl.col(f"v:{self.before.code}").alias("before"),
            *(pl.col(f"v:{code}").alias(f"was:{code}") for code in self.touched),
        )
        rows = judge_rest(rows, self.after, known=known, bits=bits)
        rows = rows.with_columns(
            pl.col(f"v:{self.after.code}").alias("after"),
            pl.lit(self.group.kind).alias("kind"),
            *([pl.col(f"low:{self.score}").alias("score")] if self.score else []),
        )
        return rows.with_columns(self._turned(deciding).alias("deciding"))

    def _turned(self, deciding: Sequence[str]) -> pl.Expr:
        """Return the set of requirements by which an enterprise gains or loses, as bits."""
        touched, asked = self.touched, {c.code for c in requirements(self.after)}
        met = pl.lit(Verdict.MET.value, dtype=DIGIT)  # what is not asked for bars nobody
        unmet = Verdict.UNMET.value
        whole = pl.lit(0, dtype=pl.UInt64)
        for code in self.differing:
            was = pl.col(f"was:{code}") if code in touched else met
            now = pl.col(f"v:{code}") if code in asked else met
            turned = (SORTS["gains"] & (was == unmet) & (now >= ENOUGH)) | (
                SORTS["losses"] & (was >= ENOUGH) & (now == unmet)
            )
            bit = pl.lit(1 << deciding.index(code), dtype=pl.UInt64)
            whole = whole + turned.cast(pl.UInt64) * bit
        return whole


def pairings(base: Base, after: Policy, path: str) -> Iterator[Pairing]:
    """Yield what each standard of a base becomes, for the groups that a subtree has (规则对照)."""
    own = base.policy.units
    mine = path[:2]
    for group in base.groups:
        if mine and group.unit != (mine if mine in own else ""):
            continue
        apart = () if group.unit else tuple(sorted(after.units - own))
        before = base.policy.standard(Case(group.kind, base.as_of, group.unit))
        for unit in (*apart, ""):
            if mine and unit != (mine if mine in apart else ""):
                continue
            standard = after.standard(Case(group.kind, base.as_of, unit or group.unit))
            yield Pairing(group, unit, () if unit else apart, before, standard)


def may_decide(paired: Sequence[Pairing], *orders: Sequence[str]) -> tuple[str, ...]:
    """Return the requirements that differ somewhere, in the order of the files."""
    found = {code for pairing in paired for code in pairing.differing}
    ordered = dict.fromkeys(chain(*orders, sorted(found)))
    return tuple(code for code in ordered if code in found)
