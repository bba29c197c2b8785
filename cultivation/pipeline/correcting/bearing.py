"""What a criterion rests on: figures, statements, lists of facts, texts, papers (条件所依据的内容).

Everything that can be sent back has a name, its subject: "answer:niche", "report:2025:revenue",
"statement:own_brand", "fact:ip", "paper:audit_report:2025", "document:17", "criterion:L26-3a".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cultivation.pipeline.filling import needs, slots, subjects
from cultivation.pipeline.questions import questions_of
from cultivation.standards.indicators import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.pipeline.findings import Node
    from cultivation.standards.policy import Criterion, Policy

OF_OTHERS = frozenset(
    {"size_class", "tier", "region_path", "enterprise"}
)  # not the firm's to state


def rests_on(policy: Policy, result: Node) -> dict[str, frozenset[str]]:
    """Return for each criterion of a result the subjects it rests on; a group has its parts'."""
    found: dict[str, frozenset[str]] = {}
    if result:
        _Reader(policy, int(result["as_of"][:4]), found).collect(result)
    return found


def answers_for(criterion: Criterion | None, tier: str) -> list[str]:
    """Return the texts of the form that take the place of a paper the criterion asks for."""
    asked = criterion.evidence if criterion else ()
    return [one.name for one in questions_of(tier, "texts") if one.paper and one.paper in asked]


def subject_of_column(column: str, *, year: int, policy: Policy) -> str:
    """Return the subject whose change shows in a column of the facts frame; "" for others' doing.

    `year` is that of the judging; `revenue_y1` of 2026 is "report:2025:revenue".
    """
    name, _mark, back = column.rpartition("_y")
    if name and back.isdigit():
        return subjects.figure(year - int(back), name)
    if column in OF_OTHERS:
        return ""
    if column in STATEMENTS:
        return next(map(subjects.statement, needs.fields_of(column)), "")
    count = column.removesuffix("_low").removesuffix("_high")
    kinds = {one.name: one.of for one in policy.counts}
    return fact(kinds[count]) if count in kinds else ""


def fact(counted: str) -> str:
    """Return the subject of the list that a count of a standard counts: rights are "fact:ip"."""
    return f"fact:{'ip' if counted == 'right' else counted}"


@dataclass(frozen=True, slots=True)
class _Reader:
    policy: Policy
    year: int
    found: dict[str, frozenset[str]]

    def collect(self, node: Node) -> None:
        known = {criterion.code: criterion for criterion in self.policy.root.walk()}
        counts: dict[str, Any] = {count.name: count for count in self.policy.counts}
        papers: dict[str, set[str]] = {}
        for slot in slots.slots(self.policy.root, self.policy.tier):
            for code in slot.codes:
                papers.setdefault(code, set()).add(slot.subject(self.year))
        self._walk(node, known, counts, papers)

    def _walk(
        self,
        node: Node,
        known: dict[str, Criterion],
        counts: dict[str, Any],
        papers: dict[str, set[str]],
    ) -> frozenset[str]:
        code = str(node["code"])
        criterion = known.get(code)
        mine = {f"criterion:{code}", *papers.get(code, ())}
        mine |= {subjects.figure(year, name) for name, year in node.get("figures") or ()}
        mine |= set(map(subjects.answer, answers_for(criterion, self.policy.tier)))
        if criterion is not None:
            mine |= set(self._of_quantity(criterion, counts))
        for part in node.get("parts") or ():
            mine |= self._walk(part, known, counts, papers)
        self.found[code] = frozenset(mine)
        return self.found[code]

    def _of_quantity(self, criterion: Criterion, counts: dict[str, Any]) -> Iterator[str]:
        quantity = criterion.quantity
        if quantity is None:
            return
        if quantity.shape == "fact":
            for name in needs.fields_of(quantity.names[0]):
                yield subjects.statement(name)
            for name, back in needs.figures_of(criterion):
                yield subjects.figure(self.year - back, name)
        elif quantity.shape in {"count", "sum"}:
            count = counts[quantity.names[0]]
            yield fact(count.of)
            if count.complete:
                yield subjects.statement(count.complete)
