"""Who gains and who loses where a standard is changed, over the whole registry (门槛模拟).

New applicants are judged by the rules of recognition, holders of the tier's title by those of
re-check. An enterprise qualifies where nothing is unmet or unknown: what is left is for people to
judge. It gains where it was sure to fail and qualifies, and loses where it qualified and is sure to
fail; where figures are missing, turns from or to what cannot be told are counted apart.

Only criteria that differ between the two standards are judged again; the others' verdicts come
from the base, which is made once for a snapshot and an edition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from cultivation.standards.bases import NATION, SUBTREE, Base, base_of, told_apart
from cultivation.standards.evaluation import DIGIT, judge_rest, requirements
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case, Criterion, Policy, amended

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from cultivation.standards.bases import Group
    from cultivation.standards.models import Snapshot
    from cultivation.standards.policy import Amendment
    from enterprises.jobs.runs import Progress

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
class Result:
    """What came out: enterprises counted by where they stand and how they are judged (模拟结果).

    `counts` has a row for each place, title held, section, size, kind, verdict before and after and
    set of deciding requirements: bit n of `deciding` is requirement n. `scores` counts those that
    qualify afterwards by their lowest possible score, where the standard gives one.
    """

    counts: pl.DataFrame
    requirements: tuple[str, ...]
    missing: tuple[str, ...] = ()
    scores: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Simulation:
    """Two standards over the enterprises of a subtree (两套标准的对照)."""

    base: Base
    after: Policy
    path: str = ""
    deciding: tuple[str, ...] = field(default=())

    def result(self) -> Result:
        """Count everybody by place, title, section, size and verdict (统计)."""
        where = SUBTREE if self.path else NATION
        keys = [*where, "kind", "before", "after", "deciding"]
        parts = list(self._parts())
        asked = [rows.group_by(keys).agg(pl.len().alias("count")) for rows, _ in parts]
        asked += [
            rows.filter(pl.col("after") >= ENOUGH).group_by("score").agg(pl.len().alias("count"))
            for rows, scored in parts
            if scored
        ]
        others = list(self._others(where))
        found = pl.collect_all([*others, *asked], engine="streaming")
        tables, scores = found[: len(others) + len(parts)], found[len(others) + len(parts) :]
        tables = [table.select(pl.col(*keys), pl.col("count").cast(pl.Int64)) for table in tables]
        counts = pl.concat(tables) if tables else _nobody([*keys, "count"])
        summed = pl.concat(scores).group_by("score").agg(pl.col("count").sum()) if scores else None
        return Result(
            counts.rename({keys[0]: "place"}),
            self.deciding,
            self.base.missing,
            tuple(sorted(summed.iter_rows(), reverse=True)) if summed is not None else (),
        )

    def firms(self, sort: str, *narrower: pl.Expr, requirement: str = "") -> pl.DataFrame:
        """Return ids and verdicts of the enterprises of a list, ordered by place (名单).

        `narrower` may speak of region_path, held, section and size; `requirement` asks for those
        whom it decides.
        """
        wanted = SORTS[sort]
        if requirement:
            bit = 1 << self.deciding.index(requirement)
            wanted &= (pl.col("deciding") & pl.lit(bit, dtype=pl.UInt64)) != 0
        names = ["enterprise", "region_path", "kind", "before", "after", "deciding"]
        asked = [
            rows.filter(wanted, *narrower).select(names).with_columns(pl.col("kind"))
            for rows, _ in self._parts()
        ]
        if not asked:
            return _nobody(names)
        return pl.concat(pl.collect_all(asked)).sort("region_path", "enterprise")

    def _groups(self) -> list[Group]:
        """Return the groups that have enterprises of the subtree."""
        mine = self.path[:2]
        unit = mine if mine in self.base.policy.units else ""
        return [group for group in self.base.groups if not mine or group.unit == unit]

    def _within(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        ends = pl.lit(self.path), pl.lit(self.path + "~")
        return rows.filter(pl.col("region_path").is_between(*ends)) if self.path else rows

    def _others(self, where: tuple[str, ...]) -> Iterator[pl.LazyFrame]:
        """Yield counts of those who fail more requirements than the standards differ in."""
        for group in self._groups():
            counted = group.others(len(self.deciding), where)
            if counted is not None:
                unmet = pl.lit(Verdict.UNMET.value, dtype=DIGIT)
                yield self._within(counted).with_columns(
                    pl.lit(group.kind).alias("kind"),
                    unmet.alias("before"),
                    unmet.alias("after"),
                    pl.lit(0, dtype=pl.UInt64).alias("deciding"),
                )

    def _parts(self) -> Iterator[tuple[pl.LazyFrame, bool]]:
        """Yield the rows judged both ways, rules by rules, and whether they have a score.

        Who fails more requirements than the standards differ in fails by both and is left out.
        """
        mine = self.path[:2]
        others = self.base.policy.units
        for group in self._groups():
            apart = sorted(self.after.units - others) if not group.unit else []
            if mine:
                apart = [unit for unit in apart if unit == mine]
            near = group.scan(len(self.deciding))
            if near is None:
                continue
            rows = self._within(near)
            for unit in apart:
                yield self._judged(rows.filter(pl.col("unit") == unit), group, unit)
            if not mine or not apart:
                rest = rows.filter(~pl.col("unit").is_in(apart)) if apart else rows
                yield self._judged(rest, group, group.unit)

    def _judged(self, rows: pl.LazyFrame, group: Group, unit: str) -> tuple[pl.LazyFrame, bool]:
        """Judge what differs and say how each enterprise stood, stands, and by what."""
        old, new = self._standards(group, unit)
        stood = {criterion.code: criterion for criterion in old.walk()}
        known = {c.code for c in new.walk() if stood.get(c.code) == c}
        asked = [{c.code for c in requirements(standard)} for standard in (old, new)]
        flips = [
            (bit, code)
            for bit, code in enumerate(self.deciding)
            if any(code in codes for codes in asked)
            and not (code in known and all(code in codes for codes in asked))
        ]
        rows = rows.with_columns(
            pl.col(f"v:{old.code}").alias("before"),
            *(pl.col(f"v:{code}").alias(f"was:{code}") for _, code in flips if code in asked[0]),
        )
        rows = judge_rest(rows, new, known=known)
        rows = rows.with_columns(pl.col(f"v:{new.code}").alias("after"))
        score = next((c for c in new.walk() if c.line and c.need in {"sum", "best"}), None)
        scored = [pl.col(f"low:{score.code}").alias("score")] if score else []
        return rows.with_columns(
            pl.lit(group.kind).alias("kind"), _deciding(flips, *asked), *scored
        ), score is not None

    def _standards(self, group: Group, unit: str) -> tuple[Criterion, Criterion]:
        before, after = self.base.policy, self.after
        return (
            before.standard(Case(group.kind, self.base.as_of, group.unit)),
            after.standard(Case(group.kind, self.base.as_of, unit)),
        )


def _deciding(
    flips: Sequence[tuple[int, str]], asked_before: set[str], asked_after: set[str]
) -> pl.Expr:
    """Return the set of requirements whose turn makes an enterprise gain or lose, as bits."""
    whole = pl.lit(0, dtype=pl.UInt64)
    met = pl.lit(Verdict.MET.value, dtype=DIGIT)  # what is not asked for stands in nobody's way
    for bit, code in flips:
        was = pl.col(f"was:{code}") if code in asked_before else met
        now = pl.col(f"v:{code}") if code in asked_after else met
        unmet = Verdict.UNMET.value
        turned = (SORTS["gains"] & (was == unmet) & (now >= ENOUGH)) | (
            SORTS["losses"] & (was >= ENOUGH) & (now == unmet)
        )
        whole = whole + turned.cast(pl.UInt64) * pl.lit(1 << bit, dtype=pl.UInt64)
    return whole.alias("deciding")


def simulate(
    snapshot: Snapshot,
    edition_policy: Policy,
    changes: Sequence[Amendment],
    *,
    as_of: dt.date,
    path: str = "",
    progress: Progress | None = None,
) -> Result:
    """Judge a snapshot by an edition and by the edition changed, and count both (门槛模拟)."""
    return simulate_policies(
        snapshot,
        edition_policy,
        amended(edition_policy, changes),
        as_of=as_of,
        path=path,
        progress=progress,
    )


def simulate_policies(
    snapshot: Snapshot,
    before: Policy,
    after: Policy,
    *,
    as_of: dt.date,
    path: str = "",
    progress: Progress | None = None,
) -> Result:
    """Judge a snapshot by two policies and count both; `path` is the subtree looked at (标准模拟).

    What a policy reads and the snapshot has not is unknown of everybody and named in `missing`.
    """
    return simulation(snapshot, before, after, as_of=as_of, path=path, progress=progress).result()


def simulation(
    snapshot: Snapshot,
    before: Policy,
    after: Policy,
    *,
    as_of: dt.date,
    path: str = "",
    progress: Progress | None = None,
) -> Simulation:
    """Return two policies over a snapshot, ready to be counted or listed (准备模拟)."""
    before, after = told_apart(before), told_apart(after)
    base = base_of(snapshot, before, as_of=as_of, also=after, progress=progress)
    return Simulation(base, after, path, _may_decide(before, after, base))


def _may_decide(before: Policy, after: Policy, base: Base) -> tuple[str, ...]:
    """Return the requirements that differ somewhere, in the order of the file."""
    found: dict[str, None] = {}
    for group in base.groups:
        for unit in {group.unit, *(() if group.unit else after.units - before.units)}:
            old = before.standard(Case(group.kind, base.as_of, group.unit))
            new = after.standard(Case(group.kind, base.as_of, unit))
            stood = {c.code: c for c in requirements(old)}
            stands = {c.code: c for c in requirements(new)}
            differing = [c for c in {**stood, **stands} if stood.get(c) != stands.get(c)]
            found |= dict.fromkeys(differing)
    ranks = {code: rank for rank, code in enumerate(dict.fromkeys((*before.order, *after.order)))}
    return tuple(sorted(found, key=lambda code: ranks.get(code, len(ranks))))


def _nobody(names: Sequence[str]) -> pl.DataFrame:
    types = {
        "before": DIGIT,
        "after": DIGIT,
        "deciding": pl.UInt64,
        "enterprise": pl.Int64,
        "count": pl.Int64,
    }
    return pl.DataFrame(schema={name: types.get(name, pl.String) for name in names})
