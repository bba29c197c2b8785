"""Which edition a case is judged by: the whole selection table, edges of days, units, conflicts."""

from __future__ import annotations

import datetime as dt

import pytest

from cultivation.standards.choosing import chosen, period_of, refuse_conflicts, spread
from cultivation.standards.composing import Text
from cultivation.standards.library import Library
from cultivation.standards.loading import FOLDER
from cultivation.standards.policy import KINDS, Case, Policy, PolicyError

POLICIES = Library.of_folder(FOLDER).policies()
ENDLESS = "2099-12-31"
JIANGSU, SHANXI, TIANJIN, HUBEI = "320500", "140400", "120100", "420100"

# tier, kind, region, then the first days of what holds from then on; "" is nothing
TABLE = [
    ("technology", "recognition", JIANGSU, {"2017-05-02": "", "2017-05-03": "technology_2017"}),
    ("technology", "recheck", JIANGSU, {"2017-05-02": "", "2017-05-03": "technology_2017"}),
    ("innovative", "recognition", JIANGSU, {"2022-07-31": "", "2022-08-01": "innovative_2022"}),
    ("innovative", "recheck", JIANGSU, {"2022-07-31": "", "2022-08-01": "innovative_2022"}),
    (
        *("srdi", "recognition", JIANGSU),
        {"2022-07-31": "", "2022-08-01": "srdi_2022", "2026-04-01": "srdi_2026"},
    ),
    (
        *("srdi", "recheck", JIANGSU),
        {"2022-07-31": "", "2022-08-01": "srdi_2022", "2026-04-01": "srdi_2026"},
    ),
    (
        *("little_giant", "recognition", JIANGSU),
        {"2022-06-14": "", "2022-06-15": "little_giant_2022", "2026-04-01": "little_giant_2026"},
    ),
    (
        *("little_giant", "recheck", JIANGSU),
        {"2022-06-14": "", "2022-06-15": "little_giant_2022", "2027-01-01": "little_giant_2026"},
    ),
    # Provinces: Tianjin a little sooner, the round of Shanxi a little longer, Hubei as all
    ("srdi", "recheck", TIANJIN, {"2022-08-01": "srdi_2022", "2026-03-05": "srdi_2026"}),
    ("srdi", "recognition", TIANJIN, {"2022-08-01": "srdi_2022", "2026-04-01": "srdi_2026"}),
    ("srdi", "recheck", SHANXI, {"2022-08-01": "srdi_2022", "2026-04-16": "srdi_2026"}),
    ("srdi", "recognition", SHANXI, {"2022-08-01": "srdi_2022", "2026-04-01": "srdi_2026"}),
    ("srdi", "recheck", HUBEI, {"2022-08-01": "srdi_2022", "2026-04-01": "srdi_2026"}),
    ("srdi", "recheck", "", {"2022-08-01": "srdi_2022", "2026-04-01": "srdi_2026"}),
]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def code_of(policy: Policy | None) -> str:
    return policy.code if policy else ""


@pytest.mark.parametrize(("tier", "kind", "path", "turns"), TABLE)
def test_the_edition_is_chosen_by_tier_kind_day_and_unit(
    tier: str, kind: str, path: str, turns: dict[str, str]
) -> None:
    firsts = [day(first) for first in turns]
    ends = [*(first - dt.timedelta(days=1) for first in firsts[1:]), day(ENDLESS)]
    found = {
        on: code_of(chosen(POLICIES, tier=tier, kind=kind, on=on, path=path))
        for on in [*firsts, *ends]
    }
    codes = dict(zip([*firsts, *ends], [*turns.values(), *turns.values()], strict=True))
    assert found == codes


def test_a_notice_names_the_edition_before_the_edition_names_itself() -> None:
    case = {"kind": "recheck", "on": day("2026-05-01")}
    claims = {p.code: period for p in POLICIES if (period := period_of(p, **case))}
    little_giants = {code: claims[code] for code in claims if code.startswith("little_giant")}
    assert set(little_giants) == {"little_giant_2022", "little_giant_2026"}
    notice = little_giants["little_giant_2022"]
    assert (notice.overlay, notice.document) == (
        "little_giant_2022_notice_2026",
        "工信厅企业函〔2026〕117号",
    )
    assert little_giants["little_giant_2026"].overlay == ""


def test_where_units_go_by_two_editions_each_covers_its_own() -> None:
    found = spread(POLICIES, tier="srdi", kind="recheck", on=day("2026-04-10"))
    covers = {
        path: [
            policy.code
            for policy in found
            if policy.root.reach.covers(Case("recheck", day("2026-04-10"), path))
        ]
        for path in (SHANXI, TIANJIN, JIANGSU, "SZ03", "")
    }
    assert covers == {
        SHANXI: ["srdi_2022"],
        TIANJIN: ["srdi_2026"],
        JIANGSU: ["srdi_2026"],
        "SZ03": ["srdi_2026"],
        "": ["srdi_2026"],
    }
    assert {"14"} <= found[0].units & found[1].units
    (alone,) = spread(POLICIES, tier="srdi", kind="recheck", on=day("2026-05-01"))
    assert alone is next(policy for policy in POLICIES if policy.code == "srdi_2026")


