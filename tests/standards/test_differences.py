"""Differences of two editions: none too few, none too many, with a direction that is true."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.utils.translation import override

from cultivation.standards import facts
from cultivation.standards.cases import read_cases
from cultivation.standards.differences import Direction, differences
from cultivation.standards.differences.directions import joined
from cultivation.standards.editions import CASES
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Amendment, Band, Case, Comparison, Criterion, Reach
from tests.standards import mutations
from tests.standards.mutations import CODES, edition, of_criterion
from tests.standards.seeds import LIBRARY

if TYPE_CHECKING:
    from cultivation.standards.policy import Policy

FAR = dt.date(2031, 1, 5)
LOOSER, STRICTER = Direction.LOOSER, Direction.STRICTER
NEITHER, UNCLEAR = Direction.NEITHER, Direction.UNCLEAR


@pytest.mark.parametrize("code", CODES)
def test_an_edition_does_not_differ_from_itself(code: str) -> None:
    said = edition(code)
    assert differences(said, replace(said, code="other", sha256="0")) == ()


def test_what_notices_and_annexes_add_is_told() -> None:
    for whole in LIBRARY.policies():
        assert differences(whole, replace(whole, code="other", sha256="0")) == ()
        if not whole.supplements:
            continue
        found = differences(edition(whole.code), whole)
        titles = [d.en for d in found if d.what == "supplement"]
        assert len(titles) == len(whole.supplements)
        added = {c.code for c in whole.root.walk()} - set(edition(whole.code).order)
        assert {d.code for d in found if d.what == "added"} == added


@pytest.mark.parametrize("name", mutations.CRITERIA)
def test_every_change_of_a_criterion_is_told(name: str) -> None:
    told = 0
    for number, code in enumerate(CODES):
        dice = random.Random(f"{name} {number}")
        changed = of_criterion(edition(code), name, dice)
        if changed is None or told > 1:
            continue
        for before, after in ((edition(code), changed), (changed, edition(code))):
            found = differences(before, after)
            assert found
            for difference in found:
                assert difference.zh
                assert difference.en
                assert difference.code
        told += 1
    assert told


@pytest.mark.parametrize("name", mutations.POLICIES)
def test_every_change_of_an_edition_is_told(name: str) -> None:
    before = edition("little_giant_2026")
    after = mutations.POLICIES[name](before)
    assert after is not None
    assert after != before
    assert differences(before, after)
    assert differences(after, before)


def test_a_single_change_is_told_once_and_the_rest_left_alone() -> None:
    before = edition("little_giant_2026")
    root = mutations.edited(
        before.root, "L26-2a", lambda c: replace(c, comparison=least(4000 * 10**6))
    )
    (found,) = differences(before, mutations.with_root(before, root))
    assert (found.what, found.code, found.direction) == ("threshold", "L26-2a", LOOSER)
    assert found.en == "threshold: at least CNY 50 million → at least CNY 40 million"
    assert "5,000 万元" in found.zh
    assert "4,000 万元" in found.zh
    assert found.clause == "附件2（二）"
    with override("en"):
        assert found.label == "Revenue of at least 50 million yuan"
    with override("zh-hans"):
        assert found.label == "上年度营业收入5000万元以上"


def test_differences_stand_in_the_order_of_the_later_edition() -> None:
    before = edition("srdi_2026")
    found = differences(edition("srdi_2022"), before)
    order = [d.code for d in found if d.what == "added"]
    assert order == [code for code in before.order if code in order]
    assert found[0].what == "title"


def test_a_criterion_with_another_code_is_the_same_criterion() -> None:
    found = differences(edition("srdi_2022"), edition("srdi_2026"))
    codes = {d.code: d.en for d in found if d.what == "code"}
    assert codes["E26-4a"] == "code: E22-3a → E26-4a"


def least(number: int | Fraction) -> Comparison:
    return Comparison("at_least", Fraction(number))


def leaf(code: str, **fields: Any) -> Criterion:
    made: dict[str, Any] = {"manual": True, **fields}
    return Criterion(code, code, code, **made)


DIRECTIONS: dict[str, tuple[str, dict[str, Any], dict[str, Any], Direction]] = {
    # a comparison of the first part of an `all` group
    "lower floor": ("all", {"c": least(5)}, {"c": least(4)}, LOOSER),
    "higher floor": ("all", {"c": least(5)}, {"c": least(6)}, STRICTER),
    "floor excluded": ("all", {"c": least(5)}, {"c": Comparison("above", Fraction(5))}, STRICTER),
    "lower, excluded": ("all", {"c": least(5)}, {"c": Comparison("above", Fraction(4))}, LOOSER),
    "higher ceiling": (
        "all", {"c": Comparison("at_most", Fraction(3))}, {"c": Comparison("at_most", Fraction(4))},
        LOOSER,
    ),
    "ceiling excluded": (
        "all", {"c": Comparison("at_most", Fraction(3))}, {"c": Comparison("below", Fraction(3))},
        STRICTER,
    ),
    "other way round": (
        "all", {"c": least(5)}, {"c": Comparison("at_most", Fraction(5))}, UNCLEAR,
    ),
    "more texts": (
        "all", {"c": Comparison("is", ("a",))}, {"c": Comparison("is", ("a", "b"))}, LOOSER,
    ),
    "other texts": (
        "all", {"c": Comparison("is", ("a",))}, {"c": Comparison("is", ("b",))}, UNCLEAR,
    ),
    "the opposite": ("all", {"c": Comparison("is", True)}, {"c": Comparison("is", False)}, UNCLEAR),
    # reach of a part
    "fewer kinds in all": ("all", {}, {"reach": Reach(("recheck",))}, LOOSER),
    "fewer kinds in any": ("any", {}, {"reach": Reach(("recheck",))}, STRICTER),
    "other units": (
        "all", {"reach": Reach(units=("44",))}, {"reach": Reach(units=("33",))}, UNCLEAR,
    ),
    "all but one unit": ("all", {}, {"reach": Reach(not_units=("44",))}, LOOSER),
    "until a day": ("all", {}, {"reach": Reach(until=dt.date(2027, 1, 1))}, LOOSER),
    "advice in all": ("all", {}, {"advisory": True}, LOOSER),
    "advice in any": ("any", {}, {"advisory": True}, STRICTER),
    "changed advice": (
        "all", {"advisory": True, "c": least(5)}, {"advisory": True, "c": least(9)}, NEITHER,
    ),
}  # fmt: skip


def standing(need: str, fields: dict[str, Any]) -> Policy:
    """Return an edition of two parts, the first with these fields."""
    made = dict(fields)
    comparison = made.pop("c", least(1))
    fact = not isinstance(comparison.threshold, Fraction)
    measured = edition("little_giant_2026")
    quantity = next(
        c.quantity
        for c in measured.root.walk()
        if c.quantity and c.quantity.shape == ("fact" if fact else "figure")
    )
    first = leaf("A", manual=False, quantity=quantity, comparison=comparison, **made)
    root = Criterion("R", "R", "R", need=need, parts=(first, leaf("B")))
    return replace(mutations.with_root(measured, root), counts=())


@pytest.mark.parametrize(("need", "old", "new", "direction"), DIRECTIONS.values(), ids=DIRECTIONS)
def test_direction_of_a_change(
    need: str, old: dict[str, Any], new: dict[str, Any], direction: Direction
) -> None:
    (found,) = differences(standing(need, old), standing(need, new))
    assert found.direction == direction
    (back,) = differences(standing(need, new), standing(need, old))
    opposite = {LOOSER: STRICTER, STRICTER: LOOSER}.get(direction, direction)
    assert back.direction == opposite


COUNTS = {
    "years": ({"years": 3}, {"years": 5}),
    "every year": ({"years": 3}, {"years": 0}),
    "to date": ({"years": 3}, {"years": 3, "to_date": True}),
    "expired too": ({"valid": True}, {}),
    "an alternative more": (
        {"where": ((("kind", Comparison("is", ("safety",))),),)},
        {
            "where": (
                (("kind", Comparison("is", ("safety",))),),
                (("kind", Comparison("is", ("tax",))),),
            )
        },
    ),
    "a property less": (
        {
            "where": (
                (("kind", Comparison("is", ("safety",))), ("weight", Comparison("is", ("x",)))),
            )
        },
        {"where": ((("kind", Comparison("is", ("safety",))),),)},
    ),
}


@pytest.mark.parametrize(("few", "many"), COUNTS.values(), ids=COUNTS)
def test_counting_more_is_looser_for_a_floor_and_stricter_for_a_ceiling(
    few: dict[str, Any], many: dict[str, Any]
) -> None:
    base = edition("little_giant_2026")
    plain = {"years": 0, "to_date": False, "valid": False, "where": ((),)}
    counted = {c.name: c for c in base.counts}
    rights, events = counted["class_one_own_rank3"], counted["events_2026"]

    def said(right: dict[str, Any], event: dict[str, Any]) -> Policy:
        counts = (replace(rights, **{**plain, **right}), replace(events, **{**plain, **event}))
        return replace(base, counts=(*counts, counted["national_award_top3"]))

    floor = differences(said({**few, "where": ((),)} if "where" in few else few, {}), said(
        {**many, "where": ((),)} if "where" in many else many, {}))  # fmt: skip
    if "where" not in few:
        assert [d.direction for d in floor] == [LOOSER]
    (ceiling,) = differences(said({}, few), said({}, many))
    assert ceiling.direction == STRICTER


AMENDED = {
    "a province asks for more": ((), (("44", 70),), STRICTER),
    "a province no longer asks for more": ((("44", 70),), (), LOOSER),
    "a province asks for still more": ((("44", 70),), (("44", 80),), STRICTER),
    "one province more": ((("44", 70),), (("44", 70), ("33", 65)), STRICTER),
    "one way fewer in a province": ((), (("44", None),), STRICTER),
    "another province": ((("44", 70),), (("33", 70),), UNCLEAR),
}


@pytest.mark.parametrize(("old", "new", "direction"), AMENDED.values(), ids=AMENDED)
def test_direction_of_an_amendment(
    old: tuple[tuple[str, int | None], ...],
    new: tuple[tuple[str, int | None], ...],
    direction: Direction,
) -> None:
    base = edition("srdi_2022")

    def said(rows: tuple[tuple[str, int | None], ...]) -> Policy:
        changes = [
            Amendment("S22-4s", Reach(units=(unit,)), line=least(line * 100))
            if line
            else Amendment("S22-4s", Reach(units=(unit,)), waived=True)
            for unit, line in rows
        ]
        return mutations.amended_by(base, *changes)

    found = differences(said(old), said(new), names={"44": "广东", "33": "浙江"})
    (only,) = found
    assert only.direction == direction
    assert only.code == "S22-4s"
    assert "广东" in only.zh or "浙江" in only.zh


def test_amendments_that_change_bands_points_and_places_are_told() -> None:
    base = edition("srdi_2022")
    before = mutations.amended_by(
        base,
        Amendment("S22-01", Reach(units=("44",)), bands=(Band(least(Fraction(1, 2)), 500),)),
        Amendment("S22-06c", Reach(units=("44",)), points=300),
    )
    after = mutations.amended_by(
        base,
        Amendment("S22-01", Reach(units=("44",)), bands=(Band(least(Fraction(2, 5)), 500),)),
        Amendment("S22-06c", Reach(units=("44",)), points=200),
    )
    found = {d.code: d.direction for d in differences(before, after)}
    assert found == {"S22-01": LOOSER, "S22-06c": STRICTER}
    swapped = mutations.amended_by(
        base, *(replace(a, of="S22-06c", points=n) for n, a in enumerate(before.amendments, 1))
    )
    turned = mutations.amended_by(base, *reversed(swapped.amendments))
    assert [d.direction for d in differences(swapped, turned)] == [UNCLEAR]


@cache
def firms(code: str) -> pl.DataFrame:
    """Return the firms of an edition's worked cases, each also with a fact or two changed."""
    said, dice = edition(code), random.Random(code)
    text = (CASES / f"{code}.toml").read_text(encoding="utf-8")
    rows = [case.facts for case in read_cases(text, policy=said, origin=code)]
    names = sorted(
        columns(said.root)
        | {"net_profit_y1", "net_profit_y2", "net_profit_y3"}
        | {n[:-1] + y for n in columns(said.root) if n[-3:-1] == "_y" for y in "123"}
    )
    made = []
    for row in rows:
        made.append({name: row.get(name) for name in names})
        for _ in range(5):
            other = dict(made[-1])
            for name in dice.sample(names, 3):
                value = other[name]
                if dice.random() < 0.3:
                    other[name] = None if not name.endswith("_low") else 0
                elif isinstance(value, bool):
                    other[name] = not value
                elif isinstance(value, int):
                    other[name] = value * dice.choice((0, 8, 9, 10, 11, 12, 30)) // 10
            made.append(other)
    types = {name: facts.column_type(name) for name in names}
    frame = pl.DataFrame(made, schema=types, orient="row")
    spans = {n[:-4] for n in names if n.endswith("_low")}
    return frame.with_columns(
        *(pl.max_horizontal(f"{s}_low", f"{s}_high").alias(f"{s}_high") for s in spans),
        net_profit_y1=pl.col("revenue_y1") // 9 if "revenue_y1" in names else None,
    )


