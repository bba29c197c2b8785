"""Which papers an application rests on at a moment, as plain data (佐证材料清单)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.pipeline.models import Evidence
from enterprises.registry.models import Proof
from enterprises.registry.profile import COUNTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import Application

Row = list[str]  # subject, sha256, name, page; no subject: it goes with the application
MOST = 2000
LISTS = {str(model._meta.model_name): kind for kind, _heading, model in COUNTED}


@dataclass(frozen=True, slots=True)
class PaperChange:
    """That a document came or went: of which field, on which page (材料增减)."""

    subject: str
    name: str
    page: str
    added: bool


def papers_of(application: Application) -> list[Row]:
    """Return what is handed in with an application, and what its enterprise's documents prove."""
    handed_in = Evidence.objects.filter(application=application).select_related("document")
    rows = [[one.subject, one.document.sha256, one.document.name, one.page] for one in handed_in]
    placed = {row[1] for row in rows}
    rows += [
        ["", one.sha256, one.name, ""]
        for one in application.documents.all()
        if one.sha256 not in placed
    ]
    proofs = Proof.objects.filter(document__enterprise_id=application.enterprise_id)
    rows += [
        [subject_of(proof.subject), proof.document.sha256, proof.document.name, proof.page]
        for proof in proofs.select_related("document").order_by("pk")[:MOST]
    ]
    return sorted(rows)


def changes(before: Sequence[Row], after: Sequence[Row]) -> list[PaperChange]:
    """Return what came and what went between two lists."""
    old, new = {tuple(row) for row in before}, {tuple(row) for row in after}
    return [
        PaperChange(subject, name, page, added)
        for rows, added in ((new - old, True), (old - new, False))
        for subject, _sha256, name, page in sorted(rows)
    ]


def subject_of(proves: str) -> str:
    """Return the subject under which what a proof of the registry proves can be sent back."""
    kind, _colon, rest = proves.partition(":")
    if kind == "criterion":
        return f"criterion:{rest.rpartition(':')[2]}"
    return f"fact:{LISTS[kind]}" if kind in LISTS else proves
