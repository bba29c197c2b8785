"""The hash under which a record was signed (签字摘要)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cultivation.pipeline.models import VisitRecord


def text_of(record: VisitRecord) -> str:
    """Return a record as one canonical text: what was found, by whom, of which submission."""
    said = {
        "application": record.visit.application_id,
        "level": record.visit.level,
        "number": record.number,
        "submission": record.submission.result_hash,
        "visited_on": record.visited_on.isoformat() if record.visited_on else "",
        "findings": record.findings,
        "told": record.told,
        "remarks": record.remarks,
        "correction": record.correction,
        "files": sorted(record.files.values_list("sha256", flat=True)),
        "written_by": record.written_by_id,
        "signed_by": record.signed_by_id,
    }
    return json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def seal_of(record: VisitRecord) -> str:
    """Return the SHA-256 of a record's text."""
    return hashlib.sha256(text_of(record).encode()).hexdigest()
