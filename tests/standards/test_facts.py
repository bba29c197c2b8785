"""The facts frame: what is missing, what is nought, what is valid on a day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from cultivation.standards import facts
from cultivation.standards.tables import read
from enterprises.places.models import Industry, ProductDomain
from enterprises.registry import triggers
from enterprises.registry.models import (
    Award,
    Certificate,
    EquityRound,
    Honour,
    IntellectualProperty,
    MajorEvent,
    RdInstitution,
    StandardPart,
    Tier,
    Title,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl
    from django.db.models import Model, QuerySet
    from pytest_django import DjangoAssertNumQueries

    from cultivation.standards.models import Edition
    from enterprises.registry.models import Enterprise

ON = dt.date(2026, 5, 6)
pytestmark = pytest.mark.usefixtures("loaded")


def right(enterprise: Enterprise, number: str = "1", **changes: Any) -> IntellectualProperty:
    fields: dict[str, Any] = {
        "kind": "invention", "ip_class": 1, "obtained": "own", "related": True, "applied": True,
        "benefit": True, "granted_on": dt.date(2020, 1, 1), "number": number,
    }  # fmt: skip
    return IntellectualProperty.objects.create(enterprise=enterprise, **{**fields, **changes})


def facts_of(enterprise_id: int, *, as_of: dt.date) -> facts.Row:
    """Return the facts of one enterprise, which must be its row of the frame."""
    row = facts.row(enterprise_id, as_of=as_of)
    (of_frame,) = facts.frame([enterprise_id], as_of=as_of).rows(named=True)
    assert list(row.items()) == list(of_frame.items())
    return row


def counted(enterprise: Enterprise, name: str, on: dt.date = ON) -> tuple[Any, Any]:
    row = facts_of(enterprise.pk, as_of=on)
    return row[f"{name}_low"], row[f"{name}_high"]


def test_years_count_back_from_the_day(firm: Callable[..., Enterprise]) -> None:
    years = {year: {"revenue": year * 100, "quality_score": year} for year in range(2021, 2027)}
    row = facts_of(firm(reports=years).pk, as_of=ON)
    assert [row[f"revenue_y{back}"] for back in (0, 1, 2, 3)] == [202600, 202500, 202400, 202300]
    assert row["quality_score_y0"] == 2026


def test_a_missing_figure_is_null_and_nought_is_nought(firm: Callable[..., Enterprise]) -> None:
    row = facts_of(firm(reports={2025: {"revenue": 0}}).pk, as_of=ON)
    assert (row["revenue_y1"], row["rd_expense_y1"], row["revenue_y2"]) == (0, None, None)


def test_statements_are_true_false_or_missing(firm: Callable[..., Enterprise]) -> None:
    row = facts_of(firm(own_brand=True, obeys_laws=False).pk, as_of=ON)
    assert (row["own_brand"], row["obeys_laws"], row["truth_declared"]) == (True, False, None)


@pytest.mark.parametrize(
    ("size", "is_sme"),
    [("large", False), ("medium", True), ("small", True), ("micro", True), ("unknown", None)],
)
def test_size_class_says_whether_it_is_an_sme(
    firm: Callable[..., Enterprise], size: str, is_sme: bool | None
) -> None:
    row = facts_of(firm(size_class=size).pk, as_of=ON)
    assert (row["is_sme"], row["size_class"]) == (is_sme, size)


@pytest.mark.parametrize(
    ("since", "years"),
    [
        (dt.date(2023, 1, 1), 3),  # 2023, 2024 and 2025 whole
        (dt.date(2023, 1, 2), 2),
        (dt.date(2022, 12, 31), 3),
        (dt.date(2025, 12, 31), 0),
        (dt.date(2026, 2, 1), 0),
        (None, None),
    ],
)
def test_niche_years_are_full_years_at_the_end_of_last_year(
    firm: Callable[..., Enterprise], since: dt.date | None, years: int | None
) -> None:
    assert facts_of(firm(niche_since=since).pk, as_of=ON)["niche_years"] == years


def test_fields_of_the_product_and_industry(firm: Callable[..., Enterprise]) -> None:
    base = ProductDomain.objects.create(scheme="six_bases", code="b", name_zh="基")
    field = ProductDomain.objects.create(scheme="strategic", code="s", name_zh="新")
    section = Industry.objects.create(code="35", section="C", name_zh="业")
    told = facts_of(firm(product_domain=base, strategic_field=field, industry=section).pk, as_of=ON)
    silent = facts_of(firm().pk, as_of=ON)
    names = ("domain_scheme", "strategic_stated", "industry_section", "key_link")
    assert [told[name] for name in names] == ["six_bases", True, "C", None]
    assert [silent[name] for name in names] == [None, None, None, None]
    other = ProductDomain.objects.create(scheme="strategic", code="sei_0", name_zh="其他")
    outside = facts_of(firm(strategic_field=other).pk, as_of=ON)
    assert outside["strategic_stated"] is False


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({}, True),
        ({"granted_on": ON}, True),
        ({"granted_on": ON + dt.timedelta(1)}, False),
        ({"valid_to": ON}, True),
        ({"valid_to": ON - dt.timedelta(1)}, False),
        ({"ended_on": ON}, False),
        ({"ended_on": ON + dt.timedelta(1)}, True),
    ],
)
def test_a_title_counts_on_its_valid_days(
    firm: Callable[..., Enterprise], changes: dict[str, dt.date], valid: bool
) -> None:
    days = {"granted_on": dt.date(2024, 1, 1), "valid_to": dt.date(2028, 12, 31)}
    enterprise = firm()
    Title.objects.create(
        enterprise=enterprise, tier="srdi", number="1", year=2024, **{**days, **changes}
    )
    row = facts_of(enterprise.pk, as_of=ON)
    assert (row["title_srdi"], row["title_innovative"]) == (valid, False)
    assert row["tier"] == ("srdi" if valid else "")


@pytest.mark.parametrize(
    ("held", "tier"),
    [
        ((), ""),
        (("technology",), "technology"),
        (("srdi", "innovative"), "srdi"),
        (("innovative", "little_giant", "technology"), "little_giant"),
    ],
)
def test_the_tier_is_the_highest_title_held(
    firm: Callable[..., Enterprise], held: tuple[str, ...], tier: str
) -> None:
    enterprise = firm(tier="srdi")  # the registry's own column is not asked: it has no day
    days = {"granted_on": dt.date(2024, 1, 1), "valid_to": dt.date(2028, 12, 31)}
    for name in held:
        Title.objects.create(enterprise=enterprise, tier=name, number=name, year=2024, **days)
    row = facts_of(enterprise.pk, as_of=ON)
    assert row["tier"] == tier
    assert {name for name in Tier.values if row[f"title_{name}"]} == set(held)


def test_a_row_kept_before_there_was_a_tier_is_still_read(firm: Callable[..., Enterprise]) -> None:
    row = facts_of(firm(reports={2025: {"revenue": 7}}).pk, as_of=ON)
    older = {name: value for name, value in row.items() if name not in {"tier", "size_class"}}
    frame = facts.from_row(older)
    assert frame.row(0, named=True) == older
    assert dict(frame.schema) == {
        name: kind for name, kind in facts.from_row(row).schema.items() if name in older
    }


@pytest.mark.parametrize(
    ("changes", "bounds"),
    [
        ({}, (1, 1)),
        ({"benefit": None}, (0, 1)),
        ({"benefit": False, "applied": None}, (0, 0)),
        ({"obtained": "transferred", "transferred_on": dt.date(2021, 1, 1)}, (0, 0)),
        ({"obtained": "licensed"}, (1, 1)),
        ({"holder_rank": 3}, (1, 1)),
        ({"holder_rank": 4}, (0, 0)),
        ({"ip_class": 2, "kind": "software"}, (0, 0)),
        ({"valid_to": ON}, (1, 1)),
        ({"valid_to": ON - dt.timedelta(1)}, (0, 0)),
        ({"granted_on": ON + dt.timedelta(1)}, (0, 0)),
    ],
)
def test_class_one_rights_of_2026(
    firm: Callable[..., Enterprise], changes: dict[str, Any], bounds: tuple[int, int]
) -> None:
    enterprise = firm()
    right(enterprise, **changes)
    assert counted(enterprise, "class_one_own_rank3") == bounds


@pytest.mark.parametrize(
    ("moved", "bounds"),
    [
        (dt.date(2025, 5, 6), (1, 1)),  # a whole year before
        (dt.date(2025, 5, 7), (0, 0)),
        (None, (0, 1)),
    ],
)
def test_a_right_of_2022_transferred_within_a_year_does_not_count(
    firm: Callable[..., Enterprise], moved: dt.date | None, bounds: tuple[int, int]
) -> None:
    enterprise = firm()
    right(enterprise, obtained="transferred", transferred_on=moved)
    assert counted(enterprise, "class_one_applied_2022") == bounds


@pytest.mark.parametrize(
    ("kind", "granted", "count"),
    [
        ("software", dt.date(2026, 5, 1), 1),
        ("utility", dt.date(2024, 5, 5), 1),
        ("utility", dt.date(2024, 5, 6), 0),  # two years are not more than two
        ("design", dt.date(2023, 1, 1), 1),
        ("invention", dt.date(2020, 1, 1), 0),
    ],
)
def test_class_two_rights_are_held_more_than_two_years(
    firm: Callable[..., Enterprise], kind: str, granted: dt.date, count: int
) -> None:
    enterprise = firm()
    right(enterprise, kind=kind, ip_class=1 if kind == "invention" else 2, granted_on=granted)
    assert counted(enterprise, "class_two_related") == (count, count)


@pytest.mark.parametrize(
    ("day", "rank", "bounds"),
    [
        (dt.date(2023, 1, 1), 3, (1, 1)),
        (dt.date(2022, 12, 31), 1, (0, 0)),
        (dt.date(2026, 4, 1), 1, (1, 1)),
        (dt.date(2026, 5, 7), 1, (0, 0)),
        (dt.date(2024, 1, 1), 4, (0, 0)),
        (dt.date(2024, 1, 1), None, (0, 1)),
    ],
)
def test_awards_of_three_years_in_the_first_three(
    firm: Callable[..., Enterprise], day: dt.date, rank: int | None, bounds: tuple[int, int]
) -> None:
    enterprise = firm()
    Award.objects.create(
        enterprise=enterprise, kind="science", level="national", unit_rank=rank, awarded_on=day
    )
    assert counted(enterprise, "national_award_top3") == bounds


def test_equity_sums_what_was_paid_by_qualified_investors(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm()
    for day, amount, qualified, shares in [
        (dt.date(2025, 12, 31), 1, True, 300_000),
        (dt.date(2024, 1, 1), 10, True, 0),
        (dt.date(2023, 12, 31), 100, True, 0),
        (dt.date(2026, 1, 1), 1000, True, 0),
        (dt.date(2025, 1, 1), 10_000, False, 0),
        (dt.date(2025, 1, 1), 100_000, True, 300_001),
    ]:
        EquityRound.objects.create(
            enterprise=enterprise,
            paid_on=day,
            amount=amount,
            qualified=qualified,
            shares_given=shares,
        )
    assert counted(enterprise, "equity_two_years") == (11, 11)
    assert counted(enterprise, "equity_three_years") == (111, 111)


@pytest.mark.parametrize(
    ("kind", "weight", "declared", "bounds"),
    [
        ("safety", "larger", True, (1, 1)),
        ("safety", "ordinary", True, (0, 0)),
        ("environment", "larger", True, (0, 0)),
        ("environment", "major", True, (1, 1)),
        ("tax", "major", True, (0, 0)),
        ("safety", "ordinary", None, (0, None)),
        ("safety", "major", False, (1, None)),
    ],
)
def test_major_events_of_2026(
    firm: Callable[..., Enterprise],
    kind: str,
    weight: str,
    declared: bool | None,
    bounds: tuple[int, int | None],
) -> None:
    enterprise = firm(events_declared=declared)
    MajorEvent.objects.create(
        enterprise=enterprise, kind=kind, weight=weight, happened_on=dt.date(2024, 6, 1)
    )
    assert counted(enterprise, "events_2026") == bounds


def test_technology_standard_counts_no_network_event(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm(events_declared=True)
    day = dt.date(2025, 6, 1)
    for kind in ("network", "safety"):
        MajorEvent.objects.create(enterprise=enterprise, kind=kind, weight="major", happened_on=day)
    assert counted(enterprise, "events_technology") == (1, 1)


def test_lists_nobody_filled_are_nought(firm: Callable[..., Enterprise]) -> None:
    row = facts_of(firm(events_declared=True).pk, as_of=ON)
    counts = {name: value for name, value in row.items() if name.endswith(("_low", "_high"))}
    assert set(counts.values()) == {0}


def test_other_lists_are_counted(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm()
    other = firm()
    day = {"enterprise": enterprise}
    Honour.objects.create(**day, kind="high_tech", granted_on=dt.date(2024, 1, 1), valid_to=ON)
    Certificate.objects.create(**day, kind="product", foreign=False, issued_on=dt.date(2024, 1, 1))
    Certificate.objects.create(**day, kind="system", issued_on=dt.date(2024, 1, 1))
    RdInstitution.objects.create(**day, level="city", recognised_on=dt.date(2024, 1, 1))
    StandardPart.objects.create(
        **day, level="industry", unit_rank=5, published_on=dt.date(2021, 1, 1)
    )
    row = facts_of(enterprise.pk, as_of=ON)
    found = {name.removesuffix("_low") for name in row if name.endswith("_low") and row[name]}
    assert found == {
        "high_tech_valid", "honour_innovation", "certificate_system",
        "certificate_system_or_foreign", "institution_any", "institution_level_city",
        "standard_led_five_years", "standard_part",
    }  # fmt: skip
    assert counted(other, "certificate_system") == (0, 0)


def test_the_frame_asks_each_table_once(
    firm: Callable[..., Enterprise],
    loaded: list[Edition],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ids = [firm(reports={2025: {"revenue": 1}, 2024: {"revenue": 2}}).pk for _ in range(3)]
    tables = 11  # enterprises, titles, reports, eight lists of facts
    with django_assert_num_queries(tables + 2):  # and the editions with their overlays
        assert facts.frame(ids, as_of=ON).height == 3
    with django_assert_num_queries(tables + 2):
        assert facts.frame(ids[:1], as_of=ON).height == 1


def test_the_frame_is_in_the_order_of_ids_and_only_of_those_named(
    firm: Callable[..., Enterprise],
) -> None:
    ids = [firm().pk for _ in range(3)]
    assert facts.frame(reversed(ids), as_of=ON)["enterprise"].to_list() == ids
    assert facts.frame(ids[1:2], as_of=ON)["enterprise"].to_list() == ids[1:2]
    assert facts.frame(None, as_of=ON)["enterprise"].to_list() == ids


def test_a_row_goes_to_plain_data_and_back(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm(own_brand=True, reports={2025: {"revenue": 7}})
    frame = facts.frame([enterprise.pk], as_of=ON)
    assert facts.from_row(facts_of(enterprise.pk, as_of=ON)).equals(frame)


def test_every_column_that_facts_come_from_is_watched(
    loaded: list[Edition], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a change of it would leave no mark, and the enterprise would not be judged again."""
    asked: dict[type[Model], set[str]] = {}

    def noted(rows: QuerySet[Any], columns: Mapping[str, Any]) -> pl.DataFrame:
        fields = {"id" if name == "pk" else name.partition("__")[0] for name in columns}
        asked[rows.model] = {rows.model._meta.get_field(name).column for name in fields}
        return read(rows, columns)

    monkeypatch.setattr(facts, "read", noted)
    facts.frame(None, as_of=ON)
    assert set(asked) == set(triggers.WATCHED)
    for model, columns in asked.items():
        assert columns - set(triggers.WATCHED[model]) == set(), model
