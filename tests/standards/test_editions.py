from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from cultivation.standards import editions
from cultivation.standards.editions import FOLDER, NoEditionError, edition_for, in_force
from cultivation.standards.models import Assessment, Edition, JudgingRun, Snapshot
from cultivation.standards.policy import Case, PolicyError
from cultivation.standards.reading import read_policy
from enterprises.registry.models import Title

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from enterprises.registry.models import Enterprise

SMALL = """
tier = "srdi"
title_zh = "标准"
title_en = "Standard"
document = "文号"
in_force = 2026-01-01

[[criterion]]
code = "A"
label_zh = "全部"
label_en = "All"
need = "all"

[[criterion]]
code = "A1"
part_of = "A"
label_zh = "收入"
label_en = "Revenue"
figure = "revenue"
at_least = 1000
"""


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("tier", "kind", "on", "code"),
    [
        ("technology", "recognition", "2017-05-03", "technology_2017"),
        ("technology", "recheck", "2026-07-01", "technology_2017"),
        ("innovative", "recognition", "2022-08-01", "innovative_2022"),
        ("innovative", "recognition", "2026-03-31", "innovative_2022"),
        ("innovative", "recheck", "2026-04-01", "innovative_2022"),
        ("srdi", "recognition", "2022-08-01", "srdi_2022"),
        ("srdi", "recognition", "2026-03-31", "srdi_2022"),
        ("srdi", "recheck", "2026-03-31", "srdi_2022"),
        ("srdi", "recognition", "2026-04-01", "srdi_2026"),
        ("srdi", "recheck", "2026-04-01", "srdi_2026"),
        ("little_giant", "recognition", "2022-06-15", "little_giant_2022"),
        ("little_giant", "recognition", "2025-06-01", "little_giant_2022"),
        ("little_giant", "recognition", "2026-03-31", "little_giant_2022"),
        ("little_giant", "recognition", "2026-04-01", "little_giant_2026"),
        ("little_giant", "recheck", "2026-04-01", "little_giant_2022"),
        ("little_giant", "recheck", "2026-12-31", "little_giant_2022"),
        ("little_giant", "recheck", "2027-01-01", "little_giant_2026"),
        ("little_giant", "recognition", "2027-05-01", "little_giant_2026"),
    ],
)
def test_edition_for_follows_the_days(
    loaded: list[Edition], tier: str, kind: str, on: str, code: str
) -> None:
    assert edition_for(tier, kind=kind, on=day(on), path="320500").code == code


@pytest.mark.parametrize(
    ("tier", "on"),
    [("srdi", "2022-07-31"), ("innovative", "2022-07-31"), ("technology", "2017-05-02")],
)
def test_edition_for_refuses_a_day_before_the_first(
    loaded: list[Edition], tier: str, on: str
) -> None:
    with pytest.raises(NoEditionError):
        edition_for(tier, kind="recognition", on=day(on), path="")


def test_in_force_names_both_kinds_where_they_differ(loaded: list[Edition]) -> None:
    found = [(edition.code, kind) for edition, _, kind in in_force(day("2026-05-06"))]
    assert found == [
        ("technology_2017", "recognition"),
        ("innovative_2022", "recognition"),
        ("srdi_2026", "recognition"),
        ("srdi_2026", "recheck"),
        ("little_giant_2026", "recognition"),
        ("little_giant_2022", "recheck"),
    ]


def test_load_all_twice_changes_nothing(loaded: list[Edition]) -> None:
    before = list(Edition.objects.values_list("pk", "sha256", "loaded_at"))
    assert editions.load_all() == loaded
    assert list(Edition.objects.values_list("pk", "sha256", "loaded_at")) == before
    assert len(before) == len(list(FOLDER.glob("*.toml"))) == 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "srdi_2026.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "srdi_2026.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_a_changed_file_replaces_an_edition_nobody_used(db: None, folder: Path) -> None:
    (first,) = editions.load_all(folder)
    change(folder, "at_least = 1000", "at_least = 1500")
    (second,) = editions.load_all(folder)
    assert second.pk == first.pk
    assert second.sha256 != first.sha256
    assert "1500" in Edition.objects.get().text


@pytest.mark.parametrize("use", ["assessment", "title"])
def test_a_changed_file_of_a_used_edition_is_refused(
    db: None, folder: Path, firm: Callable[..., Enterprise], use: str
) -> None:
    (edition,) = editions.load_all(folder)
    if use == "title":
        Title.objects.create(
            enterprise=firm(), tier="srdi", number="1", year=2026, edition_code=edition.code,
            granted_on=day("2026-05-01"), valid_to=day("2029-04-30"),
        )  # fmt: skip
    else:
        snapshot = Snapshot.objects.create(sha256="0", as_of=day("2026-05-01"), rows=1, columns=1)
        run = JudgingRun.objects.create(snapshot=snapshot, as_of=day("2026-05-01"))
        Assessment.objects.create(
            enterprise=firm(),
            edition=edition,
            verdict=0,
            verdicts="00",
            unmet=1,
            unknown=0,
            run=run,
        )
    change(folder, "at_least = 1000", "at_least = 1500")
    with pytest.raises(PolicyError, match="already used"):
        editions.load_all(folder)
    assert "1500" not in Edition.objects.get().text


