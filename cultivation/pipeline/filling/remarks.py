"""Warnings that travel with an application to the reviewer, each with a sentence (提示与说明).

An error blocks; a warning lets pass with a written reason: a figure that looks unusual, a document
that ends. A paper passed over carries its reason as well.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import evidence, rights, subjects
from enterprises.registry import records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cultivation.pipeline.filling.sheet import Sheet
    from enterprises.accounts.models import User

LONGEST = 300  # letters of a sentence


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning and what the enterprise says to it (提示)."""

    subject: str  # "report:2025:revenue" or "paper:licence"
    code: str  # of the doubt; a paper: "validity" or "missing"
    message: str
    reason: str

    @property
    def key(self) -> str:
        """Return by what name a sentence is given: that of the registry's own writer."""
        return f"{self.code}:{subjects.name_of(self.subject)}"

    @property
    def label(self) -> str:
        return subjects.label_of(self.subject)


def of(sheet: Sheet) -> list[Remark]:
    """Return the warnings of the years and papers that the form is about, in its order."""
    years = {subjects.year_of(name) for name in sheet.figures}
    doubts = [
        Remark(
            subjects.figure(year, str(one.get("figure", ""))),
            str(one.get("code", "")),
            str(one.get("message", "")),
            str(one.get("reason", "")),
        )
        for year in sorted(years, reverse=True)
        if year in sheet.reports
        for one in sheet.reports[year].warnings
    ]
    papers = sheet.papers.values()
    ended = [Remark(p.subject, "validity", said, p.remark) for p in papers for said in p.warnings]
    passed = [
        Remark(p.subject, "missing", _("not handed in: %(paper)s") % {"paper": p.label}, p.remark)
        for p in papers
        if p.slot.owed and p.remark and not (p.handed_in or p.by_text)
    ]
    return [*doubts, *ended, *passed]


def answer(sheet: Sheet, texts: Mapping[tuple[str, str], str], *, by: User) -> None:
    """Keep the sentences that warnings want, by subject and code, each where it lives (说明).

    What is no warning any more is passed over. Raises MoveError where a field is closed.
    """
    known = {(one.subject, one.code): one for one in of(sheet)}
    by_year: dict[int, dict[str, str]] = defaultdict(dict)
    for key, text in texts.items():
        one = known.get(key)
        if one is None or not text.strip():
            continue
        if subjects.kind_of(one.subject) == subjects.PAPER:
            evidence.say_why(sheet.application, one.subject, text, by=by)
        elif not rights.may_edit(sheet.application, one.subject, by):
            words = {"field": one.label}
            raise MoveError(_("“%(field)s” is not open in this application.") % words)
        else:
            by_year[subjects.year_of(one.subject)][one.key] = text.strip()[:LONGEST]
    for year, answers in by_year.items():
        records.save_report(sheet.enterprise, year, {}, by=by, answers=answers)
