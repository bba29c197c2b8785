"""What changed since the last application: value then, value now (对比上次申报)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from cultivation.pipeline.filling import subjects
from cultivation.pipeline.models import Application
from cultivation.standards.sources import OWN

if TYPE_CHECKING:
    from cultivation.pipeline.filling.sheet import Sheet

UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Before:
    """The enterprise's last application for the title, else its last for any (上次申报)."""

    application: Application

    @property
    def day(self) -> Any:
        return self.application.submitted_at

    def value(self, subject: str) -> Any:
        """Return the plain value a field had, UNKNOWN where that application did not say."""
        kept = self.application.submitted_form.get("fields", {})
        if subject in kept:
            return kept[subject]["value"]
        kind, name = subjects.kind_of(subject), subjects.name_of(subject)
        if kind == subjects.ANSWER:
            answers = self.application.submitted_answers
            return subjects.plain(subject, answers[name]) if name in answers else UNKNOWN
        if kind == subjects.REPORT:
            back = self._year - subjects.year_of(subject)
            return self.application.submitted_facts.get(f"{name}_y{back}", UNKNOWN)
        return self.application.submitted_facts.get(name, UNKNOWN) if name in OWN else UNKNOWN

    def words(self, subject: str) -> str:
        """Return how a choice read then, in the reader's language; empty for what is no choice."""
        english = (get_language() or "").startswith("en")
        kept = self.application.submitted_form.get("fields", {}).get(subject, {})
        return str(kept.get("en" if english else "zh", ""))

    @property
    def _year(self) -> int:
        submission = self.application.submission
        return submission.as_of.year if submission else self.application.year


def last(application: Application) -> Before | None:
    """Return the application before this one that was ever submitted, or nothing."""
    rows = (
        Application.objects.filter(enterprise=application.enterprise_id, submission__isnull=False)
        .exclude(pk=application.pk)
        .select_related("submission")
    )
    if application.pk is not None:
        rows = rows.filter(pk__lt=application.pk)
    found = sorted(rows, key=lambda one: (one.tier == application.tier, one.pk))
    return Before(found[-1]) if found else None


def differs(sheet: Sheet, before: Before, subject: str) -> bool:
    """Tell whether a field has another value than in the last application.

    Declarations are given anew each time, so that there is nothing to compare.
    """
    if subjects.is_tick(subject):
        return False
    then = before.value(subject)
    return then is not UNKNOWN and then != subjects.plain(subject, sheet.value(subject))


def last_year(sheet: Sheet, subject: str) -> int | None:
    """Return the same figure of the year before, None where it is no figure or not stated."""
    if subjects.kind_of(subject) != subjects.REPORT:
        return None
    report = sheet.reports.get(subjects.year_of(subject) - 1)
    value: int | None = getattr(report, subjects.name_of(subject)) if report else None
    return value
