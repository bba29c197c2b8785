"""What a kept document proves: pointing it at a figure or fact, and taking that back (证明关系)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from enterprises.registry import records
from enterprises.registry.models import Document, Proof

if TYPE_CHECKING:
    from enterprises.accounts.models import User


@transaction.atomic
def point(document: Document, subject: str, *, by: User | None, page: str = "") -> Proof:
    """Let a kept document prove one thing more; the same thing again changes the page (指向)."""
    locked = records.lock(document.enterprise, by=by)
    proof, new = Proof.objects.get_or_create(
        document=document, subject=subject, defaults={"page": page}
    )
    before = {} if new else {"page": proof.page}
    if not new and proof.page != page:
        proof.page = page
        proof.save(update_fields=["page"])
    after = {"name": document.name, "proves": subject, "page": page}
    if new or before != {"page": page}:
        records.note(locked, f"document:{document.pk}", before, after, by, "")
    return proof


@transaction.atomic
def detach(proof: Proof, *, by: User | None, reason: str = "") -> None:
    """Take back that a document proves a thing; the history keeps it (解除)."""
    document = proof.document
    locked = records.lock(document.enterprise, by=by)
    before = {"name": document.name, "proves": proof.subject, "page": proof.page}
    proof.delete()
    records.note(locked, f"document:{document.pk}", before, {}, by, reason)
