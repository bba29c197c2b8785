"""Snapshots: named by content, in one state, refreshed by what changed, whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from polars.testing import assert_frame_equal

from cultivation.standards import facts, manifests, shelf, snapshots
from cultivation.standards.models import Edition, Snapshot
from enterprises.places.models import Chain, ChainLink, Industry, ProductDomain
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ON = dt.date(2026, 5, 6)
PATHS = ("320500", "440100", "SZ03", "370100")
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.SNAPSHOT_DIR = tmp_path
    return tmp_path


@pytest.fixture
def registry(firm: Callable[..., Enterprise]) -> list[Enterprise]:
    return [firm(PATHS[n % 4], reports={2025: {"revenue": n}}) for n in range(8)]


def rows_of(snapshot: Snapshot, unit: str | None = None) -> pl.DataFrame:
    return snapshots.scan(snapshot, unit).collect()


def whole(as_of: dt.date = ON) -> pl.DataFrame:
    return facts.frame(None, as_of=as_of).sort(manifests.UNIT, "enterprise")


def test_a_snapshot_holds_the_frame_by_unit(registry: list[Enterprise]) -> None:
    taken = snapshots.take(ON)
    assert_frame_equal(rows_of(taken), whole())
    assert snapshots.units(taken) == [("32", 2), ("37", 2), ("44", 2), ("SZ", 2)]
    for unit, _ in snapshots.units(taken):
        assert_frame_equal(rows_of(taken, unit), whole().filter(manifests.UNIT.eq(unit)))
    assert rows_of(taken, "99").shape == (0, taken.columns)
    assert (taken.rows, taken.before, taken.overlay, taken.delta) == (8, None, "", "")
    assert snapshots.delta(taken).collect().shape == (0, taken.columns)


def test_equal_facts_give_the_same_snapshot(registry: list[Enterprise]) -> None:
    first = snapshots.take(ON)
    assert snapshots.take(ON) == first
    AnnualReport.objects.filter(enterprise=registry[0]).update(revenue=99)
    second = snapshots.take(ON)
    assert second != first
    changed = {part[0] for part in second.parts if part not in first.parts}
    assert changed == {"32"}  # the files of the other units are the same files


@pytest.mark.parametrize(
    ("block", "held", "files"), [(2, 100, 4), (3, 1, 8), (3, 5, 6), (8, 1, 4), (100, 100, 4)]
)
def test_blocks_and_files_of_any_size_hold_the_same(
    registry: list[Enterprise], monkeypatch: pytest.MonkeyPatch, block: int, held: int, files: int
) -> None:
    monkeypatch.setattr(snapshots, "BLOCK", block)
    monkeypatch.setattr(snapshots, "HELD", held)
    taken = snapshots.take(ON)
    assert_frame_equal(rows_of(taken), whole())
    assert (len(taken.parts), taken.rows) == (files, 8)
    again = snapshots.refresh(taken, ON, [firm.pk for firm in registry])
    assert_frame_equal(rows_of(again), whole())


def test_an_empty_registry_has_columns_and_no_rows(loaded: list[Edition]) -> None:
    taken = snapshots.take(ON)
    assert (taken.rows, snapshots.units(taken)) == (0, [])
    assert_frame_equal(rows_of(taken), facts.frame(None, as_of=ON))
    assert snapshots.intact(taken)


def test_a_refresh_reads_only_those_named(registry: list[Enterprise]) -> None:
    before = snapshots.take(ON)
    AnnualReport.objects.update(revenue=99)
    after = snapshots.refresh(before, ON, [registry[1].pk, registry[6].pk])
    fresh = {firm.pk for firm in (registry[1], registry[6])}
    rows = rows_of(after)
    assert set(rows.filter(pl.col("revenue_y1") == 99)["enterprise"]) == fresh
    assert set(snapshots.delta(after).collect()["enterprise"]) == fresh
    assert (after.parts, after.before, after.rows) == (before.parts, before, 8)
    third = snapshots.refresh(after, ON, [registry[0].pk])
    assert snapshots.delta(third).collect()["enterprise"].to_list() == [registry[0].pk]
    assert rows_of(third).filter(pl.col("revenue_y1") == 99).height == 3


def test_a_refresh_of_nothing_holds_the_same(registry: list[Enterprise]) -> None:
    before = snapshots.take(ON)
    after = snapshots.refresh(before, ON, [])
    assert_frame_equal(rows_of(after), rows_of(before))
    assert snapshots.delta(after).collect().height == 0
    assert not snapshots.heavy(after)


def test_a_firm_that_moved_counts_in_its_new_unit(
    registry: list[Enterprise], region: Callable[..., Any]
) -> None:
    before = snapshots.take(ON)
    moved = registry[0]
    Enterprise.objects.filter(pk=moved.pk).update(region=region("510100"), region_path="510100")
    after = snapshots.refresh(before, ON, [moved.pk])
    assert snapshots.units(after) == [("32", 1), ("37", 2), ("44", 2), ("51", 1), ("SZ", 2)]
    assert rows_of(after, "51")["enterprise"].to_list() == [moved.pk]
    assert rows_of(after, "32")["enterprise"].to_list() == [registry[4].pk]
    assert_frame_equal(rows_of(after), whole())
    assert snapshots.row(after, moved.pk)["region_path"] == "510100"


def test_firms_come_and_go(registry: list[Enterprise], firm: Callable[..., Enterprise]) -> None:
    before = snapshots.take(ON)
    gone = registry[2].pk
    registry[2].delete()
    new = firm("110101")
    after = snapshots.refresh(before, ON, [gone, new.pk])
    assert (after.gone, after.rows) == ([gone], 8)
    assert_frame_equal(rows_of(after), whole())
    with pytest.raises(LookupError, match=f"enterprise {gone} is not in snapshot"):
        snapshots.row(after, gone)
    new_id = new.pk
    new.delete()
    later = snapshots.refresh(after, ON, [new_id])
    assert (later.gone, later.rows) == ([gone, new_id], 7)
    assert_frame_equal(rows_of(later), whole())


def test_an_overlay_of_more_than_a_tenth_is_heavy(firm: Callable[..., Enterprise]) -> None:
    ids = [firm().pk for _ in range(20)]
    before = snapshots.take(ON)
    assert [snapshots.heavy(snapshots.refresh(before, ON, ids[:n])) for n in (2, 3)] == [
        False, True,
    ]  # fmt: skip


def test_a_base_of_another_year_is_refused(registry: list[Enterprise]) -> None:
    before = snapshots.take(ON)
    with pytest.raises(snapshots.StaleBaseError, match=r"other years.*take a whole one"):
        snapshots.refresh(before, dt.date(2027, 1, 1), [])


def another_scheme() -> None:
    ProductDomain.objects.create(scheme="six_bases", code="b", name_zh="基")


def another_section() -> None:
    Industry.objects.create(code="35", section="C", name_zh="业")


def another_link() -> None:
    chain = Chain.objects.create(code="c", name_zh="链")
    ChainLink.objects.create(chain=chain, position=1, is_key=True, name_zh="环")


def another_count() -> None:
    edition = Edition.objects.get(code="technology_2017")
    edition.text = edition.text.replace("to_date = true", "to_date = false")
    edition.sha256 = hashlib.sha256(edition.text.encode()).hexdigest()
    edition.save()


@pytest.mark.parametrize("change", [another_scheme, another_section, another_link, another_count])
def test_a_base_whose_columns_meant_something_else_is_refused(
    registry: list[Enterprise], change: Callable[[], None]
) -> None:
    before = snapshots.take(ON)
    change()
    with pytest.raises(snapshots.StaleBaseError, match="another meaning"):
        snapshots.refresh(before, ON, [])
    assert snapshots.take(ON).signature != before.signature


def test_a_snapshot_of_one_file_for_all_units_stays_readable(registry: list[Enterprise]) -> None:
    with shelf.scratch() as scratch:
        sha256 = shelf.put(facts.frame(None, as_of=ON), scratch)
    old = Snapshot.objects.create(
        sha256=sha256, parts=[["", sha256, 8]], as_of=ON, rows=8, columns=1
    )
    assert snapshots.units(old) == [("32", 2), ("37", 2), ("44", 2), ("SZ", 2)]
    assert_frame_equal(rows_of(old), whole())
    assert_frame_equal(rows_of(old, "SZ"), whole().filter(manifests.UNIT.eq("SZ")))
    assert snapshots.row(old, registry[3].pk) == facts.row(registry[3].pk, as_of=ON)
    assert snapshots.intact(old)
    with pytest.raises(snapshots.StaleBaseError):
        snapshots.refresh(old, ON, [])


def test_a_snapshot_is_intact_until_a_file_or_the_manifest_changes(
    registry: list[Enterprise],
) -> None:
    taken = snapshots.refresh(snapshots.take(ON), ON, [registry[0].pk])
    assert snapshots.intact(taken)
    for sha256 in manifests.names(taken):
        path = shelf.path_of(sha256)
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        assert not snapshots.intact(taken)
        path.unlink()
        assert not snapshots.intact(taken)
        path.write_bytes(kept)
    assert snapshots.intact(taken)
    taken.gone = [1]
    assert not snapshots.intact(taken)


def test_a_crash_leaves_nothing_under_a_name_and_is_tidied(
    registry: list[Enterprise], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        snapshots.take(ON)
    assert list(folder.iterdir()) == []
    monkeypatch.undo()
    dead, living = folder / ".scratch-dead", folder / ".scratch-young"
    for left in (dead, living):
        left.mkdir()
        (left / "half").touch()
    os.utime(dead, (0, 0))
    taken = snapshots.take(ON)
    assert sorted(folder.iterdir()) == sorted([living, *map(shelf.path_of, manifests.names(taken))])


def test_a_folder_somebody_works_in_is_left_alone(folder: Path) -> None:
    with shelf.scratch() as mine:
        os.utime(mine, (0, 0))
        with shelf.scratch():
            assert mine.exists()
    assert list(folder.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_change_in_the_midst_does_not_tear_a_snapshot(
    registry: list[Enterprise], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What commits while blocks and tables are being read is seen by none of them."""
    monkeypatch.setattr(snapshots, "BLOCK", 3)
    before = whole()
    read, asked = facts.read, []

    def disturbed(*args: Any) -> pl.DataFrame:
        asked.append(args)
        rows = read(*args)
        if len(asked) == 2:  # between the titles and the reports of the first block
            commit_aside()
        return rows

    def commit_aside() -> None:
        other = connections["default"].copy()
        with other.cursor() as cursor:
            cursor.execute("UPDATE registry_annualreport SET revenue = 99")
            cursor.execute("UPDATE registry_enterprise SET own_brand = TRUE")
        other.close()

    monkeypatch.setattr(facts, "read", disturbed)
    taken = snapshots.take(ON)
    monkeypatch.undo()
    assert_frame_equal(snapshots.scan(taken).collect(), before)
    assert AnnualReport.objects.filter(revenue=99).count() == 8
    with transaction.atomic():
        assert set(rows_of(snapshots.take(ON))["revenue_y1"]) == {99}


