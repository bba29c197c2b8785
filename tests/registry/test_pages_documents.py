"""Proofs by page: what is taken, what it proves, how it goes out, when it may go."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from enterprises.registry.models import AnnualReport, Change, Document, Proof
from tests.registry.page_world import World, build, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def world(settings: SettingsWrapper, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path
    return build()


@pytest.fixture
def owner(world: World) -> Client:
    return sign_in("owner", world, "firm")


def send(client: Client, world: World, name: str, content: bytes, **more: str) -> object:
    file = SimpleUploadedFile(name, content)
    return client.post(f"/enterprises/{world.firm.pk}/documents/", {"file": file, **more})


def test_limits_are_shown_before_anything_is_sent(world: World, owner: Client) -> None:
    text = owner.get(f"/enterprises/{world.firm.pk}/documents/").content.decode()
    assert "PDF, PNG, JPG, JPEG, XLSX, DOCX, OFD; at most 20 MB a file." in text


def test_document_proves_a_figure_and_goes_out_as_an_attachment(
    world: World, owner: Client
) -> None:
    AnnualReport.objects.create(enterprise=world.firm, year=2024)
    subject = "report:2024:revenue"
    send(owner, world, "审计报告 2024.pdf", PDF, subject=subject, page="第3页")
    kept = Document.objects.get()
    assert [(p.subject, p.page) for p in kept.proofs.all()] == [(subject, "第3页")]
    answer = owner.get(f"/enterprises/{world.firm.pk}/documents/{kept.pk}/")
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == (
        "nosniff",
        "application/pdf",
    )


def make_zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", b"MZ\x90\x00", "the content of “a.pdf” is not that of a .pdf file"),
        ("a.pdf", b"", "the file is empty"),
        ("a.xlsx", make_zip("evil.bin"), "the content of “a.xlsx” is not that of a .xlsx file"),
        (
            "a.html",
            b"<script>",
            "“a.html” is not of a kind that is kept; use PDF, PNG, JPEG, XLSX, DOCX or OFD",
        ),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    world: World, owner: Client, name: str, content: bytes, message: str
) -> None:
    answer = send(owner, world, name, content)
    assert list(answer.context["form"].errors["file"]) == [message]  # type: ignore[attr-defined]
    assert Document.objects.count() == 0


def test_a_file_above_the_limit_is_refused(
    world: World, owner: Client, settings: SettingsWrapper
) -> None:
    settings.DOCUMENT_MAX_BYTES = 1_048_576
    answer = send(owner, world, "a.pdf", PDF + b"0" * 1_048_576)
    assert list(answer.context["form"].errors["file"]) == [  # type: ignore[attr-defined]
        "the file has 2 MB, at most 1 MB are kept"
    ]


def test_the_same_file_twice_is_one_document(world: World, owner: Client) -> None:
    send(owner, world, "a.pdf", PDF)
    send(owner, world, "a.pdf", PDF)
    assert Document.objects.count() == 1


def test_a_subject_of_another_enterprise_is_no_choice(world: World, owner: Client) -> None:
    AnnualReport.objects.create(enterprise=world.other, year=2019)
    answer = send(owner, world, "a.pdf", PDF, subject="report:2019")
    assert list(answer.context["form"].errors) == ["subject"]  # type: ignore[attr-defined]


def test_a_document_in_use_stays_until_the_proof_is_taken_back(
    world: World, owner: Client, django_capture_on_commit_callbacks: object, tmp_path: Path
) -> None:
    AnnualReport.objects.create(enterprise=world.firm, year=2024)
    send(owner, world, "a.pdf", PDF)
    kept = Document.objects.get()
    base = f"/enterprises/{world.firm.pk}/"
    owner.post(f"{base}documents/{kept.pk}/proves/", {"subject": "report:2024", "page": "1"})
    owner.post(f"{base}documents/{kept.pk}/delete/")
    assert Document.objects.count() == 1
    owner.post(f"{base}proofs/{Proof.objects.get().pk}/delete/")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        owner.post(f"{base}documents/{kept.pk}/delete/")
    assert (Document.objects.count(), Proof.objects.count()) == (0, 0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert [sorted(change.after) for change in Change.objects.order_by("pk")] == [
        ["name", "sha256", "size"],
        ["name", "page", "proves"],
        [],
        [],
    ]


def test_a_document_whose_file_is_gone_is_not_found(
    world: World, owner: Client, tmp_path: Path
) -> None:
    send(owner, world, "a.pdf", PDF)
    kept = Document.objects.get()
    (tmp_path / kept.file.name).unlink()
    answer = owner.get(f"/enterprises/{world.firm.pk}/documents/{kept.pk}/")
    assert answer.status_code == 404
