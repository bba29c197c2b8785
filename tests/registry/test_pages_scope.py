"""Every address of the registry, asked by everybody: who sees, who writes, who is told no."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile

from enterprises.registry.models import AnnualReport, Award, Document, Enterprise, Proof
from tests.registry.page_world import World, build, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db
LOGIN, SEEN, WRITTEN, NOT_FOUND, REFUSED = 302, 200, 302, 404, 403

PAGES = {  # address: (for who only sees, for who may change)
    "/enterprises/{pk}/": (SEEN, SEEN),
    "/enterprises/{pk}/edit/": (REFUSED, SEEN),
    "/enterprises/{pk}/reports/": (SEEN, SEEN),
    "/enterprises/{pk}/reports/2024/": (REFUSED, SEEN),
    "/enterprises/{pk}/facts/": (SEEN, SEEN),
    "/enterprises/{pk}/facts/award/new/": (REFUSED, SEEN),
    "/enterprises/{pk}/facts/award/{award}/": (REFUSED, SEEN),
    "/enterprises/{pk}/facts/award/{award}/delete/": (REFUSED, SEEN),
    "/enterprises/{pk}/documents/": (SEEN, SEEN),
    "/enterprises/{pk}/documents/{document}/": (SEEN, SEEN),
    "/enterprises/{pk}/history/": (SEEN, SEEN),
}
POSTS = (
    "/enterprises/{pk}/edit/",
    "/enterprises/{pk}/reports/2024/",
    "/enterprises/{pk}/facts/award/new/",
    "/enterprises/{pk}/facts/award/{award}/",
    "/enterprises/{pk}/facts/award/{award}/delete/",
    "/enterprises/{pk}/documents/",
    "/enterprises/{pk}/documents/{document}/proves/",
    "/enterprises/{pk}/documents/{document}/delete/",
    "/enterprises/{pk}/proofs/{proof}/delete/",
)
BLIND = [("", ""), ("expert", ""), ("owner", "other"), ("county", "320507"), ("auditor", "330000")]
READERS = [
    ("auditor", "320000", {}),
    ("city", "320500", {"may_register": False}),
    ("nation", "000000", {"may_register": False}),
]
WRITERS = [("owner", "firm"), ("editor", "firm"), ("county", "320506"), ("province", "320000")]


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def place(world: World, settings: SettingsWrapper, tmp_path: Path) -> dict[str, int]:
    """Return the keys that the addresses of the firm need."""
    settings.MEDIA_ROOT = tmp_path
    award = Award.objects.create(
        enterprise=world.firm, kind="science", level="national", awarded_on=dt.date(2024, 5, 1)
    )
    AnnualReport.objects.create(enterprise=world.firm, year=2024, revenue=100)
    document = Document(
        enterprise=world.firm, name="a.pdf", media_type="application/pdf", size=5, sha256="0" * 64
    )
    document.file.save("a.pdf", ContentFile(b"%PDF-"))
    proof = Proof.objects.create(document=document, subject="report:2024")
    return {
        "pk": world.firm.pk,
        "award": award.pk,
        "document": document.pk,
        "proof": proof.pk,
    }


def status(client: Client, address: str) -> int:
    """Return how a GET is answered, and close the file it may hold open."""
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)  # type: ignore[arg-type]
    return answer.status_code


@pytest.mark.parametrize("address", [*PAGES, *POSTS])
def test_nobody_gets_in_without_signing_in(
    client: Client, place: dict[str, int], address: str
) -> None:
    answer = client.get(address.format(**place))
    assert answer.status_code in {LOGIN, 405}
    answer = client.post(address.format(**place))
    assert answer.status_code in {LOGIN, 405}
    if answer.status_code == LOGIN:
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(("role", "where"), BLIND)
def test_what_is_out_of_sight_is_not_there(
    world: World, place: dict[str, int], role: str, where: str
) -> None:
    client = sign_in(role, world, where)
    got = {address: status(client, address.format(**place)) for address in PAGES}
    assert got == dict.fromkeys(PAGES, NOT_FOUND)
    posted = {address: client.post(address.format(**place)).status_code for address in POSTS}
    assert posted == dict.fromkeys(POSTS, NOT_FOUND)


@pytest.mark.parametrize(("role", "where", "rights"), READERS)
def test_readers_read_and_change_nothing(
    world: World, place: dict[str, int], role: str, where: str, rights: dict[str, bool]
) -> None:
    client = sign_in(role, world, where, **rights)
    got = {address: status(client, address.format(**place)) for address in PAGES}
    assert got == {address: reader for address, (reader, _writer) in PAGES.items()}
    posted = {address: client.post(address.format(**place)).status_code for address in POSTS}
    assert posted == dict.fromkeys(POSTS, REFUSED)
    stored = Enterprise.objects.get(pk=world.firm.pk)
    assert (stored.version, Proof.objects.count(), Award.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(("role", "where"), WRITERS)
def test_writers_open_every_page(
    world: World, place: dict[str, int], role: str, where: str
) -> None:
    client = sign_in(role, world, where)
    got = {address: status(client, address.format(**place)) for address in PAGES}
    assert got == {address: writer for address, (_reader, writer) in PAGES.items()}


@pytest.mark.parametrize(
    ("role", "where", "rights", "status"),
    [
        ("", "", {}, REFUSED),
        ("owner", "firm", {}, REFUSED),
        ("auditor", "000000", {}, REFUSED),
        ("county", "320506", {"may_register": False}, REFUSED),
        ("county", "320506", {}, SEEN),
    ],
)
def test_registering_and_importing_are_for_registrars(
    world: World, role: str, where: str, rights: dict[str, bool], status: int
) -> None:
    client = sign_in(role, world, where, **rights)
    addresses = ("/enterprises/new/", "/enterprises/regions/", "/imports/", "/imports/new/")
    assert {a: client.get(a).status_code for a in addresses} == dict.fromkeys(addresses, status)


@pytest.mark.parametrize(
    "address",
    [
        "/enterprises/{pk}/facts/award/{award}/",
        "/enterprises/{pk}/facts/award/{award}/delete/",
        "/enterprises/{pk}/documents/{document}/",
        "/enterprises/{pk}/documents/{document}/proves/",
        "/enterprises/{pk}/documents/{document}/delete/",
        "/enterprises/{pk}/proofs/{proof}/delete/",
    ],
)
def test_a_part_is_not_reached_through_another_enterprise(
    world: World, place: dict[str, int], address: str
) -> None:
    client = sign_in("nation", world, "000000")
    other = address.format(**{**place, "pk": world.other.pk})
    assert {client.get(other).status_code, client.post(other).status_code} <= {404, 405}
    assert client.post(other).status_code == NOT_FOUND or address.endswith("{document}/")
    assert (Award.objects.count(), Document.objects.count(), Proof.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("address", POSTS)
def test_posts_without_the_token_are_refused(
    world: World, place: dict[str, int], address: str
) -> None:
    client = sign_in("county", world, "320506")
    client.handler.enforce_csrf_checks = True
    assert client.post(address.format(**place), {"reason": "x"}).status_code == REFUSED


def test_contact_stays_hidden_on_the_record_and_in_its_history(
    world: World, place: dict[str, int]
) -> None:
    Enterprise.objects.filter(pk=world.firm.pk).update(
        contact_name="某联系人", contact_phone="02011112222", contact_email="who@example.invalid"
    )
    officer = sign_in("county", world, "320506")
    officer.post(
        f"/enterprises/{world.firm.pk}/edit/", {"contact_phone": "02033334444", "reason": "更正"}
    )
    client = sign_in("auditor", world, "320000")
    for address in ("", "history/", "edit/"):
        for who in (client, officer):
            text = who.get(f"/enterprises/{world.firm.pk}/{address}").content.decode()
            for secret in ("某联系人", "02011112222", "02033334444", "who@example.invalid"):
                assert secret not in text
