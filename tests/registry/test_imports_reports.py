"""Importing annual reports: units, missing figures, several years, plausibility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from enterprises.accounts.models import Seat, User
from enterprises.places.models import Industry
from enterprises.registry import imports, imports_mapping, records
from enterprises.registry.models import AnnualReport, Change, Enterprise, ImportRow, StagedImport
from tests.registry.import_files import REPORT_HEADER, write_csv
from tests.registry.page_world import build, sound_code

if TYPE_CHECKING:
    from pathlib import Path

    from tests.registry.page_world import World

pytestmark = pytest.mark.django_db
WAN = 1_000_000


@pytest.fixture(autouse=True)
def world(settings, tmp_path) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    return build()


def take(path: Path, given: dict[str, Any] | None = None, by: User | None = None) -> StagedImport:
    mapping = imports_mapping.make(given, kind="reports") if given else None
    staged = imports.stage(path, kind="reports", by=by, mapping=mapping)
    staged = imports.commit(staged, by=by)
    counts = staged.counts
    assert counts["rows"] == counts["accepted"] + counts["warned"] + counts["refused"]
    assert counts["rows"] - counts["refused"] == (
        counts["new"] + counts["changed"] + counts["unchanged"]
    )
    return staged


def row(world: World, *figures: Any, code: str | None = None, name: str = "") -> list[Any]:
    return [world.firm.credit_code if code is None else code, name, *figures]


def test_figures_are_read_in_the_unit_of_their_column(tmp_path, world):
    path = write_csv(
        tmp_path / "a.csv",
        [REPORT_HEADER, row(world, 2023, "5,000", "３２", "12345.67"), row(world, 2024, "", 0, "")],
    )
    staged = take(path)
    assert (staged.counts["new"], staged.counts["warnings"]) == (2, {})
    rows = AnnualReport.objects.order_by("year")
    assert [(r.year, r.revenue, r.employees, r.rd_expense, r.source) for r in rows] == [
        (2023, 5000 * WAN, 32, 1_234_567, "a.csv"),
        (2024, None, 0, None, "a.csv"),  # empty is missing, 0 is nought
    ]
    assert Change.objects.filter(subject="report:2023").get().after["line"] == 2


def test_the_same_file_again_changes_nothing(tmp_path, world):
    path = write_csv(tmp_path / "a.csv", [REPORT_HEADER, row(world, 2023, 5000, 32, 100)])
    take(path)
    before = [list(m.objects.order_by("pk").values()) for m in (Enterprise, AnnualReport, Change)]
    assert take(path).counts["unchanged"] == 1
    after = [list(m.objects.order_by("pk").values()) for m in (Enterprise, AnnualReport, Change)]
    assert before == after


def test_a_corrected_figure_is_noted_and_moves_size_and_version(tmp_path, world):
    industry = Industry.objects.create(code="34", section="C", name_zh="通用设备制造业")
    records.change(world.firm, {"industry": industry}, by=None)
    take(write_csv(tmp_path / "a.csv", [REPORT_HEADER, row(world, 2023, 40_000, 1000, "")]))
    firm = Enterprise.objects.get(pk=world.firm.pk)
    assert (firm.size_class, firm.size_year) == ("large", 2023)
    take(write_csv(tmp_path / "b.csv", [REPORT_HEADER, row(world, 2023, 40_000, 999, "")]))
    again = Enterprise.objects.get(pk=world.firm.pk)
    assert (again.size_class, again.version) == ("medium", firm.version + 1)
    note = Change.objects.filter(subject="report:2023").first()
    assert (note.before, note.after["employees"]) == ({"employees": 1000}, 999)


def test_a_slip_of_the_unit_between_years_is_warned_of_and_kept(tmp_path, world):
    rows = [row(world, 2022, 5000, 40, ""), row(world, 2023, "0.52", 41, "")]
    staged = take(write_csv(tmp_path / "a.csv", [REPORT_HEADER, *rows]))
    assert staged.counts["warnings"] == {"unit_jump": 1, "per_head": 1}
    warnings = AnnualReport.objects.get(year=2023).warnings
    assert sorted((w["code"], w["reason"]) for w in warnings) == [
        ("per_head", ""),
        ("unit_jump", ""),
    ]


@pytest.mark.parametrize(
    ("figures", "kind"),
    [
        ((2023, -1, 10, 10), "negative"),
        ((2023, 100, -5, 10), "negative"),
        ((2023, 100, 3.5, 10), "number"),
        ((2023, "约一百", 3, 10), "amount"),
        ((1949, 100, 3, 10), "year"),
        ((2099, 100, 3, 10), "year"),
        (("二〇二三", 100, 3, 10), "year"),
        ((2023, "", "", "N/A"), "no_figures"),
    ],
)
def test_an_impossible_row_is_refused_with_its_reason(tmp_path, world, figures, kind):
    staged = take(write_csv(tmp_path / "a.csv", [REPORT_HEADER, row(world, *figures)]))
    assert staged.counts["refusals"] == {kind: 1}
    assert AnnualReport.objects.count() == 0


def test_a_year_twice_in_a_file_is_never_overwritten(tmp_path, world):
    rows = [
        row(world, 2023, 5000, 32, ""),
        row(world, 2023, 5000, 32, ""),
        row(world, 2023, 9, 9, ""),
    ]
    staged = take(write_csv(tmp_path / "a.csv", [REPORT_HEADER, *rows]))
    assert staged.counts["warnings"] == {"repeated": 1}
    assert staged.counts["refusals"] == {"repeated_otherwise": 1}
    assert AnnualReport.objects.get().revenue == 5000 * WAN


def test_a_row_without_code_is_matched_by_its_name_or_refused(tmp_path, world):
    rows = [
        row(world, 2023, 5000, 32, "", code="", name=world.firm.name),
        row(world, 2023, 5000, 32, "", code="", name="没有这家有限公司"),
        row(world, 2023, 5000, 32, "", code=sound_code(77)),
    ]
    staged = take(write_csv(tmp_path / "a.csv", [REPORT_HEADER, *rows]))
    assert staged.counts["warnings"] == {"matched_by_name": 1}
    assert staged.counts["refusals"] == {"unknown_enterprise": 1, "not_registered": 1}
    assert AnnualReport.objects.get().enterprise == world.firm


def test_a_name_that_several_bear_matches_nobody(tmp_path, world):
    Enterprise.objects.filter(pk=world.other.pk).update(
        name=world.firm.name, name_key=world.firm.name_key
    )
    rows = [row(world, 2023, 5000, 32, "", code="", name=world.firm.name)]
    staged = take(write_csv(tmp_path / "a.csv", [REPORT_HEADER, *rows]))
    assert staged.counts["refusals"] == {"ambiguous_name": 1}


def test_a_mapping_may_register_enterprises_and_find_codes_elsewhere_in_the_file(tmp_path):
    name = "虚构上市股份有限公司"
    header = [*REPORT_HEADER, "注册地址"]
    rows = [
        ["", name, 2021, 4800, 30, "", ""],  # its code stands one line below
        [sound_code(55), name, 2022, 5000, 31, "", "江苏省苏州市相城区虚构路1号"],
        [sound_code(55), name, 2023, 5200, 32, "", ""],
    ]
    given = {
        "register": True,
        "columns": dict(
            zip(
                ("credit_code", "name", "year", "revenue", "employees", "rd_expense", "address"),
                header,
                strict=True,
            )
        ),
    }
    staged = take(write_csv(tmp_path / "a.csv", [header, *rows]), given)
    assert (staged.counts["new"], staged.counts["registered"]) == (3, 1)
    made = Enterprise.objects.get(credit_code=sound_code(55))
    assert (made.name, made.reports.count()) == (name, 3)
    again = take(write_csv(tmp_path / "a.csv", [header, *rows]), given)
    assert (again.counts["unchanged"], again.counts["registered"]) == (3, 0)


def test_sums_and_markers_of_a_mapping(tmp_path, world):
    given = {
        "columns": {"credit_code": "码", "employees": "人数", "rd_staff": "研发"},
        "sums": {"total_assets": ["流动", "非流动"]},
        "constants": {"year": 2022},
        "missing": ["-1"],
        "missing_in": {"rd_staff": ["0"]},
    }
    code, other = world.firm.credit_code, world.other.credit_code
    rows = [
        ["码", "人数", "研发", "流动", "非流动"],
        [code, "0", "0", "100.10", "0.2"],
        [other, "-1.0", "5", "-1.00", "7"],
    ]
    take(write_csv(tmp_path / "a.csv", rows), given)
    found = AnnualReport.objects.order_by("pk").values_list("employees", "rd_staff", "total_assets")
    assert list(found) == [(0, None, 10_030), (None, 5, None)]


def test_reports_of_another_region_are_refused(tmp_path, world):
    by = User.objects.create_user("office", password="a long pass phrase")
    Seat.objects.create(user=by, role="province", region=world.regions["330000"])
    rows = [
        row(world, 2023, 5000, 32, ""),
        row(world, 2023, 1, 1, "", code=world.other.credit_code),
    ]
    staged = take(write_csv(tmp_path / "a.csv", [REPORT_HEADER, *rows]), by=by)
    assert staged.counts["refusals"] == {"out_of_scope": 1}
    assert [r.enterprise for r in AnnualReport.objects.all()] == [world.other]
    (remark,) = ImportRow.objects.filter(staged=staged, outcome="refused")
    assert remark.line == 2
