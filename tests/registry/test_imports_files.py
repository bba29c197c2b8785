"""What people send: encodings, delimiters, titles above the header, merged cells, wrong columns."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from enterprises.registry import imports, imports_mapping, imports_reading
from enterprises.registry.models import StagedImport
from tests.registry.import_files import HEADER, write_csv, write_xlsx
from tests.registry.page_world import build, sound_code

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [HEADER, ["虚构编码有限公司", "91320506M00000117K", "江苏", "苏州", "1,000万元"]]


def read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    def judge(row: list[str]) -> int:
        return imports_mapping.judge(None, "enterprises", row)

    with imports_reading.table(path, judge=judge) as table:
        return table.header, list(table.rows), table.encoding


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_encoding_and_delimiter_reads_the_same(tmp_path, encoding, found, delimiter):
    path = write_csv(tmp_path / "a.csv", ROWS, encoding=encoding, delimiter=delimiter)
    assert read(path) == (HEADER, [(2, ROWS[1])], found)


def test_titles_above_the_header_are_passed_over(tmp_path):
    path = write_csv(tmp_path / "a.csv", [["企业登记表"], ["2024年", "", ""], *ROWS])
    assert read(path)[:2] == (HEADER, [(4, ROWS[1])])


def test_lines_are_counted_across_breaks_inside_a_cell(tmp_path):
    rows = [HEADER, ["甲\n乙", "1", "", "", ""], ["丙", "2", "", "", ""]]
    assert [line for line, _row in read(write_csv(tmp_path / "a.csv", rows))[1]] == [2, 4]


def test_a_workbook_keeps_numbers_exact_and_codes_whole(tmp_path):
    rows = [["标题"], HEADER, ["甲", "91320506M00000117K", "江苏", "苏州", 1234567.1]]
    header, found, encoding = read(write_xlsx(tmp_path / "a.xlsx", rows))
    assert (header, encoding) == (HEADER, "xlsx")
    assert found == [(3, ["甲", "91320506M00000117K", "江苏", "苏州", "1234567.1"])]


def test_merged_cells_below_the_header_are_refused_by_place(tmp_path):
    rows = [HEADER, *([["甲", "1", "江苏", "苏州", 1]] * 4)]
    with pytest.raises(ValidationError) as refused:
        read(write_xlsx(tmp_path / "a.xlsx", rows, merged="C3:C4"))
    assert refused.value.code == "merged"
    assert "C3:C4" in refused.value.messages[0]


def test_a_merged_title_is_no_obstacle(tmp_path):
    rows = [[], HEADER, ["甲", "1", "江苏", "苏州", 1]]
    found = read(write_xlsx(tmp_path / "a.xlsx", rows, merged="A1:E1"))
    assert [line for line, _row in found[1]] == [3]


def stage(path: Path, kind: str = "enterprises") -> StagedImport:
    return imports.stage(path, kind=kind, by=None)


@pytest.fixture
def media(settings, tmp_path, db):
    settings.MEDIA_ROOT = tmp_path / "media"
    build()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        ("企业名称,统一社会信用代码\n".encode(), "empty"),
        (b"\xff\xff\xff\xfe\x80,\xc3\x28\n", "encoding"),
        ("名字,地址\n甲,乙\n".encode(), "columns"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(media, tmp_path, content, code):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ValidationError) as refused:
        stage(path)
    assert refused.value.code == code
    assert StagedImport.objects.count() == 0
    assert [p for p in (tmp_path / "media").rglob("*") if p.is_file()] == []


def test_missing_columns_are_named_with_what_was_found(media, tmp_path):
    path = write_csv(tmp_path / "a.csv", [["企业名称", "电话"], ["甲", "1"]])
    with pytest.raises(ValidationError) as refused:
        stage(path)
    said = refused.value.messages[0]
    assert ("统一社会信用代码" in said, "企业名称, 电话" in said) == (True, True)


def test_a_file_of_another_kind_or_broken_is_refused(media, tmp_path):
    for name in ("a.pdf", "a.xlsx"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("nothing", "")
        with pytest.raises(ValidationError):
            stage(path)


def test_a_file_above_the_limit_is_refused(media, settings, tmp_path):
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(ValidationError):
        stage(write_csv(tmp_path / "a.csv", ROWS))


def test_a_delimiter_inside_a_text_refuses_its_row_alone(media, tmp_path):
    path = tmp_path / "a.csv"
    lines = [
        ",".join(HEADER),
        f"甲,{sound_code(11)},江苏,苏州,1,000万元",
        f"乙,{sound_code(12)},江苏,苏州,1",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    counts = stage(path).counts
    assert (counts["refusals"], counts["new"]) == ({"cells": 1}, 1)
