"""The result tree of an application, read criterion by criterion with the officers' words (审核结论)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from cultivation.pipeline.models import CriterionReview
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cultivation.pipeline.models import Application

Node = dict[str, Any]
AGREED, OBJECTED = CriterionReview.Opinion.AGREED, CriterionReview.Opinion.OBJECTED


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the tree, finished for a page (一条结论)."""

    node: Node
    depth: int
    opinions: dict[str, CriterionReview] = field(default_factory=dict)  # by level

    @property
    def code(self) -> str:
        return str(self.node["code"])

    @property
    def label(self) -> str:
        return label_of(self.node)

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.node["verdict"])

    @property
    def is_leaf(self) -> bool:
        return not self.node.get("parts")

    @property
    def is_manual(self) -> bool:
        return self.is_leaf and self.verdict == Verdict.MANUAL

    @property
    def advisory(self) -> bool:
        return bool(self.node.get("advisory"))

    def text(self, name: str) -> str:
        """Return a text of the node in the page's language: value, threshold, distance."""
        return in_language(self.node, name)


def label_of(node: Node) -> str:
    """Return a criterion's label in the page's language."""
    return in_language(node, "label")


def in_language(node: Node, name: str) -> str:
    """Return a node's text that exists in both languages."""
    english = (get_language() or "").startswith("en")
    first, second = ("en", "zh") if english else ("zh", "en")
    return str(node.get(f"{name}_{first}") or node.get(f"{name}_{second}") or node.get(name) or "")


def lines(
    root: Node, reviews: Iterable[CriterionReview] = (), *, depth: int = 0
) -> list[Finding]:
    """Return the tree as lines from top to bottom, each with what levels said on it."""
    said: dict[str, dict[str, CriterionReview]] = {}
    for review in reviews:
        said.setdefault(review.criterion, {})[review.level] = review
    return [
        Finding(node, at, said.get(str(node["code"]), {})) for node, at in _walk(root, depth) if at
    ]


def leaves(root: Node) -> list[Node]:
    """Return the criteria that have no parts and a say in the verdict."""
    if root.get("advisory"):
        return []
    parts = root.get("parts")
    return [leaf for part in parts for leaf in leaves(part)] if parts else [root]


def standing(root: Node, opinions: Mapping[str, str]) -> Verdict:
    """Return the verdict with a level's opinions in the place of the machine's (Kleene logic).

    Agreed makes a manual criterion met, objected makes any criterion unmet. In a sum of points an
    objection to one part leaves the whole unmet until it is settled.
    """
    parts = [part for part in root.get("parts") or () if not part.get("advisory")]
    own = opinions.get(str(root["code"]))
    machine = Verdict(root["verdict"])
    if own == OBJECTED:
        return Verdict.UNMET
    if not parts:
        return Verdict.MET if own == AGREED and machine == Verdict.MANUAL else machine
    below = [standing(part, opinions) for part in parts]
    if root.get("need") == "any":
        return max(below)
    if root.get("need") == "all":
        return min(below)
    objected = any(opinions.get(str(leaf["code"])) == OBJECTED for leaf in leaves(root))
    settled = Verdict.MET if machine == Verdict.MANUAL and Verdict.MANUAL not in below else machine
    return Verdict.UNMET if objected else settled


def open_manual(root: Node, opinions: Mapping[str, str]) -> list[Node]:
    """Return the manual criteria without an opinion on which the whole still hangs."""
    if root.get("advisory"):
        return []
    parts = root.get("parts") or ()
    if root.get("need") != "all" and standing(root, opinions) != Verdict.MANUAL:
        return []
    if not parts:
        return [root] if standing(root, opinions) == Verdict.MANUAL else []
    return [leaf for part in parts for leaf in open_manual(part, opinions)]


def decisive(root: Node, verdict: Verdict) -> list[Node]:
    """Return the criteria through which the whole has, or would have, a verdict.

    All parts of an `all` count; another group counts only where it has the verdict itself. A sum of
    points below its line is one criterion, its parts are not: any of them could lift it.
    """
    if root.get("advisory"):
        return []
    parts = root.get("parts") or ()
    if root.get("need") != "all" and Verdict(root["verdict"]) != verdict:
        return []
    if not parts:
        return [root] if Verdict(root["verdict"]) == verdict else []
    if verdict == Verdict.UNMET and root.get("need") in {"sum", "best"}:
        return [root]
    return [leaf for part in parts for leaf in decisive(part, verdict)]


def opinions_at(application: Application, level: str) -> dict[str, str]:
    """Return the opinions that a level gave, by criterion."""
    rows = application.criterion_reviews.filter(level=level)
    return dict(rows.values_list("criterion", "opinion"))


def changed_codes(before: Node, after: Node) -> set[str]:
    """Return the criteria whose verdict or value differs between two results."""
    old = {str(node["code"]): node for node, _ in _walk(before, 0)} if before else {}
    new = {str(node["code"]): node for node, _ in _walk(after, 0)}
    keys = ("verdict", "value", "points")
    return {
        code
        for code in old.keys() | new.keys()
        if code not in old
        or code not in new
        or any(old[code].get(key) != new[code].get(key) for key in keys)
    }


def _walk(node: Node, depth: int) -> Iterator[tuple[Node, int]]:
    yield node, depth
    for part in node.get("parts") or ():
        yield from _walk(part, depth + 1)
