"""Who may grant and end which seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from enterprises.accounts import seats
from enterprises.accounts.models import Seat, SeatChange, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.places.models import Region
    from enterprises.registry.models import Enterprise

PLACES_OF = {
    "nation": "000000",
    "province": "320000",
    "city": "320500",
    "county": "320583",
    "county elsewhere": "320582",
    "province elsewhere": "330000",
    "city elsewhere": "330100",
    "auditor": "000000",
    "expert": "",
    "expert here": "320000",
}
MATRIX = {  # who grants: what is granted to him to grant; everything else is denied
    "root": set(PLACES_OF) | {"owner", "editor"},
    "nation": {
        "province", "city", "county", "county elsewhere", "province elsewhere", "city elsewhere",
        "auditor", "expert", "expert here", "owner", "editor",
    },
    "province": {"city", "county", "county elsewhere", "expert here", "owner", "editor"},
    "city": {"county", "county elsewhere", "owner", "editor"},
    "county": {"owner", "editor"},
    "zhejiang": {"city elsewhere"},
    "auditor": set(),
    "expert": set(),
    "owner": {"editor"},
    "editor": set(),
    "newcomer": set(),
}  # fmt: skip


@pytest.mark.parametrize("granter", MATRIX)
@pytest.mark.parametrize("what", [*PLACES_OF, "owner", "editor"])
def test_grant_follows_the_matrix(
    granter: str,
    what: str,
    people: dict[str, User],
    places: dict[str, Region],
    firm: Enterprise,
    person: Callable[[str], User],
) -> None:
    new = person("new")
    role = what.split(maxsplit=1)[0]
    where = {"enterprise": firm} if role in seats.STAFF else {"region": places.get(PLACES_OF[what])}
    if what in MATRIX[granter]:
        seat = seats.grant(new, role, by=people[granter], **where)
        assert (seat.user, seat.role, seat.active, seat.granted_by) == (
            new, role, True, people[granter],
        )  # fmt: skip
        change = SeatChange.objects.get(seat=seat)
        assert (change.action, change.made_by) == ("granted", people[granter])
    else:
        with pytest.raises(PermissionDenied):
            seats.grant(new, role, by=people[granter], **where)
        assert not new.seats.exists()


def test_grant_to_oneself_is_denied_even_to_a_superuser(
    people: dict[str, User], places: dict[str, Region]
) -> None:
    for name in ("root", "nation", "province"):
        with pytest.raises(PermissionDenied):
            seats.grant(people[name], "county", by=people[name], region=places["320583"])


def test_grant_hands_down_no_right_that_the_granter_lacks(
    people: dict[str, User], places: dict[str, Region], person: Callable[[str], User]
) -> None:
    Seat.objects.filter(user=people["city"]).update(may_register=False)
    city = User.objects.get(username="city")
    with pytest.raises(PermissionDenied):
        seats.grant(person("new"), "county", by=city, region=places["320583"])
    given = frozenset({"may_review"})
    seat = seats.grant(
        User.objects.get(username="new"), "county", by=city, region=places["320583"], rights=given
    )
    assert (seat.may_register, seat.may_review, seat.may_decide) == (False, True, False)


def test_an_office_that_does_not_decide_grants_nothing(
    people: dict[str, User], places: dict[str, Region], person: Callable[[str], User]
) -> None:
    Seat.objects.filter(user=people["province"]).update(may_decide=False)
    province = User.objects.get(username="province")
    assert seats.grantable(province) == []
    with pytest.raises(PermissionDenied):
        seats.grant(person("new"), "city", by=province, region=places["320500"])


def test_grant_refuses_a_region_of_another_level(
    people: dict[str, User], places: dict[str, Region], person: Callable[[str], User]
) -> None:
    with pytest.raises(ValidationError):
        seats.grant(person("new"), "county", by=people["nation"], region=places["320500"])


def test_a_recommending_unit_has_an_office_of_a_province(places: dict[str, Region]) -> None:
    dalian = type(places["320000"])(code="210200", path="DL", level="city", is_unit=True)
    assert seats.office_of(dalian) == "province"
    assert seats.office_of(places["320500"]) == "city"
    assert seats.office_of(places["000000"]) == "nation"


def test_grant_keeps_both_sides_of_the_table_apart(
    people: dict[str, User], places: dict[str, Region], firm: Enterprise
) -> None:
    with pytest.raises(ValidationError, match="another kind"):
        seats.grant(people["owner"], "county", by=people["nation"], region=places["320583"])
    with pytest.raises(ValidationError, match="another kind"):
        seats.grant(people["county"], "editor", by=people["nation"], enterprise=firm)


def test_grant_twice_is_refused_and_grant_after_the_end_revives(
    people: dict[str, User], firm: Enterprise, person: Callable[[str], User]
) -> None:
    new = person("new")
    seat = seats.grant(new, "editor", by=people["owner"], enterprise=firm)
    with pytest.raises(ValidationError, match="already"):
        seats.grant(new, "editor", by=people["owner"], enterprise=firm)
    seats.end(seat, by=people["owner"], reason="left")
    again = seats.grant(new, "editor", by=people["owner"], enterprise=firm)
    assert again.pk == seat.pk
    actions = list(SeatChange.objects.filter(seat=seat).values_list("action", flat=True))
    assert actions == ["granted", "ended", "granted"]


def test_end_takes_away_what_the_seat_allowed(people: dict[str, User], firm: Enterprise) -> None:
    seats.end(people["editor"].seats.get(), by=people["county"], reason="left the firm")
    assert User.objects.get(username="editor").scope.enterprises == frozenset()


def test_end_needs_a_reason_a_right_and_somebody_elses_seat(people: dict[str, User]) -> None:
    own = people["county"].seats.get()
    with pytest.raises(PermissionDenied):
        seats.end(own, by=people["county"], reason="rest")
    with pytest.raises(PermissionDenied):
        seats.end(people["city"].seats.get(), by=people["county"], reason="rival")
    with pytest.raises(PermissionDenied):
        seats.end(people["owner"].seats.get(), by=people["editor"], reason="rival")
    with pytest.raises(ValidationError):
        seats.end(own, by=people["city"], reason="  ")
    own.refresh_from_db()
    assert own.active is True


def test_end_twice_is_refused(people: dict[str, User]) -> None:
    seat = people["editor"].seats.get()
    seats.end(seat, by=people["owner"], reason="left")
    with pytest.raises(ValidationError, match="already"):
        seats.end(seat, by=people["owner"], reason="left")
    assert SeatChange.objects.filter(seat=seat).count() == 1


def test_seats_are_visible_below_an_office_and_nowhere_else(people: dict[str, User]) -> None:
    def seen(name: str) -> set[str]:
        return set(Seat.objects.visible_to(people[name]).values_list("user__username", flat=True))

    everybody = set(people) - {"newcomer", "root"}
    assert seen("nation") == everybody
    assert seen("auditor") == everybody
    assert seen("root") == everybody
    assert seen("province") == {"province", "city", "county", "owner", "editor"}
    assert seen("city") == {"city", "county", "owner", "editor"}
    assert seen("county") == {"county", "owner", "editor"}
    assert seen("zhejiang") == {"zhejiang"}
    assert seen("owner") == {"owner", "editor"}
    assert seen("editor") == {"editor"}
    assert seen("newcomer") == set()
