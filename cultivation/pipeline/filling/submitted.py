"""What goes in with a submission beside facts and answers, and the hash of it all (申报封存与回执).

The hash is the SHA-256 of one canonical JSON text, which the enterprise can keep and hash itself.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import override

from cultivation.pipeline.filling import remarks, subjects
from cultivation.pipeline.filling.needs import fact_model
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.questions import questions_of
from enterprises.registry import ledger
from enterprises.registry.forms.facts import KINDS, Kind

if TYPE_CHECKING:
    from cultivation.pipeline.filling.evidence import Paper
    from cultivation.pipeline.models import Application
    from enterprises.registry.models import Fact

LANGUAGES = {"zh": "zh-hans", "en": "en"}
KIND_OF = {str(kind.model._meta.model_name): kind for kind in KINDS.values()}


def freeze(application: Application) -> dict[str, Any]:
    """Return the form as it stands: fields, lists that are counted, papers, warnings (封存)."""
    sheet = Sheet(application)
    enterprise = sheet.enterprise
    return {
        "enterprise": {
            "credit_code": enterprise.credit_code,
            "name": enterprise.name,
            "region": enterprise.region.code,
            "region_name": str(enterprise.region),
        },
        "year": sheet.year,
        "fields": {name: _field(sheet, name) for name in fields_in_order(sheet)},
        "lists": {code: _rows(sheet, kind) for code, kind in lists_of(sheet).items()},
        "papers": [_paper(paper) for paper in sheet.papers.values() if _says(paper)],
        "other_documents": _others(sheet),
        "remarks": [
            {"subject": one.subject, "code": one.code, "message": one.message, "reason": one.reason}
            for one in remarks.of(sheet)
        ],
    }


def fields_in_order(sheet: Sheet) -> list[str]:
    """Return the names of all fields: section by section, each once, then what is left."""
    found = [name for section in sheet.sections for name in sheet.fields_of(section)]
    found += [subjects.answer(q.name) for q in questions_of(sheet.application.tier)]
    return list(dict.fromkeys(found))


def lists_of(sheet: Sheet) -> dict[str, Kind]:
    """Return the kinds of facts that the rules count, by their codes."""
    found = {}
    for section in sheet.sections:
        for count in section.needs.counts:
            kind = KIND_OF[fact_model(count)]
            found[kind.code] = kind
    return found


def seal(application: Application) -> None:
    """Set the hash of a submission, once number, moment and judgement are set (封印)."""
    application.submitted_hash = hashlib.sha256(text_of(application).encode()).hexdigest()


def text_of(application: Application) -> str:
    """Return the canonical text of a submission: what the hash is of (申报原文)."""
    kept = application.submission
    said = {
        "receipt": application.receipt,
        "submitted_at": moment(application),
        "tier": application.tier,
        "kind": application.kind,
        "year": application.year,
        "edition": kept.edition.code if kept else "",
        "rules": kept.rules if kept else [],
        "facts": kept.facts if kept else {},
        "facts_hash": kept.facts_hash if kept else "",
        "rules_hash": kept.rules_hash if kept else "",
        "result_hash": kept.result_hash if kept else "",
        "answers": application.submitted_answers,
        "form": application.submitted_form,
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def moment(application: Application) -> str:
    """Return when it went in, to the second, with the zone: 2026-05-06T10:00:00+08:00."""
    at = application.submitted_at
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def is_whole(application: Application) -> bool:
    """Tell whether what is stored is still what was hashed (核验)."""
    found = hashlib.sha256(text_of(application).encode()).hexdigest()
    return bool(application.submitted_hash) and found == application.submitted_hash


def _field(sheet: Sheet, subject: str) -> dict[str, Any]:
    value = sheet.value(subject)
    said: dict[str, Any] = {"value": subjects.plain(subject, value)}
    if isinstance(value, models.Model):
        for end, language in LANGUAGES.items():
            with override(language):
                said[end] = str(value)
    return said


def _rows(sheet: Sheet, kind: Kind) -> list[dict[str, Any]]:
    facts = kind.model._default_manager.filter(enterprise=sheet.enterprise).order_by("pk")
    return [_row(fact) for fact in facts]


def _row(fact: Fact) -> dict[str, Any]:
    left_out = {"id", "enterprise", "created_at"}
    fields = [f.name for f in fact._meta.concrete_fields if f.name not in left_out]
    return {name: ledger.plain(getattr(fact, name)) for name in fields}


def _says(paper: Paper) -> bool:
    return bool(paper.slot.owed or paper.handed_in or paper.remark)


def _paper(paper: Paper) -> dict[str, Any]:
    return {
        "subject": paper.subject,
        "criteria": list(paper.slot.codes),
        "owed": paper.slot.owed,
        "stated": paper.stated,
        "remark": paper.remark,
        "documents": [
            {
                "id": one.document_id,
                "name": one.document.name,
                "sha256": one.document.sha256,
                "size": one.document.size,
                "page": one.page,
                "valid_to": ledger.plain(one.document.valid_to),
            }
            for one in paper.handed_in
        ],
    }


def _others(sheet: Sheet) -> list[dict[str, Any]]:
    """Return the documents that go with the application as no paper asked for."""
    taken = {one.document_id for paper in sheet.papers.values() for one in paper.handed_in}
    rows = sheet.application.documents.exclude(pk__in=taken).order_by("pk")
    return [{"id": d.pk, "name": d.name, "sha256": d.sha256, "size": d.size} for d in rows]
