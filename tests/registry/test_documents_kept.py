"""Files that prove a figure: checked by content and size."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from enterprises.accounts.models import Seat, User
from enterprises.registry import documents
from enterprises.registry.models import Document, Proof
from tests.registry.page_world import build

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%fictional\n"


def office(part: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(part, "<x/>")
    return out.getvalue()


GOOD = {
    "a.pdf": PDF,
    "a.PNG": b"\x89PNG\r\n\x1a\n....",
    "a.jpeg": b"\xff\xd8\xff\xe0....",
    "a.xlsx": office("xl/workbook.xml"),
    "a.docx": office("word/document.xml"),
    "a.ofd": office("OFD.xml"),
}
BAD = {
    "a.exe": (b"MZ", "kind"),
    "a": (PDF, "kind"),
    "empty.pdf": (b"", "empty"),
    "a.pdf": (b"<html>", "content"),
    "a.png": (PDF, "content"),
    "a.xlsx": (office("word/document.xml"), "content"),
    "b.docx": (b"PK\x03\x04 cut off", "content"),
}


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_is_what_it_says_is_kept(name):
    firm = build().firm
    document = documents.attach(firm, SimpleUploadedFile(name, GOOD[name]), by=None)
    document.refresh_from_db()
    assert (document.name, document.size) == (name, len(GOOD[name]))
    with document.file.open("rb") as kept:
        assert kept.read() == GOOD[name]


@pytest.mark.parametrize("name", BAD)
def test_any_other_file_is_refused_with_its_reason(name):
    content, code = BAD[name]
    with pytest.raises(ValidationError) as refused:
        documents.attach(build().firm, SimpleUploadedFile(name, content), by=None)
    assert refused.value.code == code
    assert Document.objects.count() == 0


def test_a_file_above_the_limit_is_refused(settings):
    settings.DOCUMENT_MAX_BYTES = len(PDF)
    firm = build().firm
    documents.attach(firm, SimpleUploadedFile("a.pdf", PDF), by=None)
    with pytest.raises(ValidationError) as refused:
        documents.attach(firm, SimpleUploadedFile("b.pdf", PDF + b"x"), by=None)
    assert refused.value.code == "size"


def test_the_same_file_again_proves_more_and_is_kept_once(tmp_path):
    firm = build().firm
    subjects = (["report:2024:revenue"], ["report:2024:revenue", "ip:1"])
    first, second = (
        documents.attach(firm, SimpleUploadedFile(f"{n}.pdf", PDF), by=None, subjects=said)
        for n, said in enumerate(subjects)
    )
    assert first == second
    assert sorted(Proof.objects.values_list("subject", flat=True)) == [
        "ip:1",
        "report:2024:revenue",
    ]
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


def test_a_name_with_a_path_is_stored_under_a_name_of_our_own(tmp_path):
    file = SimpleUploadedFile("x.pdf", PDF)
    file._name = "..\\..\\evil<1>.pdf"
    document = documents.attach(build().firm, file, by=None)
    assert document.name == "evil_1_.pdf"
    assert tmp_path in type(tmp_path)(document.file.path).parents
    assert "evil" not in document.file.name


def test_only_those_who_may_write_attach():
    world = build()
    stranger = User.objects.create_user("stranger", password="a long pass phrase")
    Seat.objects.create(user=stranger, role="owner", enterprise=world.other)
    with pytest.raises(PermissionDenied):
        documents.attach(world.firm, SimpleUploadedFile("a.pdf", PDF), by=stranger)


def test_removing_takes_the_file_along(tmp_path, django_capture_on_commit_callbacks):
    document = documents.attach(build().firm, SimpleUploadedFile("a.pdf", PDF), by=None)
    with django_capture_on_commit_callbacks(execute=True):
        documents.remove(document, by=None)
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 0
    assert Document.objects.count() == 0
