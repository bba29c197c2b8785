"""The result tree of an application, read by criterion with the officers' words (审核结论)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
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

    @property
    def value(self) -> str:
        return in_language(self.node, "value")

    @property
    def threshold(self) -> str:
        return in_language(self.node, "threshold")

    @property
    def distance(self) -> str:
        return in_language(self.node, "distance")

    @property
    def clause(self) -> str:
        return str(self.node.get("clause") or "")

    @property
    def verified(self) -> bool:
        """Tell whether the wording of the criterion is sure."""
        return bool(self.node.get("verified", True))

    @property
    def confidence(self) -> str:
        return str(self.node.get("confidence") or "")

    @property
    def opinion_list(self) -> list[CriterionReview]:
        return list(self.opinions.values())


def label_of(node: Node) -> str:
    """Return a criterion's label in the page's language."""
    return in_language(node, "label")


def in_language(node: Node, name: str) -> str:
    """Return a node's text that exists in both languages."""
    english = (get_language() or "").startswith("en")
    first, second = ("en", "zh") if english else ("zh", "en")
    return str(node.get(f"{name}_{first}") or node.get(f"{name}_{second}") or "")


def lines(root: Node, reviews: Iterable[CriterionReview] = (), *, depth: int = 0) -> list[Finding]:
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
    objection to what gave points leaves the whole unmet until it is settled.
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
    lines = [said for part, said in zip(parts, below, strict=True) if _has_line(part)]
    return min([_of_points(root, opinions), *lines])


def _of_points(root: Node, opinions: Mapping[str, str]) -> Verdict:
    """Return how a sum of points stands: what agreed criteria add against what it is short of."""
    said = {str(leaf["code"]): (leaf, opinions.get(str(leaf["code"]))) for leaf in leaves(root)}
    if any(word == OBJECTED and _given(leaf)[0] for leaf, word in said.values()):
        return Verdict.UNMET
    machine = Verdict(root["verdict"])
    if machine != Verdict.MANUAL:
        return machine
    manual = [one for one in said.values() if one[0]["verdict"] == Verdict.MANUAL]
    gained = sum(_given(leaf)[1] for leaf, word in manual if word == AGREED)
    if gained + Fraction(root.get("distance") or 0) >= 0:
        return Verdict.MET
    return Verdict.MANUAL if any(word is None for _, word in manual) else Verdict.UNMET


def _given(node: Node) -> tuple[int, int]:
    low, high = node.get("points") or (0, 0)
    return low, high


def _has_line(node: Node) -> bool:
    return bool(node.get("need") in {"sum", "best"} and node.get("threshold_en"))


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
    found = [leaf for part in parts for leaf in decisive(part, verdict)]
    return found or ([root] if Verdict(root["verdict"]) == verdict else [])


def subjects(leaf: Node, edition_code: str) -> list[str]:
    """Return the subjects of proofs that bear on a criterion (registry.models.Proof)."""
    figures = [f"report:{year}:{name}" for name, year in leaf.get("figures") or ()]
    return [f"criterion:{edition_code}:{leaf['code']}", *figures]


def opinions_at(application: Application, level: str) -> dict[str, str]:
    """Return the opinions that a level gave, by criterion."""
    rows = application.criterion_reviews.all()
    return {row.criterion: row.opinion for row in rows if row.level == level}


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
