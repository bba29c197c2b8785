"""Reading, running and keeping worked cases."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from django.utils.translation import override

from cultivation.standards import editions
from cultivation.standards.cases import read_cases, run_cases
from cultivation.standards.models import Assessment, Edition, Overlay
from cultivation.standards.policy import PolicyError
from tests.standards.seeds import LIBRARY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from enterprises.registry.models import Enterprise

POLICY = LIBRARY.policy("little_giant_2026")
BASE = """
[base]
on = 2027-05-01

[base.facts]
revenue_y1 = 8000
"""
CASE = '{ name = "甲", facts = { revenue_y1 = 5000 }, gives = { L26-2a = "met" } }'


def text(case: str = CASE, *, base: str = BASE) -> str:
    return f'{base}\n[[section]]\nclause = "附件2（二）"\ncase = [ {case} ]\n'


def test_a_case_states_what_follows_and_the_rest_is_missing() -> None:
    (worked,) = read_cases(text(), policy=POLICY, origin="x.toml")
    assert (worked.name, worked.clause, worked.case.kind) == ("甲", "附件2（二）", "recognition")
    assert worked.facts["revenue_y1"] == 5000 * 10**6
    assert worked.facts["revenue_y2"] is None
    assert worked.facts["class_one_own_rank3_low"] == worked.facts["class_one_own_rank3_high"] == 0


def test_outcomes_come_in_the_order_of_the_file_and_name_what_differs() -> None:
    other = (
        '{ name = "乙", name_en = "B", kind = "recheck", facts = { revenue_y1 = 4999.999999 },'
        ' gives = { L26-2a = "met", L26-2c = "absent", L26 = "unmet" } }'
    )
    good, bad = run_cases(POLICY, read_cases(text(f"{CASE}, {other}"), policy=POLICY, origin="x"))
    assert good.ok
    assert good.name == "甲"
    assert not bad.ok
    assert bad.expected == {"L26-2a": "met", "L26-2c": "absent", "L26": "unmet"}
    assert bad.found == {**bad.expected, "L26-2a": "unmet"}


def test_points_are_compared_at_both_ends() -> None:
    policy = LIBRARY.policy("technology_2017")
    base = "[base]\non = 2025-07-01\n[base.facts]\nemployees_y1 = 100\n"
    case = '{ name = "甲", points = { T17-S1 = [0, 20], T17-S2 = [0, 49.5] } }'
    (found,) = run_cases(policy, read_cases(text(case, base=base), policy=policy, origin="x"))
    assert found.expected == {"T17-S1 points": "0–20", "T17-S2 points": "0–49.5"}
    assert found.found == {"T17-S1 points": "0–20", "T17-S2 points": "0–50"}


def test_a_case_is_named_in_the_language_of_the_reader() -> None:
    case = CASE.replace('"甲"', '"甲", name_en = "A"')
    (worked,) = read_cases(text(case), policy=POLICY, origin="x")
    names = []
    for language in ("en", "zh-hans"):
        with override(language):
            names.append((worked.name, run_cases(POLICY, [worked])[0].name))
    assert names == [("A", "A"), ("甲", "甲")]


@pytest.mark.parametrize(
    ("given", "place", "mend"),
    [
        ("case = [", "not TOML", "mend the line"),
        (text(CASE.replace('"met"', '"good"')), "case '甲': L26-2a gives 'good'", "unmet, unknown"),
        (text(CASE.replace("L26-2a", "L26-2z")), "case '甲': unknown key 'L26-2z'", "write 'L26-2"),
        (text(CASE.replace("revenue_y1", "revenu_y1")), "unknown key 'revenu_y1'", "'revenue_y1'"),
        (text(CASE.replace("5000", "0.0000001")), "too fine", "decimals"),
        (text(CASE.replace("5000", '"much"')), "'much' is not a number", "plain number"),
        (text(CASE.replace("5000", "true")), "True is not a number", "plain number"),
        (text(CASE.replace("revenue_y1 = 5000", "is_sme = 1")), "is_sme = 1", "true or false"),
        (
            text(CASE.replace("revenue_y1 = 5000", "class_one_own_rank3 = 1.5")),
            "no whole number of stored units",
            "state it coarser",
        ),
        (text(f"{CASE}, {CASE}"), "case '甲': it stands twice", "its own name"),
        (text('{ name = "甲" }'), "says nothing of what follows", "gives or points"),
        (text('{ name = "甲", points = { L26-2a = [1, 2] } }'), "gives no points", "in gives"),
        (text(CASE.replace('"甲"', '"甲", kind = "renewal"')), "kind 'renewal'", "recognition"),
        (
            text(CASE.replace('"甲"', '"甲", on = "2027"')),
            "on = '2027' is no date",
            "without quotes",
        ),
        (text(CASE.replace('name = "甲", ', "")), "case '?': 'name' is missing", "as a text"),
        (text(CASE.replace("gives", "give")), "unknown key 'give'", "write 'gives'"),
        (text(CASE, base=""), "header: 'base' is missing", "state base"),
        (BASE, "it has no case", "write one"),
    ],
)
def test_a_case_that_makes_no_sense_is_refused_with_place_and_mend(
    given: str, place: str, mend: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        read_cases(given, policy=POLICY, origin="cases/x.toml")
    said = str(refused.value)
    assert said.startswith("cases/x.toml: ")
    assert place in said
    assert mend in said


def test_cases_are_kept_with_editions_and_overlays_and_may_change_after_use(
    db: None, tmp_path: Path, firm: Callable[..., Enterprise]
) -> None:
    for folder in ("editions", "cases"):
        shutil.copytree(editions.FOLDER.parent / folder, tmp_path / folder)
    editions.load_all(tmp_path / "editions")
    edition = Edition.objects.get(code="little_giant_2026")
    notice = Overlay.objects.get(code="little_giant_2026_notice_2026")
    assert "L26-2a" in edition.cases
    assert "B26-1" in notice.cases
    Assessment.objects.create(
        enterprise=firm(), edition=edition, verdict=3, verdicts="3", unmet=0, unknown=0, run_id=1
    )
    path = tmp_path / "cases" / "little_giant_2026.toml"
    path.write_text(text(), encoding="utf-8")
    editions.load_all(tmp_path / "editions")
    kept = Edition.objects.get(code="little_giant_2026")
    assert (kept.cases, kept.sha256) == (text(), edition.sha256)
    path.write_text(text(CASE.replace("L26-2a", "L26-2z")), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"cases/little_giant_2026\.toml: case '甲'"):
        editions.load_all(tmp_path / "editions")
    assert Edition.objects.get(code="little_giant_2026").cases == text()
