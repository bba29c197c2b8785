"""What holders did from quarter to quarter, counted for every region at once (面板计数).

A firm is counted where it stands now, also for the past. A record is dated by its own day, whenever
it was entered: what was known on an earlier day and entered late cannot be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cultivation.digital.forecasting import quarters, states

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from cultivation.digital.forecasting.quarters import Step
    from cultivation.digital.forecasting.states import Facts, Reading
    from cultivation.digital.forecasting.tree import Tree

    Real = NDArray[np.float64]

LAST = 8  # quarters looked back on: two whole years, since titles are given once a year


@dataclass(frozen=True, slots=True)
class Panel:
    """Counts by quarter; the last axes are what happened (面板).

    Of the quarters since a definition has anything to count: `moves` [quarter, region, due, from,
    to], where `to` has one place more for "the same record holds" and `due` says that the record's
    validity ended in the quarter; `first` [quarter, region, state] of who got the title; `total`,
    `there` [quarter end, region]. Of all quarters looked back on: `rechecks` [quarter, region,
    kept] of titles that ran out, `ends` of those that did not, `arrivals` [quarter, region].
    """

    days: tuple[dt.date, ...]  # ends of quarters looked back on
    ends_on: tuple[dt.date, ...]  # those since there is anything to count
    moves: Real
    first: Real
    total: Real
    there: Real
    rechecks: Real
    ends: Real
    arrivals: Real
    firms: Real

    @property
    def quarters(self) -> int:
        return max(0, len(self.ends_on) - 1)

    def without(self, late: int) -> Panel:
        """Return what had been seen so many quarters earlier, as far back as is looked (截取)."""
        whole = len(self.days) - late
        seen = max(0, len(self.ends_on) - late)
        ends, past = slice(max(0, seen - LAST - 1), seen), slice(max(0, whole - LAST - 1), whole)
        moved = slice(ends.start, max(ends.start, seen - 1))
        turned = slice(past.start, max(past.start, whole - 1))
        return Panel(
            days=self.days[past],
            ends_on=self.ends_on[ends],
            moves=self.moves[moved],
            first=self.first[moved],
            total=self.total[ends],
            there=self.there[ends],
            rechecks=self.rechecks[turned],
            ends=self.ends[turned],
            arrivals=self.arrivals[turned],
            firms=self.firms,
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """Holders on the day by region, state, and when record and title run out (当日分布).

    `record` and `title` are steps counted from 1; 0 is "not on the way".
    """

    region: NDArray[np.int64]
    state: NDArray[np.int64]
    record: NDArray[np.int64]
    title: NDArray[np.int64]
    number: NDArray[np.int64]

    def of(self, regions: NDArray[np.int64]) -> Cells:
        """Return the cells of some regions."""
        mine = np.isin(self.region, regions)
        return Cells(*[getattr(self, name)[mine] for name in self.__slots__])

    def states(self, number: int) -> Real:
        """Return how many of the whole country stand in each state."""
        nation = self.region == 0
        found = np.bincount(self.state[nation], self.number[nation], minlength=number)
        return found.astype(np.float64)


def look_back(
    facts: Facts, reading: Reading, tree: Tree, *, tier: str, on: dt.date, last: int = LAST
) -> Panel:
    """Count the last quarters by a day, as many as there is anything on record (回看)."""
    begun = states.begins(facts, reading)
    days = quarters.back_from(on, last + 1)
    seen = [_standing(facts, reading, tier, day) for day in days]
    counted = [_Counted(tree, reading.number) for _ in days[1:]]
    for counts, (one, other), day in zip(counted, pairwise(seen), days[1:], strict=True):
        counts.add(one, other, day)
    known = sum(begun is not None and day >= begun for day in days)
    late, of = counted[len(counted) - max(0, known - 1) :], reading.number
    shown = seen[len(seen) - known :]
    return Panel(
        days=tuple(days),
        ends_on=tuple(days[len(days) - known :]),
        moves=_stacked([c.moves for c in late], (tree.number, 2, of, of + 1)),
        first=_stacked([c.arrivals for c in late], (tree.number, of)),
        total=_stacked([_sums(one, tree) for one in shown], (tree.number,)),
        there=_stacked([_sums(_there(one, reading), tree) for one in shown], (tree.number,)),
        rechecks=np.stack([c.rechecks for c in counted]),
        ends=np.stack([c.ends for c in counted]),
        arrivals=np.stack([c.arrivals.sum(axis=1) for c in counted]),
        firms=tree.gathered(facts.firms),
    )


def rates(
    facts: Facts, reading: Reading, tree: Tree, *, tier: str, on: dt.date
) -> tuple[Real, Real]:
    """Return holders, and those who count as transformed, in each region on a day (当日数)."""
    now = _standing(facts, reading, tier, on)
    return _sums(now, tree), _sums(_there(now, reading), tree)


def present(
    facts: Facts, reading: Reading, tree: Tree, *, tier: str, on: dt.date, steps: list[Step]
) -> Cells:
    """Return the holders of a day in cells that have the same way before them (当日分布)."""
    ends = [step.until for step in steps]
    now = _standing(facts, reading, tier, on).with_columns(
        _runs_out("title_until", ends).alias("title"), _runs_out("until", ends).alias("record")
    )
    own = now.group_by("path", "state", "record", "title").len()
    lines = pl.DataFrame(
        [(path, number) for path, line in tree.above.items() for number in line],
        schema={"path": pl.String, "region": pl.Int64},
        orient="row",
    )
    keys = ["region", "state", "record", "title"]
    found = own.join(lines, on="path").group_by(keys).agg(pl.col("len").sum()).sort(keys)
    columns = [found[name].cast(pl.Int64).to_numpy() for name in (*keys, "len")]
    return Cells(*columns)


def _standing(facts: Facts, reading: Reading, tier: str, day: dt.date) -> pl.DataFrame:
    held = states.holders(facts.titles[tier], day).rename({"until": "title_until"})
    found = held.join(states.on_day(facts, reading, day), on="firm", how="left")
    return found.with_columns(pl.col("state").fill_null(0), pl.col("record").fill_null(0))


def _there(rows: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    return rows.filter(pl.col("state") >= reading.there)


def _runs_out(name: str, ends: list[dt.date]) -> pl.Expr:
    """Return the step in which a last day lies: it is over before the step's own last day."""
    place = pl.lit(0)
    for number, end in reversed(list(enumerate(ends, start=1))):
        place = pl.when(pl.col(name) < end).then(number).otherwise(place)
    return place


