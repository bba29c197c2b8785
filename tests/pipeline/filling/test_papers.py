"""Papers: asked once, handed in again, passed over with a reason, ending with a warning (佐证)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cultivation.pipeline import applications, checklist
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import evidence
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Evidence
from enterprises.registry.models import AnnualReport, Document

from .conftest import PDF, at, signed, text

if TYPE_CHECKING:
    from django.test import Client

    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
LICENCE = "paper:licence"


def pdf(name: str = "a.pdf", body: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def post(client: Client, draft: Application, subject: str, step: str, **data: Any) -> Any:
    sent = {"subject": subject, "step": step, "back": "F-1", **data}
    return client.post(at("form_papers", draft), sent, follow=True)


def missing(draft: Application) -> list[str]:
    return [one.subject for one in checklist.missing_papers(Sheet(draft))]


def test_papers_owed_are_counted_until_handed_in_or_passed_over(
    world: World, draft: Application
) -> None:
    by = world.user("owner")
    owed = ["paper:audit_report:2024", "paper:audit_report:2025", "paper:credit_reports", LICENCE]
    assert sorted(missing(draft)) == owed
    version = draft.version
    (kept,) = evidence.hand_in(draft, LICENCE, [pdf()], by=by, page="p. 1")
    evidence.use_again(draft, "paper:audit_report:2025", kept, by=by, page="p. 9")
    evidence.say_why(draft, "paper:audit_report:2024", "sent by post", by=by)
    assert missing(draft) == ["paper:credit_reports"]
    assert draft.version == version + 3
    assert [paper.page for paper in Evidence.objects.all()] == ["p. 1", "p. 9"]
    assert list(draft.documents.all()) == [kept]
    evidence.take_out(draft, LICENCE, kept, by=by)
    assert (missing(draft), draft.documents.count()) == ([LICENCE, "paper:credit_reports"], 1)
    evidence.take_out(draft, "paper:audit_report:2025", kept, by=by)
    assert draft.documents.count() == 0
    assert Document.objects.get() == kept  # the enterprise keeps it


def test_several_files_are_taken_all_or_none(client: Client, world: World, draft: Any) -> None:
    owner = signed(client, world, "owner")
    files = [pdf("a.pdf"), pdf("b.pdf", b"<html>")]
    said = text(post(owner, draft, LICENCE, "upload", files=files))
    assert "the content of “b.pdf” is not that of a .pdf file" in said
    assert Document.objects.count() == Evidence.objects.count() == 0
    files = [pdf("a.pdf"), pdf("b.pdf", PDF + b"2")]
    said = text(post(owner, draft, LICENCE, "upload", files=files, valid_to="2027-01-02"))
    assert "Handed in: a.pdf; b.pdf" in said
    assert [d.valid_to for d in Document.objects.all()] == [dt.date(2027, 1, 2)] * 2
    for data, error in (
        ({}, "Choose a file first"),
        ({"files": [pdf(f"{n}.pdf") for n in range(11)]}, "11 files at once; 10 are taken"),
        ({"files": [pdf()], "valid_to": "0000-01-01"}, "is not a date"),
        ({"files": [SimpleUploadedFile("a.exe", b"MZ")]}, "is not of a kind that is kept"),
    ):
        assert error in text(post(owner, draft, LICENCE, "upload", **data))
    assert Evidence.objects.count() == 2


def test_the_page_says_limits_first_and_offers_what_was_handed_in_before(
    client: Client, world: World, draft: Application
) -> None:
    owner, by = signed(client, world, "owner"), world.user("owner")
    page = text(owner.get(at("form_section", draft, "documents")))
    assert "PDF, PNG, JPG, JPEG, XLSX, DOCX, OFD; at most 20 MB a file" in page
    (kept,) = evidence.hand_in(draft, LICENCE, [pdf("licence.pdf")], by=by)
    type(draft).objects.filter(pk=draft.pk).update(status="withdrawn")
    again = applications.begin(world.firm, "srdi", kind="recognition", by=by)
    said = text(owner.get(at("form_section", again, "documents")))
    assert "Use “licence.pdf” again" in said
    done = post(owner, again, LICENCE, "use", document=kept.pk, page="p. 2")
    assert "Handed in: licence.pdf" in text(done)
    assert done.redirect_chain[0][0] == at("form_criteria", again, "F-1") + "#paper-licence"
    assert "licence.pdf" in text(post(owner, again, LICENCE, "page", document=kept.pk, page="p. 3"))
    assert Evidence.objects.get(application=again).page == "p. 3"
    assert "is taken out" in text(post(owner, again, LICENCE, "take_out", document=kept.pk))
    assert Evidence.objects.filter(application=again).count() == 0


def test_a_document_that_ends_wants_a_sentence(world: World, draft: Application) -> None:
    by = world.user("owner")
    soon, gone = (dt.date(2026, 5, 6) + dt.timedelta(days=days) for days in (90, -1))
    (kept,) = evidence.hand_in(draft, LICENCE, [pdf()], by=by, valid_to=gone)
    (warning,) = Sheet(draft).papers[LICENCE].warnings
    assert warning == "“a.pdf” was valid until May 5, 2026"
    assert [one.kind for one in checklist.open_warnings(Sheet(draft))] == ["warning"]
    evidence.say_why(draft, LICENCE, "renewal is under way", by=by)
    assert checklist.open_warnings(Sheet(draft)) == []
    for until, warned in ((soon, True), (soon + dt.timedelta(days=1), False), (None, False)):
        kept.valid_to = until
        assert bool(evidence.validity(kept)) is warned


def test_strangers_and_strange_papers_are_refused(
    client: Client, world: World, draft: Application
) -> None:
    by, owner = world.user("owner"), signed(client, world, "owner")
    theirs = Document.objects.create(
        enterprise=world.other, file="x.pdf", name="x.pdf", media_type="application/pdf", size=1
    )
    with pytest.raises(PermissionDenied):
        evidence.use_again(draft, LICENCE, theirs, by=by)
    with pytest.raises(PermissionDenied):
        evidence.hand_in(draft, LICENCE, [pdf()], by=world.user("county"))
    with pytest.raises(MoveError, match="No rule asks for"):
        evidence.hand_in(draft, "paper:gold", [pdf()], by=by)
    with pytest.raises(ValidationError):
        evidence.hand_in(draft, LICENCE, [pdf("a.pdf", b"")], by=by)
    assert "Saved." in text(post(owner, draft, LICENCE, "why", text="by \x00post"))
    evidence.say_why(draft, LICENCE, "", by=by)
    with pytest.raises(MoveError, match="300 are kept"):
        evidence.say_why(draft, LICENCE, "长" * 301, by=by)
    sent = {"subject": LICENCE, "step": "use", "document": theirs.pk}
    assert owner.post(at("form_papers", draft), sent).status_code == 404
    for subject, step, status in (
        ("paper:title_proof", "upload", 404), (LICENCE, "burn", 400), ("", "upload", 404),
    ):  # fmt: skip
        sent = {"subject": subject, "step": step}
        assert owner.post(at("form_papers", draft), sent).status_code == status
    assert "Choose a document first" in text(post(owner, draft, LICENCE, "use", document="9" * 30))
    type(draft).objects.update(status="at_county")
    with pytest.raises(MoveError, match="can no longer be changed"):
        evidence.hand_in(draft, LICENCE, [pdf()], by=by)
    assert Evidence.objects.count() == 0


def test_other_documents_go_along_and_papers_stay(
    client: Client, world: World, draft: Application
) -> None:
    owner = signed(client, world, "owner")
    (paper,) = evidence.hand_in(draft, LICENCE, [pdf()], by=world.user("owner"))
    other = Document.objects.create(
        enterprise=world.firm, file="o.pdf", name="o.pdf", media_type="application/pdf", size=1
    )
    to = at("form_section", draft, "documents")
    sent = owner.post(to, {"version": draft.version, "documents": [other.pk]})
    assert sent.status_code == 302
    assert set(draft.documents.all()) == {paper, other}
    late = owner.post(to, {"version": draft.version, "documents": []})
    assert late.status_code == 409
    used = reverse("registry:document_delete", args=[world.firm.pk, paper.pk])
    assert "goes with an application" in text(owner.post(used, follow=True))


def test_a_warning_of_an_import_is_answered_on_the_last_look(
    client: Client, world: World, draft: Application
) -> None:
    owner = signed(client, world, "owner")
    report = AnnualReport.objects.get(enterprise=world.firm)
    report.main_business_revenue = 7_000_000_000
    message = "main-business revenue (CNY 70,000,000) is above revenue (CNY 60,000,000)"
    report.warnings = [
        {"code": "part_above_whole", "figure": "main_business_revenue", "message": message,
         "reason": "", "by": ""}
    ]  # fmt: skip
    report.save()
    name = "why:report:2025:main_business_revenue|part_above_whole"
    page = owner.get(at("check", draft))
    assert f'name="{name}"' in page.content.decode()
    assert f"say why: {message}" in text(page)
    owner.post(at("form_why", draft), {name: "merged in May", "why:paper:gold|missing": "x"})
    report.refresh_from_db()
    assert [one["reason"] for one in report.warnings] == ["merged in May"]
    assert "say why" not in text(owner.get(at("check", draft)))
