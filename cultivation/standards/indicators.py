"""What criteria may speak of: figures of a year, statements, kinds of facts (指标目录)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from enterprises.registry.models import COUNTS, FIGURES, MONEY, Tier

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SCALE = {  # stored units in one unit as policies write it
    "money": 1_000_000,  # fen in 万元
    "share": 1_000_000,  # parts per million in 1
    "points": 100,  # hundredths in a point
    "ratio": 1,
    "number": 1,
    "years": 1,
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact kept once for an enterprise: truth value, number or text (企业陈述)."""

    label: str | _StrPromise
    sort: str  # truth | number | years | text


FIGURE_LABELS: dict[str, str | _StrPromise] = {
    **MONEY,
    **COUNTS,
    "market_share": _("market share"),
    "domestic_rank": _("rank in the country"),
    "quality_score": _("quality score of the platform"),
}
FIGURE_UNITS: dict[str, str] = dict.fromkeys(FIGURES, "number") | dict.fromkeys(MONEY, "money")
FIGURE_UNITS |= {"market_share": "share", "quality_score": "points"}

STATEMENTS: dict[str, Statement] = {
    "mainland_entity": Statement(_("established in mainland China"), "truth"),
    "is_sme": Statement(_("SME by the size standard"), "truth"),
    "obeys_laws": Statement(_("obeys laws and industry rules"), "truth"),
    "on_abnormal_list": Statement(_("on the list of abnormal operations"), "truth"),
    "on_dishonest_list": Statement(_("on the list of serious dishonesty"), "truth"),
    "prohibited_product": Statement(
        _("product of the prohibited, restricted or eliminated class"), "truth"
    ),
    "events_declared": Statement(_("list of major events declared complete"), "truth"),
    "own_brand": Statement(_("own brand facing the market"), "truth"),
    "core_business_system": Statement(
        _("a core business supported by an information system"), "truth"
    ),
    "champion_title": Statement(_("manufacturing champion"), "truth"),
    "controls_little_giant": Statement(
        _("controls a little giant or is controlled by one"), "truth"
    ),
    "group_similar_product": Statement(_("similar product within the same group"), "truth"),
    "truth_declared": Statement(_("truth of the application declared"), "truth"),
    "niche_years": Statement(_("full years in the niche market"), "years"),
    "digital_level": Statement(_("digital level"), "number"),
    "domain_scheme": Statement(_("field of the leading product"), "text"),
    "strategic_stated": Statement(_("strategic emerging industry"), "truth"),
    "key_link": Statement(_("at a key link of a key chain"), "truth"),
    "industry_section": Statement(_("industry section"), "text"),
    **{
        f"title_{tier.value}": Statement(
            {
                "technology": _("valid technology-based SME entry"),
                "innovative": _("valid innovative SME title"),
                "srdi": _("valid SRDI SME title"),
                "little_giant": _("valid little-giant title"),
            }[tier.value],
            "truth",
        )
        for tier in Tier
    },
}
