"""Why an enterprise meets a standard or not: every criterion with value, threshold and distance.

The verdicts are those of the one evaluator on a frame of one row (评价说明).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, override

from cultivation.standards import facts as facts_frame
from cultivation.standards import wording
from cultivation.standards.editions import policy as policy_of
from cultivation.standards.evaluation import requirements
from cultivation.standards.indicators import FIGURE_LABELS, FIGURE_UNITS, STATEMENTS
from cultivation.standards.measuring import (
    Used,
    Value,
    Wanted,
    used,
    wanted,
)
from cultivation.standards.models import Verdict
from cultivation.standards.substance import apart, found, plain

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from cultivation.standards.models import Edition
    from cultivation.standards.policy import Criterion, Policy
    from enterprises.registry.models import Enterprise

Facts = dict[str, Any]
LANGUAGES = {"zh": "zh-hans", "en": "en"}


@dataclass(frozen=True, slots=True)
class Node:
    """One criterion with what was found (条件的判定)."""

    criterion: Criterion
    document: str
    verdict: Verdict
    values: tuple[Value, ...] = ()
    distance: Fraction | None = None
    used: tuple[Used, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    unstated: tuple[str, ...] = ()  # statements and counts that something is missing for
    points: tuple[int, int] | None = None
    parts: tuple[Node, ...] = ()
    depth: int = 0

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def code(self) -> str:
        return self.criterion.code

    @property
    def label(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.criterion.label_en if english else self.criterion.label_zh

    @property
    def unit(self) -> str:
        return self.criterion.quantity.unit if self.criterion.quantity else ""

    @property
    def is_leaf(self) -> bool:
        return not self.parts

    @property
    def missing(self) -> tuple[Used, ...]:
        """Return the figures that nobody stated."""
        return tuple(figure for figure in self.used if figure.value is None)

    @property
    def value_text(self) -> str:
        """Return the value used, in the unit people use; several years side by side."""
        edge = self._edge
        if self.criterion.quantity and self.criterion.quantity.is_span:
            return "–".join(self._amount(v, edge) if v is not None else "?" for v in self.values)
        return " / ".join(self._amount(value, edge) for value in self.values)

    @property
    def threshold_text(self) -> str:
        """Return what is asked for."""
        criterion = self.criterion
        if criterion.line:
            return wording.bound(criterion.line, "points")
        if criterion.comparison:
            return wording.bound(criterion.comparison, self.unit)
        return ""

    @property
    def distance_text(self) -> str:
        """Return how far it is beyond or short of the threshold."""
        if self.distance is None:
            return ""
        return wording.gap(self.distance, "points" if self.criterion.line else self.unit)

    @property
    def points_text(self) -> str:
        """Return the points given of the most there are."""
        if self.points is None:
            return ""
        most = wording.points(self.criterion.most, self.criterion.most)
        return f"{wording.points(*self.points)} / {most}"

    @property
    def wanted_texts(self) -> list[str]:
        """Return what would meet the criterion."""
        return [wording.wish(want) for want in self.wanted]

    @property
    def _edge(self) -> Fraction | None:
        comparison = self.criterion.comparison
        threshold = comparison.threshold if comparison else None
        return threshold if isinstance(threshold, Fraction) else None

    def _amount(self, value: Value, edge: Fraction | None) -> str:
        return wording.amount(value, self.unit, against=edge)

    def as_json(self, *, texts: bool = True) -> dict[str, Any]:
        """Return the node and its parts as plain data, with texts in both languages."""
        criterion = self.criterion
        said: dict[str, Any] = {
            "code": criterion.code,
            "label_zh": criterion.label_zh,
            "label_en": criterion.label_en,
            "clause": criterion.source.clause,
            "document": self.document,
            "confidence": criterion.source.confidence,
            "verified": criterion.source.verified,
            "note": criterion.source.note,
            "advisory": criterion.advisory,
            "need": criterion.need,
            "verdict": self.verdict.value,
            "value": [plain(value) for value in self.values],
            "distance": plain(self.distance),
            "figures": [[figure.name, figure.year] for figure in self.used],
            "points": list(self.points) if self.points else None,
            "parts": [part.as_json(texts=texts) for part in self.parts],
        }
        for end, language in LANGUAGES.items() if texts else ():
            with override(language):
                said[f"value_{end}"] = self.points_text or self.value_text
                said[f"threshold_{end}"] = self.threshold_text
                said[f"distance_{end}"] = self.distance_text
        return said


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of an edition on one enterprise, with the reasons (评价说明)."""

    edition: Edition
    kind: str
    as_of: dt.date
    root: Node
    facts: Facts
    left_out: tuple[Criterion, ...] = ()  # criteria that do not apply to this case

    @property
    def verdict(self) -> Verdict:
        return self.root.verdict

    @property
    def facts_hash(self) -> str:
        """Return the SHA-256 of the facts judged."""
        return digest(self.facts)

    @property
    def requirements(self) -> list[Node]:
        """Return what must be met one by one."""
        standard = {criterion.code for criterion in requirements(self.root.criterion)}
        return [node for node in self.root.walk() if node.code in standard]

    def count(self, verdict: Verdict) -> int:
        """Return how many requirements have a verdict."""
        return sum(node.verdict == verdict for node in self.requirements)

    def as_json(self, *, texts: bool = True) -> dict[str, Any]:
        """Return the tree as plain data, the same for the same facts and edition.

        Without `texts` it has what the texts say in numbers alone, which is most of the work.
        """
        return {
            "edition": self.edition.code,
            "edition_hash": self.edition.sha256,
            "facts_hash": self.facts_hash,
            "kind": self.kind,
            "as_of": self.as_of.isoformat(),
            **self.root.as_json(texts=texts),
        }


