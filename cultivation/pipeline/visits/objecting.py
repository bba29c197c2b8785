"""What deviates on site becomes an objection of the level in its review sheet (核查不符转异议)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cultivation.pipeline import opinions
from cultivation.pipeline.models import LIVE, Application, CriterionReview, VisitRecord

if TYPE_CHECKING:
    from enterprises.accounts.models import User

OBJECTED = CriterionReview.Opinion.OBJECTED


def object_to(record: VisitRecord, *, by: User) -> list[str]:
    """Write the deviations of a record into the review sheet; return the criteria concerned.

    The words are kept in the record. What an earlier version objected to and this one does not is
    taken back where the opinion is still that one. A case that has ended keeps its sheet.
    """
    visit = record.visit
    deviating = {
        code: _words(record, code)
        for code, one in sorted(record.findings.items())
        if one.get("outcome") == VisitRecord.Outcome.DEVIATES
    }
    for code, said in deviating.items():
        record.findings[code]["objection"] = said
    locked = Application.objects.select_for_update(of=("self",)).get(pk=visit.application_id)
    if locked.status not in LIVE:
        return []
    words = [opinions.Word(code, OBJECTED, said) for code, said in deviating.items()]
    words += [opinions.Word(code, "") for code in _outdated(record, set(deviating))]
    opinions.keep(locked, visit.level, words, by=by)
    return sorted(deviating)


def _words(record: VisitRecord, code: str) -> str:
    one = record.findings[code]
    with translation.override(settings.LANGUAGE_CODE):  # the enterprise reads it
        return _said(record, one)


def _said(record: VisitRecord, one: dict[str, str]) -> str:
    return _("Check on site of %(day)s: found %(found)s. %(words)s") % {
        "day": record.visited_on.isoformat() if record.visited_on else "",
        "found": one.get("found", ""),
        "words": one.get("words", ""),
    }


def _outdated(record: VisitRecord, deviating: set[str]) -> list[str]:
    """Return the criteria whose objection came from an earlier version and no longer holds."""
    earlier = record.visit.records.filter(number__lt=record.number).order_by("-number").first()
    if earlier is None:
        return []
    said = {
        code: one["objection"] for code, one in earlier.findings.items() if one.get("objection")
    }
    rows = record.visit.application.criterion_reviews.filter(
        level=record.visit.level, opinion=OBJECTED, criterion__in=set(said) - deviating
    )
    return [row.criterion for row in rows if row.reason == said[row.criterion].strip()]
