"""An enterprise's profile as it is read: facts in groups, counts, open warnings (档案阅览)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from enterprises.registry import labels
from enterprises.registry.models import (
    AnnualReport,
    Award,
    Certificate,
    Document,
    EquityRound,
    Honour,
    IntellectualProperty,
    MajorEvent,
    RdInstitution,
    StandardPart,
)

if TYPE_CHECKING:
    from enterprises.registry.models import Enterprise

PRODUCT = (
    "niche",
    "niche_since",
    "leading_product",
    "product_code",
    "product_domain",
    "strategic_field",
    "chain",
    "chain_link",
    "chain_role",
)
STATEMENTS = (
    "mainland_entity",
    "obeys_laws",
    "on_abnormal_list",
    "on_dishonest_list",
    "prohibited_product",
    "events_declared",
    "own_brand",
    "core_business_system",
    "champion_title",
    "controls_little_giant",
    "group_similar_product",
    "truth_declared",
)
GROUPS = (
    (
        _("Identity"),
        (
            "address",
            "established_on",
            "registered_capital",
            "ownership",
            "industry",
            "industry_class",
            "size_class",
            "size_year",
            "park",
            "cluster",
            "code_override_reason",
        ),
    ),
    (
        _("Product and chain"),
        (*PRODUCT, "digital_level"),
    ),
    (
        _("Statements and look-ups"),
        STATEMENTS,
    ),
)
ONLY_IF_STATED = frozenset({"code_override_reason"})
COUNTED = (
    ("ip", _("Intellectual property"), IntellectualProperty),
    ("honour", _("Honours"), Honour),
    ("award", _("Awards"), Award),
    ("institution", _("R&D institutions"), RdInstitution),
    ("certificate", _("Certificates"), Certificate),
    ("standard", _("Parts in standards"), StandardPart),
    ("equity", _("Equity rounds"), EquityRound),
    ("event", _("Major events"), MajorEvent),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A labelled value of the profile."""

    label: Any
    value: Any
    money: bool = False


@dataclass(frozen=True, slots=True)
class OpenWarning:
    """A warning of an annual report that still stands, with the reason given for it."""

    year: int
    message: str
    reason: str


def groups(enterprise: Enterprise) -> list[tuple[Any, list[Item]]]:
    """Return the profile's facts in their groups."""
    return [
        (heading, [_item(enterprise, name) for name in names if _shown(enterprise, name)])
        for heading, names in GROUPS
    ]


def counts(enterprise: Enterprise) -> list[tuple[str, Any, int]]:
    """Return how many facts of each kind are listed."""
    return [
        (code, heading, model.objects.filter(enterprise=enterprise).count())
        for code, heading, model in COUNTED
    ]


def documents(enterprise: Enterprise) -> int:
    """Return how many documents are kept."""
    return Document.objects.filter(enterprise=enterprise).count()


def warnings(reports: list[AnnualReport]) -> list[OpenWarning]:
    """Return the warnings that stand on annual reports, the latest year first."""
    return [
        OpenWarning(report.year, str(one.get("message", "")), str(one.get("reason", "")))
        for report in reports
        for one in report.warnings
    ]


def latest(reports: list[AnnualReport]) -> AnnualReport | None:
    """Return the newest report that states its revenue, else the newest."""
    stated = (report for report in reports if report.revenue is not None)
    return next(stated, reports[0] if reports else None)


def has_contact(enterprise: Enterprise) -> bool:
    """Tell whether contact data are kept, without showing them."""
    return bool(enterprise.contact_name or enterprise.contact_phone or enterprise.contact_email)


def _shown(enterprise: Enterprise, name: str) -> bool:
    return name not in ONLY_IF_STATED or bool(getattr(enterprise, name))


def _item(enterprise: Enterprise, name: str) -> Item:
    display = getattr(enterprise, f"get_{name}_display", None)
    value = display() if display else getattr(enterprise, name)
    return Item(labels.of(name), value, money=name in labels.AMOUNTS)
