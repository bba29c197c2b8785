"""Who gains and who loses where a standard is changed, over the whole registry (门槛模拟).

New applicants are judged by the rules of recognition, holders of the tier's title by those of
re-check. An enterprise qualifies where nothing is unmet or unknown: what is left is for people to
judge. It gains where it was sure to fail and qualifies, and loses where it qualified and is sure to
fail; where figures are missing, turns from or to what cannot be told are counted apart.

Only criteria that differ between the two standards are judged again; the others' verdicts come
from the base, which is made once for a snapshot and an edition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cultivation.standards.bases import NATION, SUBTREE, Base, base_of, told_apart
from cultivation.standards.evaluation import DIGIT
from cultivation.standards.models import Verdict
from cultivation.standards.pairings import PASSES, SORTS, Pairing, may_decide, pairings
from cultivation.standards.policy import Policy, amended

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from cultivation.standards.bases import Group
    from cultivation.standards.models import Snapshot
    from cultivation.standards.policy import Amendment
    from enterprises.jobs.runs import Progress


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
    paired: tuple[Pairing, ...]
    deciding: tuple[str, ...]
    path: str = ""

    def result(self) -> Result:
        """Count everybody by place, title, section, size and verdict (统计)."""
        where = SUBTREE if self.path else NATION
        keys = [*where, "kind", "before", "after", "deciding"]
        judged = list(self._judged())
        asked = list(self._others(where))
        asked += [rows.group_by(keys).agg(pl.len().alias("count")) for _, rows in judged]
        scored = [rows for pairing, rows in judged if pairing.score]
        ranked = [
            rows.filter(PASSES).group_by("score").agg(pl.len().alias("count")) for rows in scored
        ]
        found = pl.collect_all([*asked, *ranked], engine="streaming")
        tables = [
            table.select(pl.col(keys), pl.col("count").cast(pl.Int64))
            for table in found[: len(asked)]
        ]
        counts = pl.concat(tables) if tables else _nobody([*keys, "count"])
        scores: dict[int, int] = {}
        for table in found[len(asked) :]:
            for score, number in table.iter_rows():
                scores[score] = scores.get(score, 0) + number
        return Result(
            counts.rename({keys[0]: "place"}),
            self.deciding,
            self.base.missing,
            tuple(sorted(scores.items(), reverse=True)),
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
        asked = [rows.filter(wanted, *narrower).select(names) for _, rows in self._judged()]
        if not asked:
            return _nobody(names)
        return pl.concat(pl.collect_all(asked)).sort("region_path", "enterprise")

    def _judged(self) -> Iterator[tuple[Pairing, pl.LazyFrame]]:
        """Yield the rows judged both ways, rules by rules.

        Who fails more requirements than the standards differ in fails by both and is left out.
        """
        for pairing in self.paired:
            near = pairing.group.scan(len(self.deciding))
            if near is not None:
                rows = pairing.of(self._within(near))
                yield pairing, pairing.judged(rows, self.deciding, bits=self.base.bits)

    def _others(self, where: tuple[str, ...]) -> Iterator[pl.LazyFrame]:
        """Yield the counts of those who are left out."""
        groups: dict[Group, None] = dict.fromkeys(pairing.group for pairing in self.paired)
        unmet = pl.lit(Verdict.UNMET.value, dtype=DIGIT)
        for group in groups:
            counted = group.others(len(self.deciding), where)
            if counted is not None:
                yield self._within(counted).with_columns(
                    unmet.alias("before"),
                    unmet.alias("after"),
                    kind=pl.lit(group.kind),
                    deciding=pl.lit(0, dtype=pl.UInt64),
                )

    def _within(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        ends = pl.lit(self.path), pl.lit(self.path + "~")
        return rows.filter(pl.col("region_path").is_between(*ends)) if self.path else rows


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
    after = amended(edition_policy, changes)
    ran = simulation(snapshot, edition_policy, after, as_of=as_of, path=path, progress=progress)
    return ran.result()


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
    known, new = told_apart(before), told_apart(after)
    return simulation(snapshot, known, new, as_of=as_of, path=path, progress=progress).result()


def simulation(
    snapshot: Snapshot,
    before: Policy,
    after: Policy,
    *,
    as_of: dt.date,
    path: str = "",
    progress: Progress | None = None,
) -> Simulation:
    """Return two policies over a snapshot, ready to be counted or listed (准备模拟).

    Their counts mean what the loaded editions mean by them; else call bases.told_apart before.
    """
    base = base_of(snapshot, before, as_of=as_of, also=after, progress=progress)
    paired = tuple(pairings(base, after, path))
    return Simulation(base, after, paired, may_decide(paired, before.order, after.order), path)


def _nobody(names: Sequence[str]) -> pl.DataFrame:
    types = {
        "before": DIGIT,
        "after": DIGIT,
        "deciding": pl.UInt64,
        "enterprise": pl.Int64,
        "count": pl.Int64,
    }
    return pl.DataFrame(schema={name: types.get(name, pl.String) for name in names})
