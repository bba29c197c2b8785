"""The import run on real public files that lie beside the project; nothing of them is copied."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as project

from enterprises.places import seeds
from enterprises.registry import imports, imports_mapping
from enterprises.registry.models import AnnualReport, Change, Enterprise, ImportRow, StagedImport
from tests.grounds import ground

FOLDER = project.BASE_DIR.parent / "shared" / "real"
MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
FILES = {
    "registered_companies": ("enterprises", "registered_companies.csv", 6156),
    "dirty_codes": ("enterprises", "dirty_codes.csv", 588),
    "identity_conflicts": ("enterprises", "identity_conflicts.csv", 309),
    "listed_annual_reports": ("reports", "listed_annual_reports_2019_2021.csv", 5753),
}
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.real,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the real public data are not beside the project"
    ),
]


def bring(name: str) -> StagedImport:
    """Import one of the files."""
    kind, file, _rows = FILES[name]
    mapping = imports_mapping.load(MAPPINGS / f"{name}.toml", kind=kind)
    staged = imports.stage(FOLDER / file, kind=kind, by=None, mapping=mapping)
    checked = staged.counts
    staged = imports.commit(staged, by=None)
    assert staged.counts == checked  # what the check promised is what came
    return staged


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@ground
def places():
    """Load places and industries."""
    seeds.load()


@ground
def listed(places):
    """Import the annual reports of listed firms, and give what became of the rows."""
    return bring("listed_annual_reports").counts


def state() -> tuple[list[tuple[object, ...]], ...]:
    return (
        list(Enterprise.objects.order_by("pk").values_list()),
        list(AnnualReport.objects.order_by("pk").values_list()),
        list(Change.objects.order_by("pk").values_list()),
    )


@pytest.mark.parametrize("name", ["registered_companies", "dirty_codes", "identity_conflicts"])
def test_counts_add_up_and_a_second_import_changes_nothing(name, places, capsys):
    adds_up_and_changes_nothing(name, bring(name).counts, capsys)


def test_reports_add_up_and_a_second_import_changes_nothing(listed, capsys):
    adds_up_and_changes_nothing("listed_annual_reports", listed, capsys)


def adds_up_and_changes_nothing(name, counts, capsys):
    with capsys.disabled():
        print(f"\n{name}: {counts}")
    assert counts["rows"] == FILES[name][2]
    assert counts["rows"] == counts["accepted"] + counts["warned"] + counts["refused"]
    taken = counts["new"] + counts["changed"] + counts["unchanged"]
    assert taken == counts["accepted"] + counts["warned"]
    assert sum(counts["refusals"].values()) == counts["refused"]
    refused = ImportRow.objects.filter(outcome="refused").values("line").distinct().count()
    warned = ImportRow.objects.filter(outcome="warned").values("line").distinct().count()
    assert (refused, warned) == (counts["refused"], counts["warned"])
    before = state()
    again = bring(name).counts
    assert (again["new"], again["changed"]) == (0, 0)
    assert (again["rows"], again["refused"]) == (counts["rows"], counts["refused"])
    assert state() == before


def test_lower_case_codes_stand_and_old_numbers_do_not(places):
    counts = bring("dirty_codes").counts
    assert counts["new"] == 120
    assert counts["refusals"]["old_13"] == 120
    assert counts["refusals"]["old_15"] >= 240
    assert counts["refusals"]["check_character"] == 84


def test_missing_figures_of_listed_firms_are_missing_and_not_nought(listed):
    assert listed["registered"] == Enterprise.objects.count()
    assert listed["new"] == AnnualReport.objects.count()
    for figure in ("employees", "rd_staff", "revenue", "rd_expense"):
        assert AnnualReport.objects.filter(**{f"{figure}__lte": 0}).count() == 0
