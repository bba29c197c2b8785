"""How the machine's result and a person's words make one verdict."""

from __future__ import annotations

import datetime as dt

import pytest

from cultivation.pipeline import findings
from cultivation.standards.explanation import explain_facts
from cultivation.standards.models import Edition, Verdict

DAY = dt.date(2026, 5, 6)
TEXT = """
tier = "srdi"
title_zh = "测试"
title_en = "Test"
document = "测试〔2026〕1号"
in_force = 2026-01-01

[[criterion]]
code = "S"
label_zh = "得分"
label_en = "Score"
need = "sum"
points_at_least = 60

[[criterion]]
code = "S-1"
part_of = "S"
label_zh = "营业收入"
label_en = "Revenue"
figure = "revenue"
at_least = 1000
points = 50

[[criterion]]
code = "S-2"
part_of = "S"
label_zh = "地方特色"
label_en = "Local"
manual = true
points = 5

[[criterion]]
code = "S-3"
part_of = "S"
label_zh = "链条作用"
label_en = "Chain"
manual = true
points = 5
"""


@pytest.mark.parametrize(
    ("opinions", "verdict"),
    [
        ({}, Verdict.MANUAL),
        ({"S-2": "agreed"}, Verdict.MANUAL),
        ({"S-2": "agreed", "S-3": "objected"}, Verdict.UNMET),
        ({"S-2": "agreed", "S-3": "agreed"}, Verdict.MET),
    ],
)
def test_points_that_a_person_gives_are_needed_to_reach_the_line(
    opinions: dict[str, str], verdict: Verdict
) -> None:
    edition = Edition(code="test_points", text=TEXT, sha256="0")
    facts = {"enterprise": 1, "region_path": "33", "revenue_y1": 1_000_000_000}
    told = explain_facts(facts, edition, kind="recognition", as_of=DAY)
    assert (told.verdict, told.root.points) == (Verdict.MANUAL, (5000, 6000))
    root = told.as_json()
    assert findings.standing(root, opinions) == verdict
    left = [node["code"] for node in findings.open_manual(root, opinions)]
    unsaid = [code for code in ("S-2", "S-3") if code not in opinions]
    assert left == (unsaid if verdict == Verdict.MANUAL else [])
