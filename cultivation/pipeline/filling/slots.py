"""The papers that the rules in force ask for, each once (佐证清单).

Which papers are owed follows from the standard: those of conditions that must be met in any case.
What a route or a score rests on is asked for too, but holds nothing up. The lists of the notices
are known from secondary sources (M), so a paper owed may be passed over with a written reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import capfirst

from cultivation.pipeline.filling import needs
from cultivation.pipeline.questions import Question, questions_of
from cultivation.standards.papers import PAPERS

if TYPE_CHECKING:
    from cultivation.standards.policy import Criterion

OF_A_YEAR = ("audit_report", "rd_audit")  # one for each year whose figures are read
OF_LAST_YEAR = ("social_security",)  # of December of the last complete year
STATED = ("declaration",)  # by ticking the declarations of the form
KEPT_HERE = ("title_proof", "score_page")  # titles and scores are the platform's own
YEAR = re.compile("(19|20)[0-9]{2}")
WHERE_NEEDED = ("rd_audit",)  # only where the audit report does not show it


@dataclass(frozen=True, slots=True)
class Slot:
    """A paper asked for: its kind, the year it is of, the criteria that ask for it (佐证项)."""

    kind: str
    back: int | None  # years back from the year of judging; None: of no year
    codes: tuple[str, ...]
    owed: bool
    texts: tuple[Question, ...] = ()  # of the form that take its place

    def subject(self, year: int) -> str:
        """Return the name of the slot, judged in a year: "paper:audit_report:2025"."""
        return (
            f"paper:{self.kind}" if self.back is None else f"paper:{self.kind}:{year - self.back}"
        )

    def label(self, year: int) -> str:
        """Return what is asked for, with its year, in the reader's language."""
        called = str(capfirst(PAPERS[self.kind]))
        return called if self.back is None else f"{called} · {year - self.back}"


def slots(standard: Criterion, tier: str) -> tuple[Slot, ...]:
    """Return the papers that a standard asks for, those owed first, by their first criterion."""
    must = {leaf.code for leaf in needs.owed(standard)}
    asked: dict[tuple[str, int | None], list[str]] = {}
    for leaf in needs.leaves(standard):
        for kind in leaf.evidence:
            for back in _backs(kind, leaf):
                asked.setdefault((kind, back), []).append(leaf.code)
    texts = _texts_by_paper(tier)
    found = [
        Slot(
            kind,
            back,
            tuple(codes),
            owed=bool(must & set(codes)) and kind not in (*WHERE_NEEDED, *KEPT_HERE, *STATED),
            texts=texts.get(kind, ()),
        )
        for (kind, back), codes in asked.items()
    ]
    return tuple(sorted(found, key=lambda slot: not slot.owed))


def is_name(subject: str) -> bool:
    """Tell whether a text names a paper that rules may ask for."""
    word, _colon, rest = subject.partition(":")
    kind, _colon, year = rest.partition(":")
    return word == "paper" and kind in PAPERS and (not year or YEAR.fullmatch(year) is not None)


def label_of(subject: str) -> str:
    """Return what a slot is called by its name alone: "paper:audit_report:2025"."""
    _word, kind, *year = subject.split(":")
    return " · ".join([str(capfirst(PAPERS.get(kind, kind))), *year])


def _backs(kind: str, leaf: Criterion) -> tuple[int | None, ...]:
    if kind in OF_A_YEAR:
        years = dict.fromkeys(back for _name, back in needs.figures_of(leaf))
        return tuple(sorted(years)) or (1,)
    return (1,) if kind in OF_LAST_YEAR else (None,)


def _texts_by_paper(tier: str) -> dict[str, tuple[Question, ...]]:
    found: dict[str, tuple[Question, ...]] = {}
    for question in questions_of(tier, "texts"):
        if question.paper:
            found[question.paper] = (*found.get(question.paper, ()), question)
    return found