def explain(enterprise: Enterprise, edition: Edition, *, kind: str, as_of: dt.date) -> Explanation:
    """Judge one enterprise by an edition as of a day and say why (评价并说明)."""
    row = facts_frame.row(enterprise.pk, as_of=as_of, counts=policy_of(edition).counts)
    return explain_facts(row, edition, kind=kind, as_of=as_of)


def explain_facts(
    facts: Facts, edition: Edition, *, kind: str, as_of: dt.date, said: Policy | None = None
) -> Explanation:
    """Judge facts as kept, or changed for a what-if, and say why; the replay of a decision.

    `said` is what the edition says, where not what it says today.
    """
    return explain_rows([facts], edition, kind=kind, as_of=as_of, said=said)[0]


def explain_rows(
    rows: Sequence[Facts],
    edition: Edition,
    *,
    kind: str,
    as_of: dt.date,
    said: Policy | None = None,
) -> list[Explanation]:
    """Judge rows of facts together, in a frame for each standard, and say why for each of them."""
    policy = policy_of(edition) if said is None else said
    told: dict[int, Explanation] = {}
    for standard, places, judged in apart(rows, policy, kind=kind, as_of=as_of):
        applied = {criterion.code for criterion in standard.walk()}
        left_out = tuple(c for c in policy.root.walk() if c.code not in applied)
        for place, verdicts in zip(places, judged, strict=True):
            reader = _Reader(policy, verdicts, rows[place], as_of)
            root = reader.node(standard, depth=0)
            told[place] = Explanation(edition, kind, as_of, root, rows[place], left_out)
    return [told[place] for place in range(len(rows))]


def digest(plain: Any) -> str:
    """Return the SHA-256 of plain data in its canonical JSON text."""
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class _Reader:
    def __init__(self, policy: Policy, judged: Facts, facts: Facts, as_of: dt.date) -> None:
        self.policy, self.judged, self.facts, self.as_of = policy, judged, facts, as_of

    def node(self, criterion: Criterion, *, depth: int) -> Node:
        quantity, comparison = criterion.quantity, criterion.comparison
        one = found(criterion, self.judged, self.facts)
        wants: tuple[Wanted, ...] = ()
        if quantity and comparison and one.verdict != Verdict.MET:
            wants = wanted(quantity, comparison, self.facts, as_of=self.as_of)
        return Node(
            criterion=criterion,
            document=criterion.source.document or self.policy.source.document,
            verdict=one.verdict,
            values=one.values,
            distance=one.distance,
            used=used(quantity, self.facts, as_of=self.as_of) if quantity else (),
            wanted=wants,
            unstated=self._unstated(criterion, one.verdict),
            points=one.points,
            parts=tuple(self.node(part, depth=depth + 1) for part in criterion.parts),
            depth=depth,
        )

    def _unstated(self, criterion: Criterion, verdict: Verdict) -> tuple[str, ...]:
        quantity = criterion.quantity
        if quantity is None or verdict != Verdict.UNKNOWN:
            return ()
        if quantity.shape == "fact":
            return quantity.names
        counts = {count.name: count for count in self.policy.counts}
        if quantity.is_span and (name := counts[quantity.names[0]].complete):
            return (name,)
        return ()


def figure_text(figure: Used) -> str:
    """Write a figure used with its year (所用数据)."""
    value = None if figure.value is None else Fraction(figure.value)
    amount = wording.amount(value, FIGURE_UNITS[figure.name])
    return f"{FIGURE_LABELS[figure.name]} {figure.year}: {amount}"


def statement_label(name: str) -> str:
    """Return what a statement is called (陈述名称)."""
    return str(STATEMENTS[name].label)
