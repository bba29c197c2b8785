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
    from collections.abc import Iterable, Iterator, Sequence

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
        keys = [*where, "before", "after", "deciding"]
        judged = list(self._judged())
        groups = tuple(dict.fromkeys(pairing.group for pairing in self.paired))
        counted = pl.len().cast(pl.Int64).alias("count")
        asked = [rows.group_by(keys).agg(counted) for _, rows in judged]
        asked += [self._within(group.everybody(where)) for group in groups]
        asked += [
            rows.filter(PASSES).group_by("score").agg(counted)
            for pairing, rows in judged
            if pairing.score
        ]
        found = iter(pl.collect_all(asked, engine="streaming"))
        tables: dict[Group, list[pl.DataFrame]] = {group: [] for group in groups}
        for pairing, _ in judged:
            tables[pairing.group].append(next(found))
        for mine in tables.values():
            mine.append(_settled(next(found), mine, where))
        rows = [
            table.select(pl.col(keys), "count", kind=pl.lit(group.kind))
            for group, mine in tables.items()
            for table in mine
        ]
        counts = pl.concat(rows) if rows else _nobody([*keys, "count", "kind"])
        return Result(
            counts.rename({keys[0]: "place"}), self.deciding, self.base.missing, _ranked(found)
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
        """Yield the rows judged both ways, rules by rules; who fails by both may be left out."""
        for pairing in self.paired:
            rows = pairing.open_rows()
            if rows is not None:
                judged = pairing.judged(self._within(rows), self.deciding, bits=self.base.bits)
                yield pairing, judged

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


def _settled(
    everybody: pl.DataFrame, judged: Sequence[pl.DataFrame], where: tuple[str, ...]
) -> pl.DataFrame:
    """Return the counts of those who were not judged: they fail before and after (已成定局者)."""
    less = [table.select(*where, -pl.col("count")) for table in judged]
    rest = pl.concat([everybody.select(*where, "count"), *less]).group_by(where)
    unmet = pl.lit(Verdict.UNMET.value, dtype=DIGIT)
    return (
        rest.agg(pl.col("count").sum())
        .filter(pl.col("count") != 0)
        .with_columns(before=unmet, after=unmet, deciding=pl.lit(0, dtype=pl.UInt64))
    )


def _ranked(tables: Iterable[pl.DataFrame]) -> tuple[tuple[int, int], ...]:
    """Add up how many have each score, the highest first (得分分布)."""
    scores: dict[int, int] = {}
    for table in tables:
        for score, number in table.iter_rows():
            scores[score] = scores.get(score, 0) + number
    return tuple(sorted(scores.items(), reverse=True))


def _nobody(names: Sequence[str]) -> pl.DataFrame:
    types = {
        "before": DIGIT,
        "after": DIGIT,
        "deciding": pl.UInt64,
        "enterprise": pl.Int64,
        "count": pl.Int64,
    }
    return pl.DataFrame(schema={name: types.get(name, pl.String) for name in names})
