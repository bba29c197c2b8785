"""Simulated thresholds against a plain recount of both standards."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.conf import settings

from cultivation.standards import bases, editions
from cultivation.standards.models import Edition, Snapshot
from cultivation.standards.pairings import ENOUGH
from cultivation.standards.policy import (
    Amendment,
    Comparison,
    Criterion,
    Policy,
    Reach,
    amended,
)
from cultivation.standards.results import judge_frame
from cultivation.standards.simulating import Result, simulate, simulate_policies, simulation
from cultivation.standards.tallies import COUNTS, cut, tally
from tests.standards.registry_frames import AS_OF, kept, worked_registry

if TYPE_CHECKING:
    from collections.abc import Callable

Where = tuple[Any, ...]
Registry = tuple[Policy, pl.DataFrame, Snapshot]
LOOSER = {"at_least": Fraction(1, 2), "above": Fraction(1, 2)}
CODES = ["innovative_2022", "srdi_2022", "little_giant_2022", "little_giant_2026"]


@pytest.fixture
def registry(loaded: list[Edition]) -> Callable[[str], Registry]:
    """Give a function that returns an edition with its worked cases as a frame and a snapshot."""

    def of(code: str) -> Registry:
        edition = Edition.objects.get(code=code)
        frame = worked_registry(edition, times=3, seed=len(code))
        return editions.policy(edition), frame, kept(frame)

    return of


def plain(frame: pl.DataFrame, before: Policy, after: Policy, *, path: str = "") -> Counter[Where]:
    """Count every enterprise by judging it twice in full, one row after another."""
    counted: Counter[Where] = Counter()
    for kind, holds in (("recognition", False), ("recheck", True)):
        rows = frame.filter(
            pl.col(f"title_{before.tier}") == holds, pl.col("region_path").str.starts_with(path)
        )
        verdicts = []
        for said in (before, after):
            judged = judge_frame(rows, said, kind=kind, as_of=AS_OF)
            verdicts.append(dict(judged.select("enterprise_id", "verdict").iter_rows()))
        for row in rows.iter_rows(named=True):
            place = row["region_path"] if path else row["region_path"][:2]
            where = (place, row["tier"], row["industry_section"] or "", row["size_class"])
            counted[(*where, kind, *(v[row["enterprise"]] for v in verdicts))] += 1
    return counted


def counted(result: Result) -> Counter[Where]:
    keys = ["place", "held", "section", "size", "kind", "before", "after"]
    rows = result.counts.with_columns(pl.col(pl.Categorical).cast(pl.String))
    found: Counter[Where] = Counter()
    for *where, number in rows.select(*keys, "count").iter_rows():
        found[tuple(where)] += number
    return found


def thresholds(said: Policy) -> list[Criterion]:
    return [
        c for c in said.root.walk() if c.comparison and isinstance(c.comparison.threshold, Fraction)
    ]


def moved(criterion: Criterion, *, looser: bool) -> Amendment:
    """Return an amendment that moves a threshold by half of it and one, to one side."""
    asked = criterion.comparison
    assert asked is not None
    assert isinstance(asked.threshold, Fraction)
    step = abs(asked.threshold) / 2 + (1 if asked.threshold.denominator == 1 else 0)
    down = looser == (asked.order in LOOSER)
    threshold = asked.threshold - step if down else asked.threshold + step
    return Amendment(criterion.code, comparison=Comparison(asked.order, threshold))


def any_change(dice: random.Random, said: Policy) -> Amendment:
    """Return some change of some criterion, everywhere or in a unit or two."""
    reach = Reach(units=tuple(dice.choice((("32",), ("44", "SZ"), ()))))
    criterion = dice.choice([c for c in said.root.walk() if c is not said.root])
    if criterion.bands and dice.random() < 0.8:
        bands = tuple(replace(band, points=band.points // 2) for band in criterion.bands)
        return Amendment(criterion.code, reach, bands=bands)
    if criterion.line and dice.random() < 0.8:
        line = replace(criterion.line, threshold=Fraction(dice.randrange(0, 9000)))
        return Amendment(criterion.code, reach, line=line)
    if criterion in thresholds(said) and dice.random() < 0.8:
        return replace(moved(criterion, looser=dice.random() < 0.5), reach=reach)
    return Amendment(criterion.code, reach, waived=True)


@pytest.mark.parametrize("code", CODES)
def test_any_changes_count_as_a_plain_recount_does(
    code: str, registry: Callable[[str], Registry]
) -> None:
    said, frame, snapshot = registry(code)
    dice = random.Random(code)
    turned = 0
    for trial in range(4):
        changes = [any_change(dice, said) for _ in range(dice.randrange(1, 4))]
        path = ("", "32", "3205", "44")[trial % 4]
        found = simulate(snapshot, said, changes, as_of=AS_OF, path=path)
        assert counted(found) == plain(frame, said, amended(said, changes), path=path), changes
        turned += _turned(found).height
    assert turned


def _turned(found: Result) -> pl.DataFrame:
    return found.counts.filter((pl.col("before") >= ENOUGH) != (pl.col("after") >= ENOUGH))


def test_no_change_gains_and_loses_nobody(registry: Callable[[str], Registry]) -> None:
    for code in CODES:
        said, frame, snapshot = registry(code)
        found = simulate(snapshot, said, [], as_of=AS_OF)
        assert _turned(found).height == 0
        assert found.requirements == ()
        assert found.counts["count"].sum() == frame.height
        assert set(found.counts["before"]) == set(found.counts["after"]) != {0}


@pytest.mark.parametrize("code", CODES)
def test_loosening_never_loses_and_tightening_never_gains(
    code: str, registry: Callable[[str], Registry]
) -> None:
    said, _frame, snapshot = registry(code)
    own = thresholds(said)
    turned = Counter[str]()
    for number, criterion in enumerate(own[:: max(len(own) // 8, 1)]):
        looser = number % 2 == 0
        forbidden, wanted = ("losses", "gains") if looser else ("gains", "losses")
        change = moved(criterion, looser=looser)
        totals = tally(simulate(snapshot, said, [change], as_of=AS_OF))["totals"]
        assert totals[forbidden] == 0, change
        came, went = totals["gains"] + totals["cleared"], totals["losses"] + totals["doubtful"]
        assert totals["after"] == totals["before"] + came - went
        turned[wanted] += totals[wanted]
    assert turned["gains"] + turned["losses"]


def test_deciding_requirements_are_those_that_turn(registry: Callable[[str], Registry]) -> None:
    said, frame, snapshot = registry("little_giant_2022")
    debt = Fraction(41, 100)
    changes = [
        Amendment("L22-1b", comparison=Comparison("at_least", Fraction(91, 100))),
        Amendment("L22-2d", comparison=Comparison("at_most", debt)),
        Amendment("L22-4.3", comparison=Comparison("at_least", Fraction(3))),
    ]
    ran = simulation(snapshot, said, amended(said, changes), as_of=AS_OF)
    assert ran.deciding == ("L22-1b", "L22-2d", "L22-4")  # of the third, the requirement it is in
    told = tally(ran.result())
    alone = {}
    for code, change in zip(ran.deciding, changes, strict=True):
        without = [c for c in changes if c is not change]
        alone[code] = (
            told["totals"]["losses"]
            - tally(simulate(snapshot, said, without, as_of=AS_OF))["totals"]["losses"]
        )
    assert {code: row[3] for code, *row in told["deciding"]} == alone
    assert all(row[0] == row[1] == 0 for _, *row in told["deciding"])
    assert sum(alone.values()) > 0
    lost = ran.firms("losses", requirement="L22-2d")
    assert lost.height == next(row[2] for code, *row in told["deciding"] if code == "L22-2d") > 0
    rows = frame.filter(pl.col("enterprise").is_in(lost["enterprise"].implode()))
    for row in rows.iter_rows(named=True):
        owed, owned = row["total_liabilities_y1"], row["total_assets_y1"]
        assert owed is None or owned in {None, 0} or Fraction(owed, owned) > debt


def test_lists_hold_whom_the_totals_count(registry: Callable[[str], Registry]) -> None:
    said, _frame, snapshot = registry("srdi_2022")
    score = next(c for c in said.root.walk() if c.line and c.need == "sum")
    change = Amendment(score.code, line=Comparison("at_least", Fraction(8800)))
    for path in ("44", ""):
        ran = simulation(snapshot, said, amended(said, [change]), as_of=AS_OF, path=path)
        told = tally(ran.result(), path=path)
        for sort in ("gains", "losses", "casualties", "cleared", "doubtful"):
            listed = ran.firms(sort)
            assert listed.height == listed["enterprise"].n_unique() == told["totals"][sort]
        assert ran.firms("qualify").height == told["totals"]["after"]
        assert ran.firms("unknown").height == told["totals"]["unknown_after"]
        assert all(place.startswith(path) for place in ran.firms("unknown")["region_path"])
        held = {row[0]: row for row in told["by"]["held"]}
        of_srdi = ran.firms("losses", pl.col("held") == "srdi").height
        assert of_srdi == held["srdi"][1 + list(COUNTS).index("losses")]
        assert sum(n for _, n in told["scores"]) == told["totals"]["after"]
    assert told["totals"]["gains"] + told["totals"]["losses"] > 0


def test_every_table_adds_up_to_the_totals(registry: Callable[[str], Registry]) -> None:
    said, _frame, snapshot = registry("innovative_2022")
    by_code = {c.code: c for c in thresholds(said)}
    change = moved(next(iter(by_code.values())), looser=True)
    for path, levels in (("", ["unit"]), ("32", ["city", "county"]), ("3205", ["county"])):
        told = tally(simulate(snapshot, said, [change], as_of=AS_OF, path=path), path=path)
        assert list(told["by"]) == [*levels, "held", "section", "size"]
        whole = list(told["totals"].values())
        for rows in told["by"].values():
            assert [sum(column) for column in list(zip(*rows, strict=True))[1:]] == whole
        for rows in told["pairs"].values():
            assert [sum(column) for column in list(zip(*rows, strict=True))[2:]] == whole
        assert sum(row[-1] for row in told["verdicts"]) == told["totals"]["firms"]


def test_a_draft_with_an_unknown_count_says_which_columns_are_missing(
    registry: Callable[[str], Registry],
) -> None:
    said, frame, snapshot = registry("little_giant_2026")
    target = next(c for c in said.root.walk() if c.quantity and c.quantity.shape == "count")
    assert target.quantity is not None
    new = replace(
        target, code="NEW", quantity=replace(target.quantity, names=("patents_in_space",))
    )
    draft = replace(said, root=replace(said.root, parts=(*said.root.parts, new)))
    found = simulate_policies(snapshot, said, draft, as_of=AS_OF)
    assert found.missing == ("patents_in_space_high", "patents_in_space_low")
    totals = tally(found)["totals"]
    assert totals["before"] == totals["doubtful"] > 0  # nobody can be told to qualify any more
    assert totals["gains"] == totals["losses"] == 0
    assert totals["unknown_after"] == totals["unknown_before"] + totals["doubtful"]
    assert found.requirements == ("NEW",)
    assert counted(found).total() == frame.height


def test_a_count_that_a_draft_defines_anew_is_missing(registry: Callable[[str], Registry]) -> None:
    said, _frame, snapshot = registry("little_giant_2022")
    changed = tuple(replace(c, years=5) if c.name == "maker_top50" else c for c in said.counts)
    found = simulate_policies(snapshot, said, replace(said, counts=changed), as_of=AS_OF)
    assert found.missing == ("maker_top50_high", "maker_top50_low")
    assert found.requirements == ("L22-4",)
    same = simulate(snapshot, said, [], as_of=AS_OF)
    stood = tally(same)["totals"]["before"]
    assert tally(found)["totals"]["before"] == stood  # as it is now it can be told


@pytest.mark.parametrize(
    ("places", "line"), [(1, (9000, 2)), (2, (9000, 2)), (3, (8000, 5)), (5, (8000, 5)), (6, None)]
)
def test_a_quota_cuts_at_the_score_of_its_last_place(
    places: int, line: tuple[int, int] | None
) -> None:
    assert cut([[9000, 2], [8000, 3]], places) == line


def test_a_base_is_judged_once_and_the_least_used_goes(
    registry: Callable[[str], Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    said, _frame, snapshot = registry("innovative_2022")
    folder = Path(settings.SNAPSHOT_DIR) / "bases"
    shutil.rmtree(folder, ignore_errors=True)
    monkeypatch.setattr(bases, "KEPT", 2)
    first = simulation(snapshot, said, said, as_of=AS_OF).base
    made = first.groups[0].folder.stat().st_mtime_ns
    assert simulation(snapshot, said, said, as_of=AS_OF).base == first
    assert first.groups[0].folder.stat().st_mtime_ns == made
    for day in (1, 2):
        simulation(snapshot, said, said, as_of=AS_OF.replace(day=day))
    left = {path.name for path in folder.iterdir()}
    assert len(left) == 2
    assert first.groups[0].folder.parent.name not in left
