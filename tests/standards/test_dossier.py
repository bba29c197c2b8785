"""The seeds against the dossier: every criterion as it was read there, line by line.

`dossier.txt` was checked by hand against the tables of the dossier; whoever changes a threshold, an
edge, a period or a route of the seeds must change it there as well, and say by which document.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cultivation.standards.indicators import SCALE
from cultivation.standards.library import Library
from cultivation.standards.loading import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from cultivation.standards.policy import (
        Amendment,
        Comparison,
        Count,
        Criterion,
        Policy,
        Quantity,
        Reach,
    )

POLICIES = {policy.code: policy for policy in Library.of_folder(FOLDER).policies()}
DOSSIER = Path(__file__).with_name("dossier.txt").read_text(encoding="utf-8")
SIGNS = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}


def dossier() -> dict[str, list[str]]:
    """Return the lines of the dossier by edition."""
    found: dict[str, list[str]] = {}
    for line in DOSSIER.splitlines():
        if line.startswith("# "):
            continue
        if line.startswith("[") and line.endswith("]"):
            lines = found.setdefault(line.strip("[]"), [])
        elif line:
            lines.append(line)
    return found


def number(value: Fraction, unit: str) -> str:
    return f"{float(value / SCALE[unit]):g}"


def bound(comparison: Comparison, unit: str) -> str:
    threshold = comparison.threshold
    if isinstance(threshold, bool):
        return "yes" if threshold else "no"
    if isinstance(threshold, tuple):
        return "|".join(threshold)
    return f"{SIGNS[comparison.order]} {number(threshold, unit)}"


def subject(quantity: Quantity) -> str:
    name = "/".join(quantity.names)
    if quantity.shape in {"figure", "ratio"}:
        years = "+".join(f"Y{year}" if year else "CUR" for year in quantity.years)
        return f"{quantity.over} {name} {years}".strip()
    return f"{quantity.shape} {name}"


def where(reach: Reach) -> Iterator[str]:
    yield from reach.kinds
    if reach.units:
        yield f"in {'+'.join(reach.units)}"
    if reach.since:
        yield f"{reach.since}..{reach.until or ''}"


def of_criterion(criterion: Criterion) -> str:
    said = [criterion.code, "="]
    if criterion.need:
        said += [criterion.need, *(part.code for part in criterion.parts)]
    if criterion.manual:
        said.append("judged")
    quantity = criterion.quantity
    if quantity:
        said.append(subject(quantity))
        bands = [(b.comparison, b.points) for b in criterion.bands]
        said += [f"{bound(edge, quantity.unit)}: {points / 100:g}," for edge, points in bands]
        if bands:
            said.append(f"else {criterion.otherwise / 100:g}")
        if criterion.comparison:
            said.append(bound(criterion.comparison, quantity.unit))
    if criterion.points is not None:
        said.append(f"gives {criterion.points / 100:g}")
    if criterion.cap is not None:
        said.append(f"cap {criterion.cap / 100:g}")
    if criterion.line:
        said.append(f"line {bound(criterion.line, 'points')}")
    said += where(criterion.reach)
    said += ["advice"] * criterion.advisory
    said += [criterion.source.confidence] * (criterion.source.confidence != "H")
    return " ".join(said)


def of_amendment(amendment: Amendment) -> str:
    said = ["amends", amendment.of, "waived" if amendment.waived else ""]
    if amendment.line:
        said.append(f"line {bound(amendment.line, 'points')}")
    return " ".join([*filter(None, said), *where(amendment.reach)])


def of_count(count: Count) -> str:
    units = {"shares_given": "share"}
    alternatives = [
        " & ".join(f"{name} {bound(asked, units.get(name, 'number'))}" for name, asked in way)
        for way in count.where
    ]
    said = [f"count {count.name}: {count.of}", " or ".join(alternatives)]
    said += [f"sum of {count.amount}"] * bool(count.amount)
    said += [f"{count.years} years"] * bool(count.years) + ["to date"] * count.to_date
    said += ["valid"] * count.valid + [f"if {count.complete}"] * bool(count.complete)
    return ", ".join(filter(None, said))


def reading(policy: Policy) -> list[str]:
    return [
        *map(of_criterion, policy.root.walk()),
        *map(of_amendment, policy.amendments),
        *map(of_count, policy.counts),
    ]


@pytest.mark.parametrize("code", sorted(POLICIES))
def test_every_line_of_the_seeds_stands_in_the_dossier(code: str) -> None:
    assert reading(POLICIES[code]) == dossier()[code]


def test_the_dossier_names_no_other_edition() -> None:
    assert set(dossier()) == set(POLICIES)


@pytest.mark.parametrize("code", sorted(POLICIES))
def test_what_is_not_sure_is_advice_or_says_why_it_decides(code: str) -> None:
    policy = POLICIES[code]
    for criterion in policy.root.walk():
        assert criterion.source.verified == (criterion.source.confidence == "H")
        assert criterion.source.verified or criterion.advisory or criterion.source.note
        assert criterion.source.clause
    for amendment in policy.amendments:
        assert amendment.source.confidence == "H"
        assert amendment.source.document
    for period in policy.periods:
        assert period.document
        assert period.confidence == "H" or period.note