def told(*args: str, out: io.StringIO | None = None) -> list[str]:
    out = out or io.StringIO()
    call_command("snapshots", *args, stdout=out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_the_command_lists_what_is_kept(registry: list[Enterprise]) -> None:
    whole = snapshots.take(ON)
    after = snapshots.refresh(whole, ON, [registry[0].pk])
    one, two, total = told()
    assert one.startswith(f"{whole.pk} 2026-05-06 8 rows 4 files 0.")
    assert one.endswith("MiB read whole intact")
    assert two.startswith(f"{after.pk} 2026-05-06 8 rows 6 files 0.")
    assert two.endswith(f"MiB refreshed from {whole.pk} intact")
    assert total.startswith("2 snapshots, 5 files, ")  # overlay and delta are the same rows


def test_the_command_fails_where_a_file_is_altered_or_missing(registry: list[Enterprise]) -> None:
    taken = snapshots.take(ON)
    altered, missing = (shelf.path_of(sha256) for _, sha256, _ in taken.parts[:2])
    altered.write_bytes(altered.read_bytes()[:-1])
    missing.unlink()
    Snapshot.objects.update(gone=[7])
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1 snapshots are not intact; restore what"):
        told(out=out)
    lines = [line.strip() for line in out.getvalue().splitlines()]
    assert lines[0].endswith("NOT INTACT")
    assert lines[1:4] == [
        f"{altered.name} is missing or altered",
        f"{missing.name} is missing or altered",
        "its manifest is altered",
    ]


def test_a_sweep_deletes_only_files_of_no_snapshot_that_are_not_young(
    registry: list[Enterprise], folder: Path
) -> None:
    taken = snapshots.refresh(snapshots.take(ON), ON, [registry[0].pk])
    old, young = folder / "old.parquet", folder / "young.parquet"
    for path in (old, young):
        path.touch()
    for path in (old, *map(shelf.path_of, manifests.names(taken))):
        os.utime(path, (0, 0))
    assert told("--sweep")[-1] == "1 files deleted that no snapshot names"
    assert (old.exists(), young.exists()) == (False, True)
    assert snapshots.intact(taken)
