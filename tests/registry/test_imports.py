"""Importing enterprises: every row accepted, warned of or refused; whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from enterprises.accounts.models import Seat, User
from enterprises.places.models import Industry, Region
from enterprises.registry import imports, imports_mapping
from enterprises.registry.models import (
    AnnualReport,
    Change,
    Enterprise,
    ImportRow,
    NameRecord,
    StagedImport,
)
from tests.registry.import_files import HEADER, write_csv, write_xlsx
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


def row(number: int, **other: str) -> list[str]:
    cells = {
        "name": f"虚构导入{number}有限公司",
        "code": sound_code(number),
        "province": "江苏",
        "city": "苏州",
        "capital": "500万元",
    }
    return list((cells | other).values())


def take(path: Path, *, by: User | None = None, **options: Any) -> StagedImport:
    staged = imports.stage(path, kind="enterprises", by=by, **options)
    return imports.commit(staged, by=by)


def brief(staged: StagedImport) -> tuple[int, ...]:
    counts = staged.counts
    assert counts["rows"] == counts["accepted"] + counts["warned"] + counts["refused"]
    assert counts["rows"] - counts["refused"] == (
        counts["new"] + counts["changed"] + counts["unchanged"]
    )
    names = ("rows", "accepted", "warned", "refused", "new", "changed", "unchanged")
    return tuple(counts[name] for name in names)


def remarks(staged: StagedImport) -> list[tuple[int, str, str]]:
    return list(ImportRow.objects.filter(staged=staged).values_list("line", "outcome", "field"))


def test_rows_are_registered_with_region_money_and_history(tmp_path):
    staged = take(write_csv(tmp_path / "a.csv", [HEADER, row(11), row(12, capital="")]))
    assert brief(staged) == (2, 2, 0, 0, 2, 0, 0)
    made = Enterprise.objects.get(credit_code=sound_code(11))
    assert (made.name, made.region_path) == ("虚构导入11有限公司", "320506")  # from the code
    assert (made.registered_capital, made.version) == (500 * WAN, 1)
    (note,) = Change.objects.filter(enterprise=made)
    assert (note.subject, note.after["line"], note.reason) == ("registered", 2, "a.csv")


def test_the_same_file_again_changes_nothing(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11), row(12)])
    take(path)
    before = list(Enterprise.objects.order_by("pk").values())
    changes = Change.objects.count()
    assert brief(take(path)) == (2, 2, 0, 0, 0, 0, 2)
    assert list(Enterprise.objects.order_by("pk").values()) == before
    assert Change.objects.count() == changes


def test_checking_writes_nothing_to_the_registry(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11)])
    staged = imports.stage(path, kind="enterprises", by=None)
    assert (staged.status, brief(staged)) == ("checked", (1, 1, 0, 0, 1, 0, 0))
    assert Enterprise.objects.count() == 2


def test_a_changed_cell_changes_the_record_and_an_empty_one_does_not(tmp_path):
    take(write_csv(tmp_path / "a.csv", [HEADER, row(11)]))
    changed = take(write_csv(tmp_path / "b.csv", [HEADER, row(11, capital="600万元")]))
    assert brief(changed) == (1, 1, 0, 0, 0, 1, 0)
    made = Enterprise.objects.get(credit_code=sound_code(11))
    assert (made.registered_capital, made.version) == (600 * WAN, 2)
    note = Change.objects.filter(enterprise=made, subject="profile").get()
    assert note.before == {"registered_capital": 500 * WAN}
    assert brief(take(write_csv(tmp_path / "c.csv", [HEADER, row(11, capital="")])))[-1] == 1


@pytest.mark.parametrize(
    ("cells", "kind", "field"),
    [
        ({"code": ""}, "empty", "credit_code"),
        ({"code": "320404000005886"}, "old_15", "credit_code"),
        ({"code": sound_code(11)[:17]}, "length", "credit_code"),
        ({"code": "O" + sound_code(11)[1:]}, "letter", "credit_code"),
        ({"code": sound_code(11)[:17] + "?"}, "letter", "credit_code"),
        ({"name": ""}, "no_name", "name"),
        ({"name": "长" * 201}, "too_long", "name"),
        ({"capital": "很多"}, "amount", "registered_capital"),
        ({"capital": "-5万元"}, "negative", "registered_capital"),
    ],
)
def test_a_bad_row_is_refused_with_field_and_reason(tmp_path, cells, kind, field):
    staged = take(write_csv(tmp_path / "a.csv", [HEADER, row(11, **cells), row(12)]))
    assert brief(staged)[3:5] == (1, 1)
    assert staged.counts["refusals"] == {kind: 1}
    assert (2, "refused", field) in remarks(staged)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"capital": "50万美元"}, "foreign_currency"),
        ({"name": "虚\ue000构有限公司"}, "private_use"),
        ({"province": "浙江", "city": "杭州"}, "other_province"),
        ({"code": sound_code(11, "320599")}, "unknown_area"),
        ({"province": "示例省", "city": ""}, "unknown_place"),
    ],
)
def test_a_doubtful_row_is_accepted_with_a_warning(tmp_path, cells, kind):
    staged = take(write_csv(tmp_path / "a.csv", [HEADER, row(11, **cells)]))
    assert brief(staged) == (1, 0, 1, 0, 1, 0, 0)
    assert staged.counts["warnings"] == {kind: 1}


def test_where_code_and_place_differ_the_stated_place_counts(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11, province="浙江", city="杭州")])
    take(path)
    assert Enterprise.objects.get(credit_code=sound_code(11)).region_path == "3301"


def test_a_wrong_check_character_stands_with_a_reason_in_the_row(tmp_path):
    code = sound_code(11)
    wrong = code[:17] + ("A" if code[17] != "A" else "B")
    header = [*HEADER, "code_override_reason"]
    rows = [
        header,
        [*row(11, code=wrong), "as on the licence"],
        [*row(12, code=wrong[:-2] + "99"), ""],
    ]
    staged = take(write_csv(tmp_path / "a.csv", rows))
    assert staged.counts["refusals"] == {"check_character": 1}
    assert staged.counts["warnings"] == {"check_character": 1}
    made = Enterprise.objects.get(credit_code=wrong)
    assert made.code_override_reason == "as on the licence"


def test_a_rename_warns_and_keeps_the_old_name(tmp_path):
    take(write_csv(tmp_path / "a.csv", [HEADER, row(11)]))
    renamed = write_csv(tmp_path / "b.csv", [HEADER, row(11, name="虚构新名有限公司")])
    staged = take(renamed)
    assert (brief(staged)[5], staged.counts["warnings"]) == (1, {"renamed": 1})
    names = [(r.name, r.until is None) for r in NameRecord.objects.order_by("pk")]
    assert names == [("虚构导入11有限公司", False), ("虚构新名有限公司", True)]
    back = take(write_csv(tmp_path / "c.csv", [HEADER, row(11)]))
    assert (brief(back)[6], back.counts["warnings"]) == (1, {"former_name": 1})
    assert Enterprise.objects.get(credit_code=sound_code(11)).name == "虚构新名有限公司"


def test_a_code_under_two_names_in_one_file_is_never_merged(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11), row(11, name="另一家有限公司")])
    for _time in range(2):
        staged = take(path)
        assert staged.counts["refusals"] == {"code_with_other_name": 1}
    assert Enterprise.objects.get(credit_code=sound_code(11)).name == "虚构导入11有限公司"


def test_a_repeated_row_counts_once_and_one_with_other_values_is_refused(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11), row(11), row(11, capital="1万元")])
    staged = take(path)
    assert brief(staged) == (3, 1, 1, 1, 1, 0, 1)
    assert staged.counts["warnings"] == {"repeated": 1}
    assert staged.counts["refusals"] == {"repeated_otherwise": 1}


def test_one_name_under_several_codes_warns_and_stays_apart(tmp_path, world):
    rows = [HEADER, row(11, name="同名有限公司"), row(12, name="同名有限公司")]
    staged = take(write_csv(tmp_path / "a.csv", [*rows, row(13, name=world.firm.name)]))
    assert (brief(staged)[4], staged.counts["warnings"]) == (3, {"same_name": 2})


def test_a_repetition_across_batches_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    rows = [row(n) for n in (11, 12, 13, 14, 11)]
    staged = take(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    assert brief(staged) == (5, 4, 1, 0, 4, 0, 1)


def office(code: str) -> User:
    user = User.objects.create_user(f"office{code}", password="a long pass phrase")
    Seat.objects.create(user=user, role="city", region=Region.objects.get(code=code))
    return user


def test_rows_outside_the_area_of_the_importer_are_refused(tmp_path, world):
    rows = [HEADER, row(11), row(12, province="浙江", city="杭州", code=sound_code(12, "330106"))]
    rows.append(row(2, code=world.other.credit_code, name=world.other.name))
    staged = take(write_csv(tmp_path / "a.csv", rows), by=office("320500"))
    assert staged.counts["refusals"] == {"out_of_scope": 2}
    assert Enterprise.objects.count() == 3
    assert Enterprise.objects.get(pk=world.other.pk).region_path == "330106"


def test_who_registers_nothing_imports_nothing(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11)])
    with pytest.raises(PermissionDenied):
        imports.stage(path, kind="enterprises", by=User.objects.create_user("nobody"))


def test_a_double_click_commits_once(tmp_path):
    staged = imports.stage(
        write_csv(tmp_path / "a.csv", [HEADER, row(11)]), kind="enterprises", by=None
    )
    imports.commit(staged, by=None)
    with pytest.raises(ValidationError):
        imports.commit(staged, by=None)
    with pytest.raises(ValidationError):
        imports.discard(staged, by=None)
    assert Enterprise.objects.filter(credit_code=sound_code(11)).count() == 1


def test_a_discarded_import_writes_nothing(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11)])
    staged = imports.discard(imports.stage(path, kind="enterprises", by=None), by=None)
    assert (staged.status, Enterprise.objects.count()) == ("discarded", 2)


def test_nothing_is_half_saved_where_a_late_row_breaks_the_write(tmp_path, monkeypatch, world):
    monkeypatch.setattr(imports, "BATCH", 1)
    staged = imports.stage(
        write_csv(tmp_path / "a.csv", [HEADER, row(11), row(12)]), kind="enterprises", by=None
    )
    rows_of = imports._rows_of

    def with_a_stranger(*args: Any) -> Any:
        for number, outcome in enumerate(rows_of(*args)):
            if number == 1:  # somebody registers the second code in the same moment
                outcome.new[0].values["credit_code"] = world.firm.credit_code
            yield outcome

    monkeypatch.setattr(imports, "_rows_of", with_a_stranger)
    with pytest.raises(ValidationError) as refused:
        imports.commit(staged, by=None)
    assert refused.value.code == "changed_meanwhile"
    staged.refresh_from_db()
    assert (staged.status, Enterprise.objects.count()) == ("checked", 2)


def test_the_command_says_counts_and_reasons(tmp_path, capsys):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11), row(12, code="13497257-7")])
    call_command("import_enterprises", str(path), check_only=True)
    assert Enterprise.objects.count() == 2
    call_command("import_enterprises", str(path))
    said = capsys.readouterr().out
    assert "refusals: organisation_code 1" in said
    assert "line 3: credit_code “13497257-7”" in said
    assert Enterprise.objects.count() == 3


def test_the_command_acts_as_a_user_or_says_why_not(tmp_path):
    path = write_csv(tmp_path / "a.csv", [HEADER, row(11)])
    office("330100")
    call_command("import_enterprises", str(path), username="office330100")
    assert Enterprise.objects.count() == 2
    with pytest.raises(CommandError):
        call_command("import_enterprises", str(path), username="ghost")
    with pytest.raises(CommandError):
        call_command("import_enterprises", str(tmp_path / "none.csv"))


def test_a_mapping_names_columns_units_values_and_missing(tmp_path):
    mapping = imports_mapping.make(
        {
            "columns": {"credit_code": "码", "name": "户名", "registered_capital": "本金"},
            "units": {"registered_capital": "千元"},
            "missing": ["0"],
            "constants": {"ownership": "私营", "region": "320507"},
        },
        kind="enterprises",
    )
    rows = [
        ["户名", "本金", "码"],
        ["虚构一", "12", sound_code(11)],
        ["虚构二", "0", sound_code(12)],
    ]
    take(write_csv(tmp_path / "a.csv", rows), mapping=mapping)
    made = Enterprise.objects.order_by("pk").values_list(
        "registered_capital", "ownership", "region_path"
    )
    assert list(made)[2:] == [(1_200_000, "私营", "320507"), (None, "私营", "320507")]


@pytest.mark.parametrize(
    "given",
    [
        {"columns": {"colour": "色"}},
        {"colums": {}},
        {"columns": {"name": "a"}, "units": {"registered_capital": "斤"}},
        {"kind": "reports"},
    ],
)
def test_a_mapping_with_a_slip_is_refused(given):
    with pytest.raises(ValidationError):
        imports_mapping.make(given, kind="enterprises")


def test_a_workbook_gives_the_same_as_a_text(tmp_path):
    rows = [HEADER, row(11, capital=500.5), row(12, capital=600)]
    staged = take(write_xlsx(tmp_path / "a.xlsx", rows))
    assert brief(staged) == (2, 2, 0, 0, 2, 0, 0)
    capital = Enterprise.objects.filter(name__startswith="虚构导入").order_by("pk")
    assert list(capital.values_list("registered_capital", flat=True)) == [50_050, 60_000]


def test_history_of_an_import_keeps_no_personal_data(world, tmp_path):
    Enterprise.objects.filter(pk=world.firm.pk).update(contact_phone="02011112222")
    rows = [["企业名称", "信用代码", "省份", "联系电话"]]
    rows.append([world.firm.name, world.firm.credit_code, "江苏", "02033334444"])
    take(write_csv(tmp_path / "a.csv", rows))
    world.firm.refresh_from_db()
    assert world.firm.contact_phone == "02033334444"
    (note,) = Change.objects.filter(enterprise=world.firm)
    assert note.before == {"contact_phone": "•••"}
    assert note.after["contact_phone"] == "•••"


def test_size_class_follows_an_imported_industry(world, tmp_path):
    Industry.objects.create(code="C35", section="C", name_zh="专用设备制造业")
    figures = {"employees": 1200, "revenue": 90_000 * WAN, "total_assets": 90_000 * WAN}
    AnnualReport.objects.create(enterprise=world.firm, year=2024, **figures)
    rows = [["企业名称", "信用代码", "省份", "行业"]]
    rows.append([world.firm.name, world.firm.credit_code, "江苏", "专用设备制造业"])
    take(write_csv(tmp_path / "a.csv", rows))
    world.firm.refresh_from_db()
    assert world.firm.industry.code == "C35"
    assert (world.firm.size_class, world.firm.size_year, world.firm.version) == ("large", 2024, 2)
