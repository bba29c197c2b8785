"""Marks of change: every way of writing leaves them, and only where a fact may differ."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor, wait
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import BigIntegerField

from enterprises.places.models import Region
from enterprises.registry import touches, triggers
from enterprises.registry.imports_writing import insert
from enterprises.registry.models import (
    AnnualReport,
    Award,
    Certificate,
    Enterprise,
    EquityRound,
    Fact,
    Honour,
    IntellectualProperty,
    MajorEvent,
    RdInstitution,
    StandardPart,
    Title,
    Touch,
)

if TYPE_CHECKING:
    from django.db.models import Model

pytestmark = pytest.mark.django_db
DAY, LATER = dt.date(2024, 1, 1), dt.date(2025, 1, 1)
RIGHT = {"kind": "design", "ip_class": 2, "number": "1", "obtained": "own", "granted_on": DAY}
ROWS: dict[type[Model], tuple[dict[str, Any], dict[str, Any]]] = {
    AnnualReport: ({"year": 2024}, {"revenue": 1}),
    Title: (
        {"tier": "srdi", "number": "1", "year": 2024, "granted_on": DAY, "valid_to": LATER},
        {"ended_on": LATER},
    ),
    IntellectualProperty: (RIGHT, {"valid_to": LATER}),
    Award: ({"kind": "science", "level": "city", "awarded_on": DAY}, {"level": "national"}),
    Honour: ({"kind": "high_tech", "granted_on": DAY}, {"valid_to": LATER}),
    RdInstitution: ({"name": "x", "level": "city", "recognised_on": DAY}, {"own": False}),
    Certificate: ({"kind": "system", "name": "x", "issued_on": DAY}, {"foreign": True}),
    StandardPart: (
        {"level": "industry", "name": "x", "unit_rank": 1, "published_on": DAY},
        {"unit_rank": 2},
    ),
    EquityRound: (
        {"paid_on": DAY, "amount": 1, "qualified": True, "shares_given": 1},
        {"amount": 2},
    ),
    MajorEvent: ({"kind": "tax", "weight": "major", "happened_on": DAY}, {"weight": "larger"}),
}
"""A row of every table of facts, and a change of it."""


@pytest.fixture
def firms() -> list[Enterprise]:
    region = Region.objects.create(code="320500", path="3205", level="city", name_zh="虚构市")
    made = [
        Enterprise.objects.create(
            credit_code=str(n), name="虚构", name_key="虚构", region=region, region_path="3205"
        )
        for n in range(4)
    ]
    assert marked() == {firm.pk for firm in made}
    return made


def marked() -> set[int]:
    """Return whose marks there are, and drop them."""
    found = set(Touch.objects.values_list("enterprise_id", flat=True))
    Touch.objects.all().delete()
    return found


def test_every_table_of_facts_is_watched_and_tried() -> None:
    assert set(triggers.WATCHED) == {Enterprise, *ROWS}
    assert set(Fact.__subclasses__()) == set(ROWS) - {AnnualReport, Title}


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_every_way_of_writing_a_row_leaves_a_mark(
    model: type[Any], firms: list[Enterprise]
) -> None:
    values, change = ROWS[model]
    ids = [firm.pk for firm in firms]
    numbered = [{**values, **({"number": str(n)} if "number" in values else {})} for n in range(4)]

    row = model.objects.create(enterprise=firms[0], **numbered[0])
    assert marked() == {ids[0]}
    for name, value in change.items():
        setattr(row, name, value)
    row.save()
    assert marked() == {ids[0]}
    row.save()
    assert marked() == set()  # nothing that a fact comes from is another
    made = [model(enterprise=firm, **numbered[n]) for n, firm in enumerate(firms[1:3], 1)]
    model.objects.bulk_create(made)
    assert marked() == set(ids[1:3])
    model.objects.filter(enterprise__in=firms[1:3]).update(**change)
    assert marked() == set(ids[1:3])
    model.objects.filter(pk=row.pk).update(enterprise=firms[3])
    assert marked() == {ids[0], ids[3]}  # whom it left and whom it came to
    insert(model, [{"enterprise_id": ids[0], **numbered[3]}])  # COPY where there is one
    assert marked() == {ids[0]}
    row.delete()
    assert marked() == {ids[3]}
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608
    assert marked() == set(ids[:3])


CHANGES: dict[str, Any] = {
    "region_path": "3206", "size_class": "micro", "niche_since": DAY, "digital_level": 2,
    **dict.fromkeys(triggers.WATCHED[Enterprise][-12:], True),
}  # fmt: skip
SILENT = {"contact_phone": "1", "name": "虚构二", "address": "x", "stage": "seedling", "version": 9}


def test_a_change_of_an_enterprise_marks_it_only_where_facts_come_from_it(
    firms: list[Enterprise],
) -> None:
    firm = firms[1]
    for name, value in CHANGES.items():
        Enterprise.objects.filter(pk=firm.pk).update(**{name: value})
        assert marked() == {firm.pk}, name
    for name, value in SILENT.items():
        Enterprise.objects.filter(pk=firm.pk).update(**{name: value})
    firm.refresh_from_db()
    firm.save()
    assert marked() == set()
    pk = firms[2].pk
    firms[2].delete()
    assert marked() == {pk}


def test_a_statement_marks_each_enterprise_once_on_postgresql(firms: list[Enterprise]) -> None:
    for year in range(2000, 2003):
        AnnualReport.objects.create(enterprise=firms[0], year=year)
    Touch.objects.all().delete()
    AnnualReport.objects.update(revenue=1)
    assert Touch.objects.count() == (1 if connection.vendor == "postgresql" else 3)


def test_a_claim_takes_all_and_settling_drops_what_it_took(firms: list[Enterprise]) -> None:
    for firm in (firms[0], firms[0], firms[2]):
        AnnualReport.objects.update_or_create(enterprise=firm, year=2024, defaults={"revenue": 1})
        AnnualReport.objects.filter(enterprise=firm).update(revenue=2)
    assert touches.waiting() == 2
    assert touches.claim(7) == {firms[0].pk, firms[2].pk}
    AnnualReport.objects.filter(enterprise=firms[0]).update(revenue=3)
    touches.settle(7)
    assert touches.waiting() == 1
    assert touches.claim(8) == {firms[0].pk}
    assert touches.claim(9) == {firms[0].pk}  # run 8 died
    touches.settle(8)
    assert touches.waiting() == 1
    touches.settle(9)
    assert (touches.waiting(), touches.claim(10)) == (0, set())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_when_a_run_claims_is_left_for_the_next(
    firms: list[Enterprise],
) -> None:
    AnnualReport.objects.create(enterprise=firms[0], year=2024)
    Touch.objects.all().delete()
    other = connections["default"].copy()
    try:
        other.set_autocommit(autocommit=False)
        with other.cursor() as cursor:
            cursor.execute("UPDATE registry_annualreport SET revenue = 5")
            assert touches.claim(1) == set()
            other.commit()
        touches.settle(1)
        assert touches.claim(2) == {firms[0].pk}
    finally:
        other.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_claims_at_once_the_later_has_all(firms: list[Enterprise]) -> None:
    AnnualReport.objects.create(enterprise=firms[0], year=2024)

    def claim() -> set[int]:
        try:
            return touches.claim(2)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert touches.claim(1) == {firms[0].pk}
            second = pool.submit(claim)
            assert not wait([second], timeout=0.3).done  # it waits for the first to commit
        assert second.result(10) == {firms[0].pk}
    touches.settle(1)
    assert touches.waiting() == 1


def test_triggers_are_made_once_and_put_back(firms: list[Enterprise]) -> None:
    triggers.install(plan=[])
    assert marked() == set()
    with connection.cursor() as cursor:
        on = " ON registry_award" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER touch_of_registry_award_update{on}")
        triggers.install(plan=[])
        assert marked() == {firm.pk for firm in firms}  # who knows what went by
        names = set(triggers.WATCH.there(connection, cursor))
    assert names == set(triggers.WATCH.wanted(connection))
    assert len(names) == 3 * len(triggers.WATCHED)


@pytest.mark.django_db(transaction=True)
def test_a_migration_may_rebuild_the_table_of_marks(firms: list[Enterprise]) -> None:
    """SQLite refuses to rename a table while triggers speak of one that is not there."""
    nullable = BigIntegerField(null=True)
    nullable.set_attributes_from_name("enterprise_id")
    nullable.model = Touch
    plan = [(SimpleNamespace(app_label="registry"), False)]
    kept = Touch._meta.get_field("enterprise_id")
    for old, new in ((kept, nullable), (nullable, kept)):
        triggers.remove(plan=plan)
        with connection.schema_editor() as editor:
            editor.alter_field(Touch, old, new)
        assert marked() == set()
        triggers.install(plan=plan)
        assert marked() == {firm.pk for firm in firms}
    Enterprise.objects.filter(pk=firms[0].pk).update(own_brand=True)
    assert marked() == {firms[0].pk}


def test_migrations_of_other_rooms_leave_the_triggers_alone(firms: list[Enterprise]) -> None:
    triggers.remove(plan=[(SimpleNamespace(app_label="standards"), False)])
    Enterprise.objects.filter(pk=firms[0].pk).update(own_brand=True)
    assert marked() == {firms[0].pk}


@pytest.mark.django_db(transaction=True)
def test_an_emptied_database_has_no_marks(firms: list[Enterprise]) -> None:
    AnnualReport.objects.create(enterprise=firms[0], year=2024)
    call_command("flush", verbosity=0, interactive=False)
    assert touches.waiting() == 0
