"""The language of standards: real files bent in every way are refused, with place and mend."""

from __future__ import annotations

import copy
import datetime as dt
import random
import re
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cultivation.standards import facts
from cultivation.standards.counting import COUNT
from cultivation.standards.criteria import ANY_CRITERION, NEEDS, OF_A_GROUP, OF_A_LEAF
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.library import OVERLAYS, Library
from cultivation.standards.loading import FOLDER
from cultivation.standards.measures import MEASURES
from cultivation.standards.parts import REACH
from cultivation.standards.policy import KINDS, Case, PolicyError
from cultivation.standards.quantities import COMPARISONS, SUBJECTS
from cultivation.standards.reading import (
    SORTS,
    TABLES,
    TITLES,
    policy_of_table,
    read_policy,
    read_supplement,
    supplement_of_table,
)

if TYPE_CHECKING:
    from cultivation.standards.policy import Policy

LIBRARY = Library.of_folder(FOLDER)
TEXTS = {**LIBRARY.bases, **LIBRARY.overlays}
BENT = tomllib.loads(Path(__file__).with_name("bent.toml").read_text(encoding="utf-8"))["bent"]
LONG = [  # too long to be written out
    ("at_least = 5000", f"at_least = {'9' * 5000}", "not TOML: "),
    ('tier = "little_giant"', f"tier = {'[' * 50_000}", "not TOML: "),
    ('title_zh = "', f'title_zh = "{"长" * 200}', "header: title_zh has 2"),
]
BENT += [
    {"file": "little_giant_2026", "finds": finds, "puts": puts, "says": says, "what": says}
    for finds, puts, says in LONG
]


def text_of(code: str) -> str:
    return TEXTS[code].toml


@cache
def base_of(code: str) -> Policy:
    base = str(tomllib.loads(text_of(code))["amends"])
    return read_policy(text_of(base), code=base)


def read(code: str, text: str) -> None:
    if code in LIBRARY.bases:
        read_policy(text, code=code)
    else:
        read_supplement(text, code=code, base=base_of(code))


@pytest.mark.parametrize("bent", BENT, ids=lambda bent: bent["what"])
def test_a_bent_file_is_refused_with_place_and_mend(bent: dict[str, str]) -> None:
    code, text = bent["file"], text_of(bent["file"])
    assert bent["finds"] in text
    with pytest.raises(PolicyError) as refused:
        read(code, text.replace(bent["finds"], bent["puts"], 1))
    said = str(refused.value)
    folder = "" if code in LIBRARY.bases else f"{OVERLAYS}/"
    assert said.startswith(f"{folder}{code}.toml: {bent['says']}")
    assert not said.rpartition("; ")[2].startswith(code)  # the mend is there, after the fault
    assert "; " in said


ODD: list[Any] = [
    *(None, True, False, 0, -1, 7, 10**30, "", "x", "A" * 300, "L26", "每"),
    *(Decimal("0.5"), Decimal("-1e-9"), Decimal("1e40"), Decimal("NaN"), Decimal("-Infinity")),
    *(dt.date(2026, 4, 1), dt.datetime(2026, 4, 1, 8), dt.time(8)),  # noqa: DTZ001 - as TOML has them
    *([], [1, 2], ["recheck"], ["44"], [[]], [{}], {}, {"at_least": 3}, {"x": []}),
]


def test_the_guide_names_every_key() -> None:
    guide = (FOLDER / "LANGUAGE.md").read_text(encoding="utf-8")
    keys = {
        *(*TITLES, *TABLES, *REACH, *ANY_CRITERION, *OF_A_GROUP, *OF_A_LEAF, *SUBJECTS),
        *(*COMPARISONS, *COUNT, *SORTS, *NEEDS, *MEASURES),
        *("tier", "keep_overlays", "amends", "of", "waived"),
    }
    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", guide)) == []


NAMES = ("code", "at_most", "need", "points", "bands", "units", "x")


def nodes(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all that a file holds."""
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in inner:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += nodes(value, (*path, key))
    return found


def bend(table: dict[str, Any], choice: random.Random) -> None:
    """Delete, double, swap or alter something somewhere."""
    path = choice.choice(nodes(table))
    holder: Any = table
    for key in path[:-1]:
        holder = holder[key]
    key, how = path[-1], choice.randrange(5)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif how == 1:
        holder[choice.choice(["code", "at_most", "need", "points", "bands", "units", "x"])] = (
            holder[key]
        )
    elif how == 2 and isinstance(holder, list):
        choice.shuffle(holder)
    elif how == 2:
        other = choice.choice(list(holder))
        holder[key], holder[other] = holder[other], holder[key]
    else:
        holder[key] = copy.deepcopy(choice.choice(ODD))


def taken(code: str, table: dict[str, Any]) -> Policy | None:
    """Read a table; what is said of one that is refused begins with its name."""
    try:
        if code in LIBRARY.bases:
            return policy_of_table(table, code=code, origin=code)
        supplement_of_table(table, code=code, base=base_of(code), origin=code)
    except PolicyError as error:
        said = str(error)
    else:
        said = f"{code}: "
    assert said.startswith(f"{code}: ")
    return None


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.randoms(use_true_random=False))
def test_whatever_a_file_holds_it_is_read_or_refused(code: str, choice: random.Random) -> None:
    table = tomllib.loads(text_of(code), parse_float=Decimal)
    for _ in range(choice.randint(1, 3)):
        bend(table, choice)
    taken(code, table)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_read_can_be_judged(seed: int) -> None:
    choice = random.Random(seed)
    policy = None
    while policy is None:
        code = choice.choice(sorted(LIBRARY.bases))
        table = tomllib.loads(text_of(code), parse_float=Decimal)
        for _ in range(2):
            bend(table, choice)
        policy = taken(code, table)
    row = dict.fromkeys(sorted(columns(policy.root))) | {"enterprise": 1, "region_path": "320500"}
    standard = policy.standard(Case(choice.choice(KINDS), dt.date(2026, 5, 1), "320500"))
    judged = judge(facts.from_row(row), standard)
    assert 0 <= judged[f"v:{standard.code}"][0] <= 3


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_whatever_a_text_says_it_is_read_or_refused(code: str, data: st.DataObject) -> None:
    """Lines and characters lost, doubled or strayed."""
    text = text_of(code)
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.sampled_from([0, 1, 5, 60]))
    strays = st.sampled_from(["[[", '"', "\n[", " = ", "\x00", "'''"])
    bent = text[:at] + data.draw(st.text(max_size=4) | strays) + text[at + length :]
    try:
        read(code, bent)
    except PolicyError as error:
        said = str(error)
    else:
        said = f"{code}.toml: "
    assert f"{code}.toml: " in said
