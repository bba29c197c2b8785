"""An application with all that its form reads: rules in force, values, what was saved (申报表)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from cultivation.pipeline.filling import evidence, needs, rules, slots, subjects
from cultivation.pipeline.models import Entry
from cultivation.pipeline.questions import questions_of
from cultivation.standards import editions
from cultivation.standards.policy import Case
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    from cultivation.pipeline.filling.evidence import Paper
    from cultivation.pipeline.filling.needs import Section
    from cultivation.pipeline.filling.slots import Slot
    from cultivation.pipeline.models import Application
    from cultivation.standards.explanation import Explanation
    from cultivation.standards.models import Edition
    from cultivation.standards.policy import Criterion, Policy

RELATED = ("region", "industry", "product_domain", "strategic_field", "chain_link__chain")


class Sheet:
    """The form of one application as it stands now (申报表); each part is read when asked for."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.year = timezone.localdate().year

    @cached_property
    def enterprise(self) -> Enterprise:
        rows = Enterprise.objects.select_related(*RELATED)
        found: Enterprise = rows.get(pk=self.application.enterprise_id)
        return found

    @cached_property
    def edition(self) -> Edition:
        """Return the edition that counts today."""
        return rules.edition_now(self.application)

    @cached_property
    def policy(self) -> Policy:
        """Return what the edition says, with all that lies over it."""
        return editions.policy(self.edition)

    @cached_property
    def standard(self) -> Criterion:
        """Return the criteria that apply to the case."""
        path = self.application.enterprise.region_path
        return self.policy.standard(Case(self.application.kind, timezone.localdate(), path))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        return needs.sections(self.standard, self.policy)

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """Return the papers asked for, by their names."""
        asked = slots.slots(self.standard, self.application.tier)
        return {slot.subject(self.year): slot for slot in asked}

    @cached_property
    def papers(self) -> dict[str, Paper]:
        """Return the papers asked for with what is handed in, by their names."""
        remarks = {subject: entry.remark for subject, entry in self.entries.items()}
        return evidence.papers(self.application, self.slots, remarks, self.year)

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """Return the names of all figures that the rules look at, each once."""
        asked = [
            subjects.figure(self.year - back, name)
            for section in self.sections
            for name, back in section.needs.figures
        ]
        return tuple(dict.fromkeys(asked))

    @cached_property
    def reports(self) -> dict[int, AnnualReport]:
        """Return the reports of the years that the rules look at, and of the year before them."""
        years = [subjects.year_of(name) for name in self.figures]
        first = min(years, default=self.year) - 1
        rows = AnnualReport.objects.filter(
            enterprise=self.application.enterprise_id, year__range=(first, self.year)
        )
        return {report.year: report for report in rows}

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Return who saved which field last, by the names of the fields."""
        rows = Entry.objects.filter(application=self.application).select_related("made_by")
        return {entry.subject: entry for entry in rows}

    @cached_property
    def told(self) -> Explanation:
        """Return what the rules say of the record as it is."""
        return rules.judge_now(self.application, edition=self.edition)

    @cached_property
    def root(self) -> dict[str, Any]:
        """Return the same as plain data."""
        return self.told.as_json()

    @cached_property
    def subjects(self) -> frozenset[str]:
        """Return the names of all fields that may be filled in."""
        of_sections = {name for section in self.sections for name in self.fields_of(section)}
        asked = {subjects.answer(q.name) for q in questions_of(self.application.tier)}
        return frozenset(of_sections | asked)

    def section(self, key: str) -> Section | None:
        """Return a section by its code, None where the rules in force have none of it."""
        return next((section for section in self.sections if section.key == key), None)

    def fields_of(self, section: Section) -> list[str]:
        """Return the names of the fields of a section: figures, profile, texts."""
        asked = section.needs
        return [
            *(subjects.figure(self.year - back, name) for name, back in asked.figures),
            *map(subjects.statement, asked.profile),
            *(subjects.answer(question.name) for question in asked.texts),
        ]

    def value(self, subject: str) -> Any:
        """Return the value that a field has now, where it has its home; None for nothing."""
        kind, name = subjects.kind_of(subject), subjects.name_of(subject)
        if kind == subjects.ANSWER:
            return self.application.answers.get(name)
        if kind == subjects.REPORT:
            report = self.reports.get(subjects.year_of(subject))
            return getattr(report, name) if report else None
        return getattr(self.enterprise, name)

    def is_given(self, subject: str) -> bool:
        """Tell whether a field holds anything."""
        return subjects.plain(subject, self.value(subject)) not in (None, False) or (
            self.value(subject) is False and subjects.kind_of(subject) == subjects.STATEMENT
        )

    def mark(self, subject: str) -> str:
        """Return the version of a field as it stands."""
        return subjects.mark(subject, self.value(subject))
