from __future__ import annotations

import datetime as dt

import pytest

from cultivation.digital import scoring
from cultivation.digital.assessing import comparing, peers, picture
from enterprises.places.models import Industry
from tests.digital.conftest import TODAY, answers, assess


@pytest.fixture
def trades(places):
    """Give a section and two of its divisions."""
    return {
        code: Industry.objects.create(
            code=code,
            section="C",
            is_section=code == "C",
            name_zh=f"行业{code}",
            name_en=f"Trade {code}",
        )
        for code in ("C", "34", "35")
    }


def declared(one, level: int, **fields):
    """Store a self-assessment whose scenarios all stand at one level."""
    given = answers({2: "ABCDE"[level]}, [level] * 16)
    fields = {"way": "self_declared", "answers": given, "parts": scoring.parts_of(given)} | fields
    return assess(one, level, **fields)


def test_fewer_peers_than_the_least_are_not_shown(firm, trades, settings) -> None:
    settings.DIGITAL_PEERS_MIN = 3
    one = firm(industry=trades["34"])
    row = declared(one, 1)
    for _ in range(2):
        declared(firm(industry=trades["34"]), 2)
    found = peers.compare(row, one, on=TODAY)
    assert (found.number, {part.peers for part in found.parts}) == (0, {None})
    assert {part.peers_text for part in found.parts} == {""}
    declared(firm(industry=trades["34"]), 4)
    found = peers.compare(row, one, on=TODAY)
    assert (found.number, found.among) == (3, "Trade 34")
    assert [part.peers_text for part in found.parts] == [
        "4.0 / 50", "0.0 / 30", "0.0 / 20", "2.7", "2.7", "2.7", "2.7",
    ]  # fmt: skip
    assert [part.own_text for part in found.parts][:4] == [
        "1.5 / 50",
        "0.0 / 30",
        "0.0 / 20",
        "1.0",
    ]


def test_peers_are_the_latest_valid_answers_of_others_made_in_the_same_way(
    firm, trades, settings
) -> None:
    settings.DIGITAL_PEERS_MIN = 3
    one = firm(industry=trades["34"])
    row = declared(one, 1)
    others = [firm(industry=trades["34"]) for _ in range(3)]
    for other in others:
        declared(other, 4, assessed_on=dt.date(2025, 1, 1))
        declared(other, 2)
        declared(other, 4, way="on_site", assessed_on=TODAY)
        declared(other, 4, assessed_on=dt.date(2026, 1, 1), valid_to=dt.date(2026, 2, 1))
        assess(other, 4, way="self_declared", assessed_on=TODAY)  # without answers
    found = peers.compare(row, one, on=TODAY)
    assert (found.number, found.parts[3].peers_text) == (3, "2.0")


def test_where_the_division_has_too_few_the_section_is_taken(firm, trades, settings) -> None:
    settings.DIGITAL_PEERS_MIN = 3
    one = firm(industry=trades["34"])
    row = declared(one, 1)
    for code in ("34", "35", "35"):
        declared(firm("440305", industry=trades[code]), 3)
    found = peers.compare(row, one, on=TODAY)
    assert (found.number, found.among, found.parts[6].peers) == (3, "Trade C", 750)
    assert picture.bars(found).rows[6].peers == 696 * 750 // 1000


def test_a_result_without_answers_and_a_firm_without_an_industry_have_no_peers(firm) -> None:
    one = firm()
    assert peers.compare(assess(one, 2), one, on=TODAY) is None
    found = peers.compare(declared(one, 2), one, on=TODAY)
    assert (found.number, found.among) == (0, "")


def test_two_assessments_side_by_side_name_what_differs(firm) -> None:
    one = firm()
    own = declared(one, 2)
    given = answers({2: "B"}, [2] * 15 + [1])
    found = assess(
        one, 0, answers=given, declared=own, findings={"s:16": ["differs", "not in use"]}
    )
    beside = comparing.beside(own, found)
    assert (beside.differing, beside.levels_differ) == (2, True)
    question = beside.questions[1]
    assert (question.declared_points, question.found_points, question.differs) == ("3", "1.5", True)
    last = beside.scenarios[15]
    assert (last.differs, last.remark) == (True, "not in use")
    assert comparing.latest(one) == {"self_declared": own, "on_site": found}