EDITION = """
tier = "srdi"
title_zh = "标准"
title_en = "Standard"
in_force = 2026-01-01
{head}
{periods}
[[criterion]]
code = "A"
label_zh = "收入"
label_en = "Revenue"
figure = "revenue"
at_least = 1000
"""
PERIOD = """
[[period]]
kinds = ["recognition"]
since = {since}
{more}
"""


def library(**heads: str) -> Library:
    """Return a library of small editions: name, header; days and units in a line each."""
    bases = {}
    for code, said in heads.items():
        head, _, periods = said.partition("|")
        bases[code] = Text.of(code, EDITION.format(head=head, periods=periods))
    return Library(bases, {})


def period(since: str, more: str = "") -> str:
    return PERIOD.format(since=since, more=more)


def test_two_editions_for_one_case_are_refused_with_both_names() -> None:
    whole = library(a="|" + period("2026-01-01"), b="|" + period("2027-01-01"))
    with pytest.raises(PolicyError) as refused:
        whole.check()
    assert str(refused.value) == (
        "b.toml: period: it claims recognition on 2027-01-01, and so does a.toml; "
        'end one of the periods before, or state supersedes = "a"'
    )


def test_two_editions_may_share_the_days_if_not_the_units() -> None:
    a = "|" + period("2026-01-01", 'not_units = ["44"]')
    library(a=a, b="|" + period("2026-01-01", 'units = ["44"]')).check()
    with pytest.raises(PolicyError, match=r"on 2026-01-01 in unit 33, and so does a\.toml"):
        library(a=a, b="|" + period("2026-01-01", 'units = ["33", "44"]')).check()


@pytest.mark.parametrize(
    ("on", "path", "code"),
    [("2026-05-31", "44", "a"), ("2026-06-01", "44", "c"), ("2026-06-01", "33", "b")],
)
def test_an_edition_wins_over_those_it_supersedes_on_its_days(
    on: str, path: str, code: str
) -> None:
    whole = library(
        a="|" + period("2026-01-01"),
        b='supersedes = "a"|' + period("2026-06-01"),
        c='supersedes = "b"|' + period("2026-06-01", 'units = ["44"]'),
    )
    whole.check()
    found = chosen(whole.policies(), tier="srdi", kind="recognition", on=day(on), path=path)
    assert code_of(found) == code


def test_one_superseded_at_one_remove_does_not_claim() -> None:
    whole = library(
        a="|" + period("2026-01-01"),
        b='supersedes = "a"|' + period("2026-01-01", "until = 2026-06-30"),
        c='supersedes = "b"|' + period("2026-09-01"),
    )
    whole.check()
    codes = [
        code_of(chosen(whole.policies(), tier="srdi", kind="recognition", on=day(on)))
        for on in ("2026-06-30", "2026-07-01", "2026-09-01")
    ]
    assert codes == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ('supersedes = "z"', "b.toml: header: supersedes 'z', which is not there; name one of a"),
        (
            'supersedes = "c"',
            "b.toml: header: supersedes 'c', which supersedes it in turn; drop one of the two",
        ),
    ],
)
def test_superseding_what_is_not_there_or_in_a_circle_is_refused(head: str, complaint: str) -> None:
    whole = library(
        a="|" + period("2026-01-01", "until = 2026-01-31"),
        b=f"{head}|" + period("2027-01-01", "until = 2027-01-31"),
        c='supersedes = "b"|' + period("2028-01-01"),
    )
    with pytest.raises(PolicyError) as refused:
        whole.check()
    assert str(refused.value).startswith(complaint)


def test_superseding_another_tier_is_refused() -> None:
    whole = library(a="|" + period("2026-01-01"), b='supersedes = "a"|' + period("2026-01-01"))
    other = Text.of("b", whole.bases["b"].toml.replace('"srdi"', '"innovative"'))
    with pytest.raises(PolicyError, match="of another tier; name one of innovative"):
        Library({**whole.bases, "b": other}, {}).check()


def test_the_seeds_leave_no_case_to_chance() -> None:
    refuse_conflicts(POLICIES)
    days = {"2026-03-23", "2026-03-31", "2026-04-01", "2026-04-15", "2026-12-31", "2027-01-01"}
    for tier in ("technology", "innovative", "srdi", "little_giant"):
        for kind in KINDS:
            for on in days:
                found = spread(POLICIES, tier=tier, kind=kind, on=day(on))
                units = ("11", "12", "14", "42", "SZ", "")
                cases = [Case(kind, day(on), unit) for unit in units]
                counts = [sum(p.root.reach.covers(case) for p in found) for case in cases]
                assert counts == [1] * len(units)
