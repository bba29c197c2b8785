"""The contact of an enterprise: who reads it, and the note that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied

from enterprises.accounts import personal_data
from enterprises.accounts.models import PersonalDataReading

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise


@pytest.mark.parametrize(
    "name", ["nation", "province", "city", "county", "owner", "editor", "root"]
)
def test_read_gives_the_contact_and_notes_it(
    name: str, firm: Enterprise, people: dict[str, User]
) -> None:
    found = personal_data.read(firm, by=people[name], fields=("contact_phone",), purpose="call")
    assert found == {"contact_phone": "0512-0000000"}
    note = PersonalDataReading.objects.get()
    assert (note.user, note.enterprise, note.fields, note.purpose) == (
        people[name], firm, "contact_phone", "call",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["zhejiang", "auditor", "expert", "newcomer"])
def test_read_is_denied_to_who_does_not_need_it(
    name: str, firm: Enterprise, people: dict[str, User]
) -> None:
    with pytest.raises(PermissionDenied):
        personal_data.read(firm, by=people[name])
    assert not PersonalDataReading.objects.exists()


def test_read_knows_no_other_fields(firm: Enterprise, people: dict[str, User]) -> None:
    with pytest.raises(ValueError, match="name"):
        personal_data.read(firm, by=people["owner"], fields=("name",))


def test_readings_are_visible_to_the_audit_and_the_enterprise(
    firm: Enterprise, people: dict[str, User]
) -> None:
    personal_data.read(firm, by=people["county"])
    seen = {n for n, u in people.items() if PersonalDataReading.objects.visible_to(u).exists()}
    assert seen == {"auditor", "owner", "county", "root"}
