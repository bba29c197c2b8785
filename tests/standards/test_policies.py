"""The worked cases of tests/policies, each judged by the edition its file names.

A file states a base enterprise that meets everything a figure can show, then cases that change it.
Facts are columns of the facts frame; money is written in 万元, shares and ratios as they are there.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cultivation.standards import facts
from cultivation.standards.editions import FOLDER
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.indicators import FIGURE_UNITS, SCALE, STATEMENTS
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case, Policy
from cultivation.standards.reading import read_policy

POLICIES = Path(__file__).resolve().parent.parent / "policies"
MISSING = "missing"


def cases() -> list[Any]:
    found = []
    for path in sorted(POLICIES.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        base = table["base"]
        found += [
            pytest.param(path.stem, base, case, id=f"{path.stem}: {case['name']}")
            for case in table["case"]
        ]
    return found


@cache
def edition(code: str) -> Policy:
    return read_policy((FOLDER / f"{code}.toml").read_text(encoding="utf-8"), code=code)


def stored(policy: Policy, name: str, value: Any) -> Any:
    """Return a stated value as the frame holds it."""
    if value == MISSING:
        return None
    figure = name.rpartition("_y")[0]
    if figure in FIGURE_UNITS:
        exact = value * SCALE[FIGURE_UNITS[figure]]
    elif name.removesuffix("_low").removesuffix("_high") in {
        c.name for c in policy.counts if c.amount
    }:
        exact = value * SCALE["money"]
    else:
        return value
    assert exact == int(exact), f"{name} = {value} is no whole number of stored units"
    return int(exact)


def row(policy: Policy, stated: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the frame; what is not stated is missing, a count not stated is nought."""
    counts = {c.name for c in policy.counts}
    filled = dict.fromkeys(sorted(columns(policy.root)))
    filled |= {name: 0 for name in filled if name.rpartition("_")[0] in counts}
    filled |= {"enterprise": 1, "region_path": "320500"}
    for name, value in stated.items():
        both = [f"{name}_low", f"{name}_high"] if name in counts else [name]
        for column in both:
            assert column in filled, f"{column} is read by no criterion of {policy.code}"
            filled[column] = stored(policy, name if name in counts else column, value)
    return filled


@pytest.mark.parametrize(("code", "base", "case"), cases())
def test_worked_case_is_judged_as_it_says(
    code: str, base: dict[str, Any], case: dict[str, Any]
) -> None:
    policy = edition(code)
    on = case.get("on", base["on"])
    stated = {**base["facts"], **case.get("facts", {})}
    frame = facts.from_row(row(policy, stated))
    path = stated.get("region_path", "320500")
    standard = policy.standard(Case(case.get("kind", "recognition"), on, path))
    judged = judge(frame, standard).row(0, named=True)
    found = {}
    for name in case["gives"]:
        column = f"v:{name}"
        found[name] = Verdict(judged[column]).name.lower() if column in judged else "absent"
    assert found == case["gives"]
    low_high = {
        name: [judged[f"low:{name}"], judged[f"high:{name}"]] for name in case.get("points", {})
    }
    assert low_high == {
        name: [int(p * 100) for p in span] for name, span in case.get("points", {}).items()
    }


def test_every_edition_has_worked_cases() -> None:
    assert {path.stem for path in POLICIES.glob("*.toml")} == {
        p.stem for p in FOLDER.glob("*.toml")
    }


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda p: p.stem)
def test_every_threshold_has_a_case_on_each_side(path: Path) -> None:
    """Each comparison with a number must be both met and unmet in some worked case."""
    policy = edition(path.stem)
    table = tomllib.loads((POLICIES / path.name).read_text(encoding="utf-8"), parse_float=Decimal)
    said: dict[str, set[str]] = {}
    for case in table["case"]:
        for code, verdict in case["gives"].items():
            said.setdefault(code, set()).add(verdict)
    bare = {
        c.code
        for c in policy.root.walk()
        if c.comparison
        and not c.advisory
        and not isinstance(c.comparison.threshold, bool | tuple)
        and not {"met", "unmet"} <= said.get(c.code, set())
    }
    assert bare == set()


def test_statements_have_a_column_type() -> None:
    types = {facts.column_type(name) for name in STATEMENTS}
    assert len(types) == 3
