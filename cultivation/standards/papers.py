"""The kinds of papers by which an enterprise proves what it states (佐证材料种类).

Names after the evidence lists of the little-giant notices and of the provinces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import _StrPromise

PAPERS: dict[str, _StrPromise] = {
    "licence": _("business licence"),
    "declaration": _("declaration of truth and compliance"),
    "credit_reports": _("reports of Credit China and of the enterprise credit system"),
    "audit_report": _("audit report, filed and coded at the ministry of finance"),
    "rd_audit": _("special audit of R&D expense, where the audit report does not show it"),
    "social_security": _("proof of social-security headcount in December"),
    "title_proof": _("certificate or announcement of the title"),
    "honour_proof": _("certificate of the honour, with its validity"),
    "award_proof": _("certificate of the award, with the ranking of units"),
    "contest_proof": _("published list of the contest"),
    "right_certificates": _(
        "certificates of intellectual property (Chinese invention patents are looked up)"
    ),
    "benefit_note": _("note on use and benefit of each right, at most 500 characters"),
    "rd_body_proof": _("document of recognition or set-up of the R&D body"),
    "equity_proof": _("slips of arrival of the money, and that the investor qualifies"),
    "certificates": _("management-system or product certificates"),
    "standards_proof": _("published standard with the list of drafting units"),
    "quality_award_proof": _("certificate of the quality award"),
    "market_share_note": _("note on the market share: niche, size and its source, share, rank"),
    "brand_proof": _("trademark certificate, or revenue of the branded product"),
    "system_proof": _("proof of the information system in use"),
    "digital_report": _("report of the digital self-test"),
    "field_note": _("note on the field of the leading product"),
    "chain_note": _("note on the role in the key chain"),
    "strategy_note": _("strategy, rules of governance and quality records"),
    "score_page": _("page of the platform with the score"),
    "listing_proof": _("proof of the listing or of its progress"),
}


def said(kinds: Iterable[str]) -> list[str]:
    """Return what kinds of papers are called, in the reader's language."""
    return [str(PAPERS[kind]) for kind in kinds]
