"""Names of enterprises: as compared, and what looks wrong."""

from __future__ import annotations

import pytest

from enterprises.registry import names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("迪森（常州）锅炉有限公司", "迪森(常州)锅炉有限公司"),
        ("日本ＮＥＣ东金", "日本nec东金"),
        ("甲 乙 有限公司", "甲乙有限公司"),
        ("湖北〔宜城〕公司", "湖北(宜城)公司"),
    ],
)
def test_spellings_of_one_name_compare_equal(one, other):
    assert names.key(one) == names.key(other)


def test_tidy_keeps_brackets_and_one_blank():
    assert names.tidy("  甲（乙）\t 丙 \n") == "甲（乙） 丙"


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("虚构试验有限公司", []),
        ("虚构·试验有限公司", []),
        ("虚\ue000试验有限公司", ["private_use"]),
        ("虚构?试验有限公司", ["mojibake"]),
        ("ÐéÍâÊÔÑé", ["mojibake"]),
        ("第一名称:甲公司 第二名称:乙公司", ["two_names"]),
        ("长" * 41, ["long_name"]),
        ("长" * 40, []),
    ],
)
def test_doubts_name_what_looks_wrong(name, kinds):
    assert [doubt.kind for doubt in names.doubts(name)] == kinds


def test_a_private_character_is_named_by_its_place():
    assert "3" in names.doubts("虚构\ue000试验")[0].message
