"""Lists that leave the system: no cell is taken for a formula."""

from __future__ import annotations

import pytest

from enterprises.registry import exports


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t"])
def test_cell_that_a_spreadsheet_takes_for_a_formula_is_made_text(sign: str) -> None:
    assert exports.safe(f"{sign}1+1") == f"'{sign}1+1"
