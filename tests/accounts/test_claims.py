"""Claiming an enterprise and answering claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from enterprises.accounts import claims
from enterprises.accounts.models import Claim, Seat, SeatChange, User
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.places.models import Region


@pytest.fixture
def free_firm(firm: Enterprise, people: dict[str, User]) -> Enterprise:
    """Give the enterprise without anybody holding it."""
    Seat.objects.filter(enterprise=firm).delete()
    return firm


@pytest.fixture
def claim(free_firm: Enterprise, people: dict[str, User]) -> Claim:
    """Give an open claim of the newcomer."""
    found, _new = claims.file(people["newcomer"], code=free_firm.credit_code, statement="法务")
    return found


def test_file_takes_a_code_as_people_write_it(
    free_firm: Enterprise, people: dict[str, User]
) -> None:
    code = free_firm.credit_code
    typed = f" {code[:6].lower()}-{code[6:12]} {code[12:]} "
    found, new = claims.file(people["newcomer"], code=typed, statement=" 法务 ")
    assert (found.enterprise, found.statement, found.status, new) == (
        free_firm, "法务", "open", True,
    )  # fmt: skip


def test_file_twice_gives_one_claim(claim: Claim, people: dict[str, User]) -> None:
    again, new = claims.file(
        people["newcomer"], code=claim.enterprise.credit_code, statement="again"
    )
    assert (again.pk, new, Claim.objects.count()) == (claim.pk, False, 1)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("123", "18 characters"),
        ("913205830000000OOX", "never occurs"),
        ("91350100M000100Y43", "No enterprise with this code"),
        ("91350100M000100Y44", "check character"),
    ],
)
def test_file_says_what_is_wrong_with_a_code(
    code: str, message: str, people: dict[str, User]
) -> None:
    with pytest.raises(ValidationError) as caught:
        claims.file(people["newcomer"], code=code, statement="法务")
    assert list(caught.value.message_dict) == ["code"]
    assert message in caught.value.message_dict["code"][0]
    assert not Claim.objects.exists()


def test_file_of_a_held_record_is_refused(firm: Enterprise, people: dict[str, User]) -> None:
    with pytest.raises(ValidationError, match="holds this enterprise"):
        claims.file(people["newcomer"], code=firm.credit_code, statement="法务")
    with pytest.raises(ValidationError, match="You hold"):
        claims.file(people["owner"], code=firm.credit_code, statement="法务")


def test_file_of_a_second_enterprise_waits_for_the_first(
    claim: Claim, people: dict[str, User], places: dict[str, Region]
) -> None:
    other = Enterprise.objects.create(
        credit_code="91350100M000100Y43",
        name="另一家（虚构）",
        name_key="另一家",
        region=places["330100"],
        region_path="3301",
    )
    with pytest.raises(ValidationError, match="still open"):
        claims.file(people["newcomer"], code=other.credit_code, statement="法务")


@pytest.mark.parametrize("name", ["nation", "county", "expert", "auditor", "root"])
def test_file_is_denied_to_those_who_judge(
    name: str, free_firm: Enterprise, people: dict[str, User]
) -> None:
    with pytest.raises(PermissionDenied):
        claims.file(people[name], code=free_firm.credit_code, statement="法务")


@pytest.mark.parametrize("name", ["county", "city", "province", "nation", "root"])
def test_approve_gives_the_seat_with_its_log(
    name: str, claim: Claim, people: dict[str, User]
) -> None:
    seat = claims.approve(claim, by=people[name], reason="checked by telephone")
    claim.refresh_from_db()
    assert (seat.user, seat.role, seat.enterprise, seat.granted_by) == (
        people["newcomer"], "owner", claim.enterprise, people[name],
    )  # fmt: skip
    assert (claim.status, claim.decided_by) == ("approved", people[name])
    change = SeatChange.objects.get(seat=seat)
    assert (change.action, change.reason) == ("granted", "checked by telephone")
    assert User.objects.get(username="newcomer").scope.owned == {claim.enterprise_id}


@pytest.mark.parametrize("name", ["zhejiang", "auditor", "expert", "newcomer"])
def test_answer_is_denied_to_others(name: str, claim: Claim, people: dict[str, User]) -> None:
    with pytest.raises(PermissionDenied):
        claims.approve(claim, by=people[name])
    with pytest.raises(PermissionDenied):
        claims.refuse(claim, by=people[name], reason="no")
    claim.refresh_from_db()
    assert (claim.status, Seat.objects.filter(enterprise=claim.enterprise).count()) == ("open", 0)


def test_approve_twice_gives_one_seat(claim: Claim, people: dict[str, User]) -> None:
    claims.approve(claim, by=people["county"])
    with pytest.raises(ValidationError, match="answered already"):
        claims.approve(claim, by=people["city"])
    assert Seat.objects.filter(enterprise=claim.enterprise).count() == 1


def test_approve_of_a_second_owner_is_refused_and_leaves_the_claim_open(
    claim: Claim, people: dict[str, User], person: Callable[[str], User]
) -> None:
    Seat.objects.create(user=person("quick"), role="owner", enterprise=claim.enterprise)
    with pytest.raises(ValidationError, match="owner already"):
        claims.approve(claim, by=people["county"])
    claim.refresh_from_db()
    assert claim.status == "open"
    seat = claims.approve(claim, by=people["county"], role="editor")
    assert seat.role == "editor"


def test_approve_of_an_officer_to_be_rolls_back_whole(
    claim: Claim, people: dict[str, User], places: dict[str, Region]
) -> None:
    Seat.objects.create(user=people["newcomer"], role="county", region=places["320582"])
    with pytest.raises(ValidationError, match="another kind"):
        claims.approve(claim, by=people["county"])
    claim.refresh_from_db()
    assert (claim.status, claim.decided_by) == ("open", None)


def test_refuse_needs_a_reason(claim: Claim, people: dict[str, User]) -> None:
    with pytest.raises(ValidationError):
        claims.refuse(claim, by=people["county"], reason=" ")
    answered = claims.refuse(claim, by=people["county"], reason="not the firm's staff")
    assert (answered.status, answered.answer) == ("refused", "not the firm's staff")
    assert not Seat.objects.filter(enterprise=claim.enterprise).exists()


def test_claims_are_visible_below_an_office_and_to_the_claimant(
    claim: Claim, people: dict[str, User]
) -> None:
    seen = {n for n, u in people.items() if Claim.objects.visible_to(u).filter(pk=claim.pk)}
    assert seen == {"nation", "province", "city", "county", "auditor", "newcomer", "root"}
    waiting = {n for n, u in people.items() if Claim.objects.waiting_for(u).filter(pk=claim.pk)}
    assert waiting == {"nation", "province", "city", "county", "root"}
