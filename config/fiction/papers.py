"""Invented papers of invented applications: small PDF files that say so (虚构佐证材料)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.utils import timezone

from config.fiction.words import MARK
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Evidence
from enterprises.registry import documents

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from enterprises.accounts.models import User
    from enterprises.registry.models import Document

ENDS = dt.timedelta(days=40)  # of one paper, so that a warning shows


def hand_in(application: Application, *, by: User, most: int = 99) -> int:
    """Hand in an invented document for every paper owed, the first `most`; return how many."""
    owed = [p for p in Sheet(application).papers.values() if p.slot.owed and not p.by_text][:most]
    if not owed:
        return 0
    audit, other = (_document(application, number, name, by) for number, name in enumerate(NAMES))
    Evidence.objects.bulk_create(
        Evidence(
            application=application,
            subject=paper.subject,
            document=audit if paper.slot.kind == "audit_report" else other,
            page=f"第 {number} 页",
            made_by=by,
        )
        for number, paper in enumerate(owed, start=1)
    )
    application.documents.add(audit, other)
    return len(owed)


def ending(application: Application, subject: str, *, by: User) -> None:
    """Hand in an invented document that soon ends, for one paper (临期材料)."""
    document = _document(application, len(NAMES), "演示即将到期材料", by)
    documents.limit(document, timezone.localdate() + ENDS, by=by)
    Evidence.objects.create(application=application, subject=subject, document=document, made_by=by)
    application.documents.add(document)


NAMES = ("演示审计报告", "演示证照与证明")


def _document(application: Application, number: int, name: str, by: User) -> Document:
    text = f"FICTIONAL {application.enterprise_id}-{number}: this document proves nothing."
    file = ContentFile(pdf(text), name=f"{name}{MARK}.pdf")
    return documents.attach(application.enterprise, file, by=by)


def pdf(text: str) -> bytes:
    """Return a PDF of one page with a line of Latin text."""
    drawn = f"BT /F1 14 Tf 60 760 Td ({text}) Tj ET".encode("ascii")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(parts) + 1,
        start,
    )
    return bytes(out)