def verdicts(said: Policy, case: Case, frame: pl.DataFrame) -> pl.Series:
    standard = said.standard(case)
    found = judge(frame, standard)[f"v:{standard.code}"].cast(pl.Int8)
    return found.replace(Verdict.UNKNOWN.value, Verdict.MANUAL.value)  # open, one way or another


TEXTS = {"label_zh", "label_en", "clause", "document", "note", "confidence", "names", "code"}


@pytest.mark.parametrize("name", sorted(mutations.CRITERIA.keys() - TEXTS))
def test_looser_takes_from_nobody_and_stricter_gives_to_nobody(name: str) -> None:
    cases = [
        Case(kind, day, path)
        for kind in ("recognition", "recheck")
        for day, path in ((dt.date(2026, 5, 6), "320500"), (FAR, "330100"))
    ]
    claimed = 0
    for number, code in enumerate(CODES):
        dice = random.Random(f"{name} {number} direction")
        after = of_criterion(edition(code), name, dice)
        if after is None:
            continue
        direction = joined(d.direction for d in differences(edition(code), after))
        if direction == UNCLEAR or claimed > 2:
            continue
        claimed += 1
        for case in cases:
            old, new = (verdicts(said, case, firms(code)) for said in (edition(code), after))
            change = new - old
            lost, won = (change < 0).sum(), (change > 0).sum()
            assert not (lost and direction != STRICTER), (code, direction, case)
            assert not (won and direction != LOOSER), (code, direction, case)
    assert claimed or name in {"manual", "since", "until", "units", "new line"}
