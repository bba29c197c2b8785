"""Grounds: laid once, gone back to, laid on each other, and nobody else's (测试底数)."""

from __future__ import annotations

import pytest
from django.db import connection

from enterprises.places.models import Region
from tests.grounds import ground

pytestmark = pytest.mark.django_db
LAID: list[str] = []


def region(code: str) -> Region:
    return Region.objects.create(code=code, path=code[:2], level="province", name_zh=code)


def codes() -> list[str]:
    return list(Region.objects.order_by("code").values_list("code", flat=True))


@ground
def one() -> list[Region]:
    LAID.append("one")
    return [region("110000")]


@ground
def two(one: list[Region]) -> list[Region]:
    LAID.append("two")
    return [*one, region("120000")]


@pytest.fixture
def three(two: list[Region]) -> list[Region]:
    return [*two, region("130000")]


@ground
def four(plain: Region) -> list[Region]:
    return [plain, region("150000")]


@pytest.fixture
def plain(db: None) -> Region:
    return region("140000")


def test_a_ground_on_a_plain_fixture_is_written_for_each(four: list[Region]) -> None:
    assert codes() == ["140000", "150000"]


def test_no_ground_is_an_empty_database() -> None:
    assert codes() == []


@pytest.mark.parametrize("turn", [1, 2])
def test_a_change_is_rolled_back_to_the_ground(one: list[Region], turn: int) -> None:
    assert codes() == ["110000"]
    assert [row.name_zh for row in one] == ["110000"]  # what is returned is a copy for each test
    one[0].name_zh = "changed"
    one[0].save()
    region("140000")


@pytest.mark.parametrize("turn", [1, 2])
def test_a_ground_lies_on_another(three: list[Region], turn: int) -> None:
    assert codes() == [row.code for row in three] == ["110000", "120000", "130000"]


def test_a_ground_is_laid_once_for_all_who_stand_on_it(two: list[Region]) -> None:
    assert LAID.count("two") == 1
    assert len(LAID) <= 3


def test_a_ground_whose_connection_was_closed_is_laid_anew(one: list[Region]) -> None:
    connection.close()


def test_a_ground_is_there_after_its_connection_was_closed(one: list[Region]) -> None:
    assert codes() == ["110000"]


@pytest.mark.django_db(transaction=True)
def test_a_committing_test_has_its_own(two: list[Region]) -> None:
    assert codes() == ["110000", "120000"]
    assert connection.in_atomic_block is False


@pytest.mark.django_db(transaction=True)
def test_a_committing_test_finds_no_ground() -> None:
    assert codes() == []
