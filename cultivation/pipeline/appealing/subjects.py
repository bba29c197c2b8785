"""What of a refusal can be contested: its criteria, its reasons, the words of the office (事项)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.models import Proposal
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from cultivation.pipeline.models import Move

WORDS = "words"


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that can be contested (可申请复核的事项)."""

    subject: str
    label: str
    said: str = ""  # what the refusal says on it
    criterion: str = ""
    stood_against: bool = False  # the refusal rests on it


@dataclass(frozen=True, slots=True)
class Given:
    """A reason of a refusal as it was given (理由)."""

    code: str
    criterion: str
    text: str

    @property
    def subject(self) -> str:
        """Return the name under which it is contested."""
        return ":".join(filter(None, ("reason", self.code, self.criterion)))


def reasons_of(refusal: Move) -> list[Given]:
    """Return the reasons of the library that a refusal names, in the page's language."""
    english = (get_language() or "").startswith("en")
    first, second = ("text_en", "text_zh") if english else ("text_zh", "text_en")
    return [
        Given(row.get("code", ""), row.get("criterion", ""), row.get(first) or row.get(second, ""))
        for row in refusal.note.get("reasons") or ()
    ]


def own_words(refusal: Move) -> str:
    """Return what the office wrote itself, beyond the library (自拟理由)."""
    if refusal.note.get("proposal"):
        rows = Proposal.objects.filter(pk=refusal.note["proposal"])
        return rows.values_list("words", flat=True).first() or ""
    return refusal.reason


def against(refusal: Move) -> set[str]:
    """Return the criteria that spoke against the application, as it was decided (不利条件).

    Those through which the rules did not find it met, unless a person agreed to what was left to
    one, and those that the level objected to.
    """
    tree = refusal.judgement.result if refusal.judgement else {}
    said = {row["criterion"]: row["opinion"] for row in refusal.note.get("opinions", [])}
    objected = {code for code, word in said.items() if word == findings.OBJECTED}
    if not tree:
        return objected
    lacking = {
        str(node["code"])
        for verdict in (Verdict.UNMET, Verdict.UNKNOWN, Verdict.MANUAL)
        for node in findings.decisive(tree, verdict)
    }
    agreed = {code for code, word in said.items() if word == findings.AGREED}
    return objected | (lacking - agreed)


def contestable(refusal: Move) -> list[Subject]:
    """Return what can be contested of a refusal, what it rests on first (事项清单)."""
    tree = refusal.judgement.result if refusal.judgement else {}
    stood = against(refusal)
    lines = [
        line
        for line in (findings.lines(tree) if tree else [])
        if line.is_leaf or line.code in stood
    ]
    labels = {line.code: f"{line.code} {line.label}" for line in lines}
    found = [
        Subject(
            one.subject,
            labels.get(one.criterion, one.criterion) or _("Reason of the refusal"),
            one.text,
            one.criterion,
            stood_against=True,
        )
        for one in reasons_of(refusal)
    ]
    if words := own_words(refusal):
        found.append(Subject(WORDS, _("In the words of the office"), words, stood_against=True))
    criteria = [
        Subject(
            f"criterion:{line.code}",
            labels[line.code],
            _stand(line),
            line.code,
            stood_against=line.code in stood,
        )
        for line in lines
        if not line.advisory
    ]
    return found + sorted(criteria, key=lambda one: not one.stood_against)


def labels_of(refusal: Move) -> dict[str, Subject]:
    """Return what can be contested by its name."""
    return {one.subject: one for one in contestable(refusal)}


def _stand(line: findings.Finding) -> str:
    return " · ".join(filter(None, (line.value, line.threshold, str(line.verdict.label))))
