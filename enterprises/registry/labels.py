"""What fields are called on pages, in histories and in exports (字段名称)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from enterprises.registry.models import COUNTS, MONEY

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from django_stubs_ext import StrOrPromise

PROFILE: dict[str, _StrPromise] = {
    "credit_code": _("Credit code"),
    "code_override_reason": _("Why a wrong check character stands"),
    "name": _("Name"),
    "fictional": _("Fictional"),
    "region": _("Region"),
    "address": _("Address"),
    "established_on": _("Established on"),
    "registered_capital": _("Registered capital"),
    "ownership": _("Ownership"),
    "industry": _("Industry"),
    "industry_class": _("Niche class (4 digits)"),
    "size_class": _("Size"),
    "size_year": _("Size worked out from the year"),
    "niche": _("Niche market"),
    "niche_since": _("In the niche market since"),
    "leading_product": _("Leading product"),
    "product_code": _("Product code"),
    "product_domain": _("Product field"),
    "strategic_field": _("Strategic field"),
    "chain": _("Key chain"),
    "chain_link": _("Link of the chain"),
    "chain_role": _("Role for the chain"),
    "park": _("Park"),
    "cluster": _("Cluster"),
    "mainland_entity": _("Registered in mainland China as a legal entity"),
    "obeys_laws": _("Keeps the laws on its business"),
    "on_abnormal_list": _("On the list of abnormal operations"),
    "on_dishonest_list": _("On the list of serious dishonesty"),
    "prohibited_product": _("Makes a prohibited product"),
    "events_declared": _("List of major events is complete"),
    "own_brand": _("Has a brand of its own"),
    "core_business_system": _("Core business runs on information systems"),
    "champion_title": _("Holds a champion title"),
    "controls_little_giant": _("Controls or is controlled by a little giant"),
    "group_similar_product": _("Group member with a similar leading product"),
    "truth_declared": _("Truth of the data declared"),
    "contact_name": _("Contact person"),
    "contact_phone": _("Telephone"),
    "contact_email": _("E-mail"),
    "stage": _("Stage"),
    "tier": _("Tier"),
    "digital_level": _("Digital level"),
}

FACTS: dict[str, _StrPromise] = {
    "kind": _("Kind"),
    "level": _("Level"),
    "number": _("Number"),
    "title": _("Designation"),
    "ip_class": _("IP class"),
    "granted_on": _("Granted on"),
    "valid_to": _("Valid to"),
    "obtained": _("How obtained"),
    "transferred_on": _("Transferred on"),
    "holder_rank": _("Rank among the holders"),
    "high_value": _("High-value invention"),
    "related": _("Related to the leading product"),
    "applied": _("Applied in practice"),
    "benefit": _("Economic benefit produced"),
    "disputed": _("Ownership disputed"),
    "unit_rank": _("Rank of the enterprise"),
    "awarded_on": _("Date on the certificate"),
    "own": _("Own institution"),
    "recognised_on": _("Recognised on"),
    "foreign": _("By a developed country or region"),
    "issued_on": _("Issued on"),
    "published_on": _("Published on"),
    "paid_on": _("Paid in on"),
    "amount": _("Amount paid in"),
    "investor": _("Investor"),
    "qualified": _("Qualified institutional investor"),
    "shares_given": _("Shares given"),
    "weight": _("Gravity"),
    "happened_on": _("Happened on"),
    "note": _("Note"),
}

REPORT: dict[str, _StrPromise] = {
    **MONEY,
    **COUNTS,
    "market_share": _("market share of the leading product"),
    "domestic_rank": _("domestic rank"),
    "quality_score": _("quality score"),
    "audited": _("audited"),
    "source": _("source"),
}

OTHERS: dict[str, _StrPromise] = {
    "import": _("Import"),
    "line": _("Line of the file"),
    "proves": _("What it proves"),
    "page": _("Page or line"),
    "size": _("Size in bytes"),
    "sha256": _("SHA-256"),
    "province": _("Province"),
    "city": _("City"),
    "county": _("County"),
    "year": _("Year"),
}

PERCENTS = frozenset({"market_share", "shares_given"})
AMOUNTS = frozenset({*MONEY, "registered_capital", "amount"})


def of(field: str) -> StrOrPromise:
    """Return what a field is called, or its name where it has no label; lazy, for any language."""
    for names in (PROFILE, FACTS, REPORT, OTHERS):
        if field in names:
            return capfirst(names[field])
    return field
