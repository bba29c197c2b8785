"""Which fields of an application may be written now: in a draft all, once returned those named.

Every writer that the applicant can use asks here (可改事项).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.pipeline.correcting import bearing
from cultivation.pipeline.models import Evidence, Status
from cultivation.standards import editions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cultivation.pipeline.models import Application, Correction
    from enterprises.registry.models import Document

PROVED = ("criterion", "report", "statement", "fact", "paper", "document")  # what papers prove


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open for writing: everything, or the subjects named and what they rest on."""

    everything: bool = False
    named: frozenset[str] = frozenset()
    covered: frozenset[str] = frozenset()

    def covers(self, subject: str) -> bool:
        """Tell whether a field lies within what is open; a year opens its figures."""
        if self.everything or subject in self.covered:
            return True
        kind, _colon, rest = subject.partition(":")
        return kind == "report" and f"report:{rest.partition(':')[0]}" in self.covered

    def touches(self, subject: str) -> bool:
        """Tell whether a paper of a field bears on what is open; that of a year on its figures."""
        return self.covers(subject) or any(
            one.startswith(f"{subject}:") for one in self.covered if subject
        )

    @property
    def takes_papers(self) -> bool:
        """Tell whether evidence may be added: something that papers prove was sent back."""
        return self.everything or any(subject.partition(":")[0] in PROVED for subject in self.named)


EVERYTHING, NOTHING = Opened(everything=True), Opened()


def opened(application: Application) -> Opened:
    """Return what the enterprise may write in an application as it stands (可改范围)."""
    if application.status == Status.DRAFT:
        return EVERYTHING
    if application.status != Status.RETURNED:
        return NOTHING
    correction = open_correction(application)
    if correction is None:
        return EVERYTHING  # sent back before fields were named
    named = set(correction.items.values_list("subject", flat=True))
    return within(
        named | _slots_of(application, named),
        bearing.rests_on(editions.policy(application.edition), application.submitted_result),
    )


def may_write(application: Application, subject: str) -> bool:
    """Tell whether one field of an application is open for its enterprise now."""
    return opened(application).covers(subject)


def within(named: Iterable[str], rests: Mapping[str, frozenset[str]]) -> Opened:
    """Return what is open where some subjects were named.

    A criterion opens what it rests on; a figure, statement or list the papers that prove it.
    """
    subjects = frozenset(named)
    covered = set(subjects)
    for subject in subjects:
        kind, _colon, code = subject.partition(":")
        if kind == "criterion":
            covered |= rests.get(code, frozenset())
        elif kind in {"report", "statement", "fact"}:
            covered |= _papers_for(subject, rests)
    return Opened(named=subjects, covered=frozenset(covered))


def _papers_for(subject: str, rests: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the papers by which the single criteria that read a field are proved."""
    single = (
        mine for mine in rests.values() if sum(one.startswith("criterion:") for one in mine) == 1
    )
    return {
        one
        for mine in single
        if subject in mine or any(name.startswith(f"{subject}:") for name in mine)
        for one in mine
        if one.startswith("paper:")
    }


def _slots_of(application: Application, named: Iterable[str]) -> set[str]:
    """Return the papers as which documents that were sent back are handed in."""
    files = (one.partition(":")[2] for one in named if one.startswith("document:"))
    pks = [int(pk) for pk in files if pk.isdigit()]
    if not pks:
        return set()
    rows = Evidence.objects.filter(application=application, document__in=pks)
    return set(rows.values_list("subject", flat=True))


def papers_not_open(
    application: Application, scope: Opened, chosen: Iterable[Document]
) -> list[str]:
    """Return the names of documents that may not be added, or taken away, as things stand."""
    held = {one.pk: one.name for one in application.documents.all()}
    wanted = {one.pk: one.name for one in chosen}
    new = [] if scope.takes_papers else [wanted[pk] for pk in wanted.keys() - held.keys()]
    gone = [held[pk] for pk in held.keys() - wanted.keys() if not scope.covers(f"document:{pk}")]
    return sorted([*new, *gone])


def open_correction(application: Application) -> Correction | None:
    """Return the correction that the enterprise has in hand."""
    return application.corrections.filter(opened_at__isnull=False, closed_at__isnull=True).first()
