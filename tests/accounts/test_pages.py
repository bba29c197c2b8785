"""Pages of claims, seats and readings, as every role and as a stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from enterprises.accounts import claims, personal_data
from enterprises.accounts.models import Claim, PersonalDataReading, Seat, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoAssertNumQueries

    from enterprises.places.models import Region
    from enterprises.registry.models import Enterprise

EVERYBODY = (
    "nation", "province", "city", "county", "zhejiang", "auditor", "root", "owner", "editor",
    "expert", "newcomer",
)  # fmt: skip
OFFICES = {"nation", "province", "city", "county", "zhejiang", "root"}
ALLOWED = {
    "accounts:claim": {"owner", "editor", "newcomer"},
    "accounts:claims": OFFICES | {"auditor"},
    "accounts:seats": OFFICES | {"auditor", "owner"},
    "accounts:seat_grant": OFFICES | {"auditor", "owner"},
    "accounts:readings": {"auditor", "owner", "nation", "root"},
}


def signed_in(user: User, *, strict: bool = False) -> Client:
    """Return a client of a user that reads English."""
    client = Client(headers={"accept-language": "en"}, enforce_csrf_checks=strict)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("name", ALLOWED)
def test_page_opens_to_those_it_is_for(name: str, people: dict[str, User]) -> None:
    codes = {who: signed_in(people[who]).get(reverse(name)).status_code for who in EVERYBODY}
    assert codes == {who: 200 if who in ALLOWED[name] else 403 for who in EVERYBODY}


@pytest.mark.parametrize("name", ALLOWED)
def test_page_leads_a_stranger_to_the_sign_in(name: str, db: None) -> None:
    response = Client().get(reverse(name))
    assert (response.status_code, response["Location"]) == (
        302,
        f"/accounts/login/?next={reverse(name)}",
    )


def test_refusal_says_so_in_the_language_of_the_reader(people: dict[str, User]) -> None:
    response = signed_in(people["newcomer"]).get(reverse("accounts:seats"))
    assert response.status_code == 403
    assert "Not allowed to you" in response.text
    assert "You are signed in as newcomer" in response.text


def test_claim_sent_twice_is_one_claim(firm: Enterprise, people: dict[str, User]) -> None:
    Seat.objects.filter(enterprise=firm).delete()
    client = signed_in(people["newcomer"])
    data = {"code": firm.credit_code, "statement": "法务"}
    answers = [client.post(reverse("accounts:claim"), data).status_code for _ in range(2)]
    assert (answers, Claim.objects.count()) == ([302, 302], 1)
    page = client.get(reverse("accounts:claim"))
    assert page.text.count("Your claim is with the office") == 1


def test_claim_of_an_unknown_code_keeps_what_was_typed(people: dict[str, User]) -> None:
    data = {"code": "91350100M000100Y43", "statement": "an honest statement"}
    response = signed_in(people["newcomer"]).post(reverse("accounts:claim"), data)
    assert response.status_code == 200
    assert "No enterprise with this code is in the registry" in response.text
    assert "an honest statement" in response.text
    assert 'aria-invalid="true"' in response.text
    assert 'aria-describedby="id_code_helptext id_code_error"' in response.text
    assert 'id="id_code_error"' in response.text


def test_post_without_a_token_is_refused_in_words(
    firm: Enterprise, people: dict[str, User]
) -> None:
    Seat.objects.filter(enterprise=firm).delete()
    client = signed_in(people["newcomer"], strict=True)
    data = {"code": firm.credit_code, "statement": "法务"}
    response = client.post(reverse("accounts:claim"), data)
    assert response.status_code == 403
    assert "The form has grown old" in response.text
    assert not Claim.objects.exists()
    token = client.get(reverse("accounts:claim")).context["csrf_token"]
    answer = client.post(reverse("accounts:claim"), data | {"csrfmiddlewaretoken": str(token)})
    assert (answer.status_code, Claim.objects.count()) == (302, 1)


@pytest.fixture
def claim(firm: Enterprise, people: dict[str, User]) -> Claim:
    """Give an open claim of the newcomer on a firm nobody holds."""
    Seat.objects.filter(enterprise=firm).delete()
    found, _new = claims.file(people["newcomer"], code=firm.credit_code, statement="法务")
    return found


def test_claim_is_shown_below_and_is_a_404_elsewhere(claim: Claim, people: dict[str, User]) -> None:
    url = reverse("accounts:claim_decide", args=[claim.pk])
    assert signed_in(people["county"]).get(url).context["form"] is not None
    assert signed_in(people["auditor"]).get(url).context["form"] is None
    assert signed_in(people["zhejiang"]).get(url).status_code == 404


def test_approval_by_the_page_seats_the_claimant(claim: Claim, people: dict[str, User]) -> None:
    url = reverse("accounts:claim_decide", args=[claim.pk])
    client = signed_in(people["county"])
    answers = [client.post(url, {"decision": "owner", "reason": ""}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert "answered already" in client.get(url).text
    assert list(Seat.objects.filter(enterprise=claim.enterprise).values_list("user", "role")) == [
        (people["newcomer"].pk, "owner")
    ]


def test_an_auditor_who_posts_is_refused(claim: Claim, people: dict[str, User]) -> None:
    url = reverse("accounts:claim_decide", args=[claim.pk])
    response = signed_in(people["auditor"]).post(url, {"decision": "owner", "reason": ""})
    claim.refresh_from_db()
    assert (response.status_code, claim.status) == (403, "open")


def test_refusal_by_the_page_needs_a_reason(claim: Claim, people: dict[str, User]) -> None:
    url = reverse("accounts:claim_decide", args=[claim.pk])
    response = signed_in(people["county"]).post(url, {"decision": "refuse", "reason": ""})
    assert response.status_code == 200
    assert "Say why" in response.text


def test_grant_form_offers_what_one_may_grant(people: dict[str, User]) -> None:
    def offered(name: str) -> list[str]:
        form = signed_in(people[name]).get(reverse("accounts:seat_grant")).context["form"]
        return [value for value, _label in form.fields["role"].choices]

    assert offered("province") == ["city", "county", "expert", "owner", "editor"]
    assert offered("county") == ["owner", "editor"]
    assert offered("owner") == ["editor"]
    assert offered("auditor") == []


def test_grant_by_the_page(
    people: dict[str, User], firm: Enterprise, person: Callable[[str], User]
) -> None:
    person("helper")
    url = reverse("accounts:seat_grant")
    data = {"username": "helper", "role": "editor", "enterprise": firm.credit_code}
    assert signed_in(people["zhejiang"]).post(url, data).status_code == 200  # not in sight
    assert signed_in(people["owner"]).post(url, data | {"role": "owner"}).status_code == 200
    assert not Seat.objects.filter(user__username="helper").exists()
    assert signed_in(people["owner"]).post(url, data).status_code == 302
    assert Seat.objects.get(user__username="helper").granted_by == people["owner"]


def test_grant_of_an_office_takes_a_region_by_name(
    people: dict[str, User], places: dict[str, Region], person: Callable[[str], User]
) -> None:
    person("clerk")
    data = {"username": "clerk", "role": "county", "region": "张家港市", "rights": ["may_review"]}
    answer = signed_in(people["city"]).post(reverse("accounts:seat_grant"), data)
    seat = Seat.objects.get(user__username="clerk")
    assert (answer.status_code, seat.region, seat.may_review, seat.may_decide) == (
        302, places["320582"], True, False,
    )  # fmt: skip


def test_grant_of_a_seat_above_is_denied_by_the_page(
    people: dict[str, User], person: Callable[[str], User]
) -> None:
    person("climber")
    data = {"username": "climber", "role": "county", "region": "330100"}
    answer = signed_in(people["city"]).post(reverse("accounts:seat_grant"), data)
    assert (answer.status_code, Seat.objects.filter(user__username="climber").count()) == (403, 0)


def test_end_by_the_page_and_out_of_sight(people: dict[str, User]) -> None:
    seat = people["editor"].seats.get()
    url = reverse("accounts:seat", args=[seat.pk])
    assert signed_in(people["zhejiang"]).post(url, {"reason": "x"}).status_code == 404
    assert signed_in(people["county"]).post(url, {"reason": ""}).status_code == 200
    assert signed_in(people["county"]).post(url, {"reason": "left"}).status_code == 302
    seat.refresh_from_db()
    assert seat.active is False
    assert signed_in(people["county"]).post(url, {"reason": "left"})["Location"] == url
    own = reverse("accounts:seat", args=[people["county"].seats.get().pk])
    assert signed_in(people["county"]).post(own, {"reason": "x"}).status_code == 403


def test_contact_is_asked_for_by_post_and_noted(firm: Enterprise, people: dict[str, User]) -> None:
    url = reverse("accounts:contact", args=[firm.pk])
    county = signed_in(people["county"])
    assert county.get(url).status_code == 405
    assert not PersonalDataReading.objects.exists()
    page = county.post(url)
    assert "0512-0000000" in page.text
    assert "no-store" in page["Cache-Control"]
    part = county.post(url, headers={"hx-request": "true"})
    assert "0512-0000000" in part.text
    assert "<html" not in part.text
    assert PersonalDataReading.objects.filter(user=people["county"]).count() == 2
    assert signed_in(people["auditor"]).post(url).status_code == 403
    assert signed_in(people["zhejiang"]).post(url).status_code == 404
    assert PersonalDataReading.objects.count() == 2


def test_lists_ask_no_more_for_three_rows_than_for_one(
    firm: Enterprise,
    people: dict[str, User],
    person: Callable[[str], User],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Seat.objects.filter(enterprise=firm).delete()

    def add(number: int) -> None:
        somebody = person(f"somebody{number}")
        Claim.objects.create(user=somebody, enterprise=firm, statement="x")
        Seat.objects.create(user=person(f"staff{number}"), role="editor", enterprise=firm)
        personal_data.read(firm, by=people["county"])

    client = signed_in(people["nation"])
    auditor = signed_in(people["auditor"])
    for number in range(3):
        add(number)
        if number in (0, 2):
            for reader, name, queries in (
                (client, "accounts:claims", 6),
                (client, "accounts:seats", 6),
                (auditor, "accounts:readings", 6),
            ):
                with django_assert_num_queries(queries):
                    reader.get(reverse(name))


def test_administration_has_no_sign_in_of_its_own_and_is_for_superusers(
    people: dict[str, User],
) -> None:
    response = Client().get("/admin/login/?next=/admin/")
    assert (response.status_code, response["Location"]) == (
        302,
        "/accounts/login/?next=%2Fadmin%2F",
    )
    User.objects.filter(username="county").update(is_staff=True)
    pages = ("accounts/user/", "accounts/seat/", "accounts/claim/", "jobs/jobrun/")
    for page in pages:
        assert signed_in(people["root"]).get(f"/admin/{page}").status_code == 200
        assert signed_in(people["county"]).get(f"/admin/{page}").status_code == 403
