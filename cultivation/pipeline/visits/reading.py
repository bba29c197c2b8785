"""A record as pages show it: declared and found side by side (核查记录展示)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cultivation.pipeline import findings
from cultivation.pipeline.models import Visit, VisitRecord
from cultivation.pipeline.visits import rules

if TYPE_CHECKING:
    from cultivation.pipeline.findings import Finding
    from cultivation.pipeline.models import Application, VisitFile, VisitListed
    from cultivation.pipeline.visits.rules import VisitRule
    from enterprises.accounts.models import User

Outcome = VisitRecord.Outcome
TONES = {Outcome.AGREES: "good", Outcome.DEVIATES: "bad", Outcome.UNSEEN: "warn"}
STATES = {
    Visit.State.OPEN: "warn", Visit.State.PLANNED: "info", Visit.State.SIGNED: "good",
    Visit.State.WAIVED: "neutral", Visit.State.CANCELLED: "neutral",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a record: what was declared, what was found (一条核查)."""

    finding: Finding
    outcome: str = ""
    found: str = ""
    words: str = ""
    files: list[VisitFile] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.finding.code

    @property
    def said(self) -> str:
        """Return the outcome in words."""
        return str(Outcome(self.outcome).label) if self.outcome else ""

    @property
    def tone(self) -> str:
        return TONES[Outcome(self.outcome)] if self.outcome else "neutral"


def lines(record: VisitRecord) -> list[Line]:
    """Return the criteria of a record in the order of the rules, each with its files."""
    files: dict[str, list[VisitFile]] = {}
    for one in record.files.all() if record.pk else ():
        files.setdefault(one.criterion, []).append(one)
    found = []
    for leaf in findings.leaves(dict(record.submission.result)):
        code = str(leaf["code"])
        said = {part: str(text) for part, text in record.findings.get(code, {}).items()}
        found.append(
            Line(
                findings.Finding(leaf, 0),
                said.get("outcome", ""),
                said.get("found", ""),
                said.get("words", ""),
                files.get(code, []),
            )
        )
    return found


def tally(record: VisitRecord) -> dict[str, int]:
    """Return how many criteria agree, deviate, could not be seen (汇总)."""
    said = [one.get("outcome") for one in record.findings.values()]
    return {outcome.value: said.count(outcome.value) for outcome in Outcome}


def rule_of(visit: Visit) -> VisitRule | None:
    """Return the rule that owes a visit."""
    return rules.named(visit.rule) if visit.rule else None


def last_signed(visit: Visit) -> VisitRecord | None:
    """Return the version that counts."""
    rows = visit.records.filter(signed_at__isnull=False).select_related("submission")
    found: VisitRecord | None = rows.last()
    return found


def for_office(application: Application, user: User) -> list[Visit]:
    """Return the visits of a case that an office sees, with what they found (案卷核查情况)."""
    rows = Visit.objects.visible_to(user).standing().filter(application=application)
    return list(rows.select_related("first", "second").order_by("pk"))


def for_firm(application: Application, user: User) -> list[Visit]:
    """Return the visits of a case that its firm was told of."""
    rows = Visit.objects.of_firm(user).filter(application=application)
    return list(rows.order_by("pk"))


def numbers(application: Application) -> list[VisitListed]:
    """Return under which numbers a case stands on closed lists of samples."""
    return list(application.visit_lists.select_related("draw").order_by("pk"))


def on_site(application: Application, level: str, user: User) -> dict[str, Line]:
    """Return by criterion what the last signed visit of a level found, for the review sheet."""
    rows = VisitRecord.objects.filter(
        visit__in=Visit.objects.visible_to(user).standing(),
        visit__application=application,
        visit__level=level,
        signed_at__isnull=False,
    )
    record = rows.select_related("submission").last()
    return {line.code: line for line in lines(record) if line.outcome} if record else {}
