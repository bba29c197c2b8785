"""Which documents of an enterprise bear on which criterion (条件的佐证材料)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cultivation.standards.measures import MEASURES
from enterprises.registry.models import Proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.standards.explanation import Node
    from cultivation.standards.policy import Policy
    from enterprises.registry.models import Enterprise


def documents_of(
    enterprise: Enterprise, nodes: Iterable[Node], policy: Policy
) -> dict[str, list[Proof]]:
    """Return the proofs that bear on each criterion by its code; one query."""
    proofs = Proof.objects.filter(document__enterprise=enterprise).select_related("document")
    by_subject: dict[str, list[Proof]] = defaultdict(list)
    by_kind: dict[str, list[Proof]] = defaultdict(list)
    for proof in proofs.order_by("pk"):
        by_subject[proof.subject].append(proof)
        by_kind[proof.subject.partition(":")[0]].append(proof)
    counts = {count.name: MEASURES[count.of].model._meta.model_name for count in policy.counts}
    found: dict[str, list[Proof]] = {}
    for node in nodes:
        mine = list(by_subject[f"criterion:{policy.code}:{node.code}"])
        for figure in node.used:
            mine += by_subject[f"report:{figure.year}:{figure.name}"]
            mine += by_subject[f"report:{figure.year}"]
        quantity = node.criterion.quantity
        if quantity is not None and quantity.is_span:
            mine += by_kind[counts[quantity.names[0]] or ""]
        found[node.code] = list(dict.fromkeys(mine))
    return found