def test_two_meanings_of_one_count_are_refused(db: None, folder: Path) -> None:
    count = '\n[[count]]\nname = "x"\nof = "award"\nlabel_zh = "甲"\nlabel_en = "A"\nyears = {}\n'
    (folder / "a.toml").write_text(SMALL + count.format(1), encoding="utf-8")
    (folder / "b.toml").write_text(SMALL + count.format(2), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"b\.toml: count x"):
        editions.load_all(folder)


REFUSALS = {
    "not TOML": ("need = ", "need ", "not TOML"),
    "unknown tier": ('"srdi"', '"sedri"', "header: unknown tier 'sedri'; use one of"),
    "no date": ("2026-01-01", '"2026-01-01"', "header: 'in_force' is missing or not a date"),
    "unknown key": ("at_least", "at_lest", "A1: unknown key 'at_lest'; write 'at_least'"),
    "unknown figure": ('"revenue"', '"revenu"', "A1: unknown name 'revenu'; write 'revenue'"),
    "no comparison": ("at_least = 1000", "", "A1: 0 comparisons stated"),
    "two comparisons": ("at_least = 1000", "at_least = 1\nabove = 2", "A1: 2 comparisons stated"),
    "no number": ("= 1000", '= "1000"', "A1: '1000' is not a number"),
    "no quantity": ('figure = "revenue"', "", "A1: 0 quantities stated"),
    "two quantities": (
        'figure = "revenue"', 'figure = "revenue"\ngrowth = "revenue"', "A1: 2 quantities stated",
    ),
    "group without need": ('need = "all"', "", "A: a group lacks need"),
    "group with a figure": ('need = "all"', 'need = "all"\nat_least = 3', "A: a group states"),
    "part of nothing": ('part_of = "A"', 'part_of = "B"', "A1: part_of 'B' does not exist"),
    "two roots": ('part_of = "A"', "", "2 criteria stand alone"),
    "code twice": ('"A1"', '"A"', "A: the code stands twice"),
    "years without a fold": ('"revenue"', '"revenue"\nyears = [1, 2]', "[1, 2] with over"),
    "year too far back": ('"revenue"', '"revenue"\nyears = [7]', "A1: years [7]"),
    "silent memory": (
        'label_en = "Revenue"', 'label_en = "Revenue"\nconfidence = "L"', "passes as verified",
    ),
    "silent hard rule": (
        'label_en = "Revenue"',
        'label_en = "Revenue"\nconfidence = "M"\nverified = false',
        "A1: an unverified criterion would decide silently",
    ),
    "line without points": (
        "at_least = 1000", "at_least = 1\npoints_at_least = 2", "a comparison states 'points_at_",
    ),
    "a city as unit": ('part_of = "A"', 'part_of = "A"\nunits = ["4401"]', "A1: units"),
    "unknown kind": ('part_of = "A"', 'part_of = "A"\nkinds = ["renewal"]', "A1: kinds"),
    "band below none": (
        "at_least = 1000",
        "otherwise = 5\nbands = [{ at_least = 1, points = 2 }]",
        "less than none",
    ),
    "sum of what gives no points": ('need = "all"', 'need = "sum"', "part A1 gives no points"),
    "amends nothing": (
        "in_force = 2026-01-01",
        'in_force = 2026-01-01\n[[amendment]]\nof = "Z"\nwaived = true',
        "amendment of Z: there is no such criterion",
    ),
    "amendment without change": (
        "in_force = 2026-01-01",
        'in_force = 2026-01-01\n[[amendment]]\nof = "A1"',
        "amendment of A1: it changes nothing",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), REFUSALS.values(), ids=REFUSALS)
def test_reading_refuses_and_names_file_criterion_and_mend(
    old: str, new: str, complaint: str
) -> None:
    assert old in SMALL
    with pytest.raises(PolicyError) as refused:
        read_policy(SMALL.replace(old, new), code="small")
    said = str(refused.value)
    assert said.startswith("small.toml: ")
    assert complaint in said
    assert "; " in said


def test_every_unverified_rule_of_the_seeds_says_so() -> None:
    for path in FOLDER.glob("*.toml"):
        policy = read_policy(path.read_text(encoding="utf-8"), code=path.stem)
        for criterion in policy.root.walk():
            source = criterion.source
            assert source.verified == (source.confidence == "H")
            assert source.verified or criterion.advisory or source.note
            assert criterion.label_zh
            assert criterion.label_en


def test_an_amendment_changes_the_line_of_its_province_and_time_only(loaded: list[Edition]) -> None:
    policy = editions.policy(Edition.objects.get(code="srdi_2022"))

    def line(path: str, on: str) -> int:
        standard = policy.standard(Case("recognition", day(on), path))
        (score,) = [c for c in standard.walk() if c.code == "S22-4s"]
        assert score.line is not None
        return int(score.line.threshold)

    assert line("440100", "2024-01-01") == 7000
    assert line("440100", "2023-12-31") == 6000
    assert line("SZ03", "2024-01-01") == 6000
    assert line("320500", "2024-01-01") == 6000