def _sums(rows: pl.DataFrame, tree: Tree) -> Real:
    return tree.gathered(dict(rows.group_by("path").len().iter_rows()))


def _stacked(parts: list[Real], shape: tuple[int, ...]) -> Real:
    return np.stack(parts) if parts else np.zeros((0, *shape))


class _Counted:
    """The counts of one quarter."""

    def __init__(self, tree: Tree, number: int) -> None:
        self.tree, self.number = tree, number
        self.moves = np.zeros((tree.number, 2, number, number + 1))
        self.rechecks = np.zeros((tree.number, 2))
        self.ends = np.zeros((tree.number, 2))
        self.arrivals = np.zeros((tree.number, number))

    def add(self, one: pl.DataFrame, other: pl.DataFrame, day: dt.date) -> None:
        """Count what became of the holders of the quarter's first day by its last.

        A re-check passed replaces the title before its last day, one that failed ends on it: both
        are the re-check of a title, else hardly any but failures would be seen.
        """
        after = other.select(
            "firm", pl.col("state").alias("to"), pl.col("record").alias("then"),
            pl.col("title_until").alias("renewed"),
        )  # fmt: skip
        prolonged = (pl.col("renewed") > pl.col("title_until")).fill_null(value=False)
        both = one.join(after, on="firm", how="left").with_columns(
            pl.col("to").is_not_null().cast(pl.Int8).alias("kept"),
            ((pl.col("title_until") < day) | prolonged).alias("title_due"),
            (pl.col("until") < day).fill_null(value=False).cast(pl.Int8).alias("due"),
        )
        for counts, due in ((self.rechecks, True), (self.ends, False)):
            rows = both.filter(pl.col("title_due") == due)
            for path, kept, n in rows.group_by("path", "kept").len().iter_rows():
                counts[self.tree.above[path], kept] += n
        self._add_moves(both.drop_nulls("to"))
        new = other.join(one, on="firm", how="anti").group_by("path", "state").len()
        for path, state, n in new.iter_rows():
            self.arrivals[self.tree.above[path], state] += n

    def _add_moves(self, stayed: pl.DataFrame) -> None:
        """Count moves; a record that ran out without a new one is "the same", due."""
        lapsed = (pl.col("due") == 1) & (pl.col("to") == 0)
        same = (pl.col("record") == pl.col("then")) | lapsed
        rows = stayed.with_columns(
            pl.when(same).then(self.number).otherwise(pl.col("to")).alias("to")
        )
        for path, due, state, to, n in (
            rows.group_by("path", "due", "state", "to").len().iter_rows()
        ):
            self.moves[self.tree.above[path], due, state, to] += n
