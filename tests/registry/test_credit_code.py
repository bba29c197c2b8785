"""The unified social credit code."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from enterprises.registry import credit_code

VALID = (
    "914403001922038216",
    "91350900587527783P",
    "91110108551385082Q",
    "91100000100003962T",
    "91440300192317458F",
    "9144030071526726XG",  # check character X inside
    "911100001011016602",  # digits alone
    "91110000600037341L",
)
FLAWED = (
    ("914403001922038217", ["check_character"]),
    ("914403001922038261", ["check_character", "organisation_character"]),
    ("91520000714304949K", ["check_character", "organisation_character"]),
    ("9144030019220382I6", ["letter"]),
    ("91440300192203821", ["length"]),
    ("9144O3001922038216", ["letter"]),
    ("91A403001922038216", ["area"]),
    ("320404000005886", ["old_15"]),
    ("3209231101873", ["old_13"]),
    ("13497257-7", ["organisation_code"]),
    ("无", ["empty"]),
    ("", ["empty"]),
)
body = st.text(alphabet=credit_code.ALPHABET, min_size=8, max_size=8)
area = st.integers(110000, 659999).map(str)


def whole(head: str, area: str, body: str) -> str:
    first = f"{head}{area}{body}{credit_code.organisation_character(body)}"
    return first + credit_code.check_character(first)


@pytest.mark.parametrize("code", VALID)
def test_known_codes_are_sound(code):
    assert credit_code.is_sound(code)
    assert credit_code.flaws(code) == []


@pytest.mark.parametrize(("code", "kinds"), FLAWED)
def test_a_flawed_code_says_what_is_wrong(code, kinds):
    text = credit_code.normalise(code)
    assert [flaw.kind for flaw in credit_code.flaws(text)] == kinds
    assert not credit_code.is_sound(text)


def test_the_message_names_the_right_character_and_the_wrong_letter():
    assert "6" in credit_code.problem("914403001922038217")
    letter = credit_code.problem("9144O3001922038216")
    assert ("5" in letter, "O" in letter, "0" in letter) == (True, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "91350900587527783p",
        " 91350900 587527783P ",
        "９１３５０９００５８７５２７７８３Ｐ",
        "91-350900-58752778-3-P",
    ],
)
def test_normalise_brings_spellings_together(text):
    assert credit_code.check(text) == "91350900587527783P"


def test_a_wrong_check_character_stands_with_a_reason_alone():
    with pytest.raises(ValidationError) as refused:
        credit_code.check("914403001922038217", reason="  ")
    assert refused.value.code == "check_character"
    assert credit_code.check("914403001922038217", reason="licence seen") == "914403001922038217"


def test_no_reason_lets_a_wrong_letter_stand():
    with pytest.raises(ValidationError) as refused:
        credit_code.check("9144030019220382I6", reason="licence seen")
    assert refused.value.code == "letter"


@given(st.sampled_from(["91", "92", "93", "51", "Y1"]), area, body)
def test_a_code_made_by_the_rules_is_sound(head, area, body):
    assert credit_code.flaws(whole(head, area, body)) == []


@given(area, body, st.integers(0, 16), st.sampled_from(credit_code.ALPHABET))
def test_one_wrong_character_never_passes(area, body, place, other):
    code = whole("91", area, body)
    wrong = code[:place] + other + code[place + 1 :]
    assert credit_code.is_sound(wrong) == (wrong == code)


@given(area, body, st.integers(0, 16))
def test_two_neighbours_swapped_never_pass(area, body, place):
    code = whole("91", area, body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert credit_code.is_sound(swapped) == (swapped == code)


@given(st.text(max_size=30))
def test_any_text_is_judged_without_an_error(text):
    code = credit_code.normalise(text)
    assert credit_code.is_sound(code) == (credit_code.flaws(code) == [])
