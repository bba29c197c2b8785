"""Amounts as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from enterprises.registry import money

YUAN = 100
WAN = 1_000_000


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,200万", 1200 * WAN),
        ("1200 万元", 1200 * WAN),
        ("1.2亿", 12_000 * WAN),
        ("12,345.67元", 1_234_567),
        ("3千元", 3000 * YUAN),
        ("5百万元", 500 * WAN),
        ("1,000(万元人民币)", 1000 * WAN),
        ("1000万人民币", 1000 * WAN),
        ("748（万元）", 748 * WAN),
        ("18.4900(万元人民币)", 18_490_000),
        ("１，２３４．５", 123_450),
        ("¥0.5", 50),
        ("-3.5", -350),
        ("0", 0),
        ("0.1", 10),  # 0.1 * 100 is not 10 in binary fractions
        ("1.005", 101),
    ],
)
def test_parse_gives_whole_fen(text, fen):
    assert money.parse(text) == money.Amount(fen)


@pytest.mark.parametrize(
    ("text", "currency"), [("50万美元", "美元"), ("10万港币", "港币"), ("1,000(万美元)", "美元")]
)
def test_another_currency_gives_no_amount_and_names_itself(text, currency):
    assert money.parse(text) == money.Amount(None, currency)


@pytest.mark.parametrize("text", ["", "abc", "1,20", "1,0000000(万)", "1e5", "--", "12 34x", "万"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValidationError) as refused:
        money.parse(text)
    assert refused.value.code == "amount"


def test_the_unit_of_the_column_counts_for_bare_numbers_alone():
    assert money.parse("12", unit="万元").fen == 12 * WAN
    assert money.parse("12元", unit="万元").fen == 12 * YUAN
    assert money.parse("12万", unit="千元").fen == 12 * WAN


def test_an_amount_beyond_64_bits_is_refused():
    with pytest.raises(ValidationError) as refused:
        money.parse("9999999999亿")
    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    ("fen", "unit", "text"),
    [
        (None, "元", ""),
        (0, "元", "0"),
        (123_456_789, "元", "1,234,567.89"),
        (123_450, "元", "1,234.5"),
        (12_000 * WAN, "万元", "12,000"),
        (1, "万元", "0.000001"),
        (-250 * YUAN, "元", "-250"),
    ],
)
def test_show_writes_exactly(fen, unit, text):
    assert money.show(fen, unit=unit) == text


@given(st.integers(-(10**17), 10**17), st.sampled_from(sorted(money.FEN)))
def test_what_is_shown_reads_back_as_the_same_amount(fen, unit):
    assert money.parse(money.show(fen, unit=unit), unit=unit).fen == fen


@given(st.decimals(-(10**9), 10**9, places=2))
def test_yuan_with_two_decimals_are_exact(amount):
    assert money.parse(f"{amount:,}").fen == int(amount * 100)
    assert Decimal(money.show(int(amount * 100)).replace(",", "")) == amount


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_refused(text):
    try:
        amount = money.parse(text)
    except ValidationError:
        return
    assert amount.fen is None or isinstance(amount.fen, int)
