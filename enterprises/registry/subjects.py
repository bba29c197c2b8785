"""What a document can prove and a change can be about, by name (证明对象与变更对象)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from enterprises.registry import labels, records
from enterprises.registry.models import (
    AnnualReport,
    Award,
    Certificate,
    EquityRound,
    Fact,
    Honour,
    IntellectualProperty,
    MajorEvent,
    RdInstitution,
    StandardPart,
)

if TYPE_CHECKING:
    from enterprises.registry.models import Enterprise

FACTS: tuple[type[Fact], ...] = (
    IntellectualProperty,
    Honour,
    Award,
    RdInstitution,
    Certificate,
    StandardPart,
    EquityRound,
    MajorEvent,
)
DAYS = (
    "granted_on",
    "awarded_on",
    "recognised_on",
    "issued_on",
    "published_on",
    "paid_on",
    "happened_on",
)
TITLES = ("number", "name", "investor")
Group = tuple[str, list[tuple[str, str]]]


def of(enterprise: Enterprise) -> list[Group]:
    """Return all a document of an enterprise may prove, in groups, for a choice."""
    groups: list[Group] = []
    for report in AnnualReport.objects.filter(enterprise=enterprise).order_by("-year")[:5]:
        subject = f"report:{report.year}"
        rows = [(subject, label(subject))]
        rows += [
            (f"{subject}:{name}", label(f"{subject}:{name}"))
            for name in labels.REPORT
            if name not in {"audited", "source"}
        ]
        groups.append((label(subject), rows))
    for model in FACTS:
        found = [
            (records.subject_of(fact), fact_text(fact))
            for fact in model.objects.filter(enterprise=enterprise)[:200]
        ]
        if found:
            groups.append((str(kind_label(model)), found))
    return groups


def label(subject: str, texts: dict[str, str] | None = None) -> str:
    """Return what a subject is called: report:2025:revenue is "2025 · revenue"."""
    if texts and subject in texts:
        return texts[subject]
    kind, _colon, rest = subject.partition(":")
    if kind == "report":
        year, _colon, figure = rest.partition(":")
        named = labels.REPORT.get(figure)
        return f"{year} · {named}" if named else _("Figures of %(year)s") % {"year": year}
    for model in FACTS:
        if kind == model._meta.model_name:
            return f"{kind_label(model)} #{rest}"
    words = {
        "profile": _("Profile"),
        "registered": _("Registered"),
        "document": _("Document"),
        "criterion": _("Criterion"),
        "import": _("Import"),
    }
    return f"{words.get(kind, kind)} {rest}".strip()


def fact_text(fact: Any) -> str:
    """Return a fact in a few words: what it is, its number or name, its day."""
    show = getattr(fact, "get_kind_display", None)
    day = next(filter(None, (getattr(fact, name, None) for name in DAYS)), None)
    title = next(filter(None, (getattr(fact, name, "") for name in TITLES)), "")
    return " · ".join(str(part) for part in (show() if show else "", title, day) if part)


def kind_label(model: type[Fact]) -> Any:
    """Return what a kind of fact is called."""
    return {
        IntellectualProperty: _("Intellectual property"),
        Honour: _("Honours"),
        Award: _("Awards"),
        RdInstitution: _("R&D institutions"),
        Certificate: _("Certificates"),
        StandardPart: _("Parts in standards"),
        EquityRound: _("Equity rounds"),
        MajorEvent: _("Major events"),
    }[model]
