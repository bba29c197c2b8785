"""What pages show of editions and explanations, finished for a template (页面内容)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language

from cultivation.standards import editions, explanation, facts
from cultivation.standards.evidence import documents_of
from cultivation.standards.explanation import Explanation, Node, figure_text, statement_label
from cultivation.standards.models import Verdict
from cultivation.standards.papers import said as paper_names

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from cultivation.standards.policy import Criterion
    from cultivation.standards.prospects import Prospect
    from enterprises.registry.models import Enterprise, Proof


def in_language(thing: Criterion) -> str:
    """Return a criterion's label in the page's language."""
    return thing.label_en if (get_language() or "").startswith("en") else thing.label_zh


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure used, with the year to change it in."""

    text: str
    year: int
    missing: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of an explanation, finished for a page (一行条件)."""

    node: Node
    proofs: Sequence[Proof]
    prospect: Prospect | None = None

    @property
    def wanted(self) -> list[str]:
        """Return what would meet the criterion, or bring the nearest points."""
        return [*self.node.wanted_texts, *(self.prospect.what if self.prospect else ())]

    @property
    def figures(self) -> list[Figure]:
        return [Figure(figure_text(f), f.year, f.value is None) for f in self.node.used]

    @property
    def papers(self) -> list[str]:
        """Return the kinds of papers that would prove it."""
        return paper_names(self.node.criterion.evidence)

    @property
    def unstated(self) -> list[str]:
        return [statement_label(name) for name in self.node.unstated]

    @property
    def needs_facts(self) -> bool:
        """Tell whether entries of a list are open, so that the count is."""
        quantity = self.node.criterion.quantity
        counted = quantity is not None and quantity.is_span
        return counted and self.node.verdict in {Verdict.UNKNOWN, Verdict.UNMET}


def lines(
    told: Explanation, enterprise: Enterprise, ahead: Mapping[str, Prospect] | None = None
) -> list[Line]:
    """Return an explanation as lines from top to bottom, with the documents that prove them."""
    nodes = [node for node in told.root.walk() if node.depth]
    proofs = documents_of(enterprise, nodes, editions.policy(told.edition))
    return [Line(node, proofs[node.code], (ahead or {}).get(node.code)) for node in nodes]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an enterprise stands against one edition (达标情况)."""

    told: Explanation

    @property
    def total(self) -> int:
        return len(self.told.requirements)

    @property
    def unmet(self) -> int:
        return self.told.count(Verdict.UNMET)

    @property
    def unknown(self) -> int:
        return self.told.count(Verdict.UNKNOWN)

    @property
    def manual(self) -> int:
        return self.told.count(Verdict.MANUAL)

    @property
    def met(self) -> int:
        return self.told.count(Verdict.MET)

    @property
    def nearest(self) -> list[Node]:
        """Return the requirements not met, at most three."""
        return [node for node in self.told.requirements if node.verdict == Verdict.UNMET][:3]


def standings(enterprise: Enterprise, *, on: dt.date) -> list[Standing]:
    """Return where an enterprise stands against every edition in force on a day."""
    row = facts.row(enterprise.pk, as_of=on)
    return [
        Standing(explanation.explain_facts(row, edition, kind=kind, as_of=on))
        for edition, _, kind in editions.in_force(on, path=enterprise.region_path)
    ]
