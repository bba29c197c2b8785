"""What an application asks beside the figures: texts and statements, as data (申报书内容)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EVERY = tuple(Tier)
UPPER = (Tier.SRDI, Tier.LITTLE_GIANT)


@dataclass(frozen=True, slots=True)
class Question:
    """One text or statement of the form (申报事项)."""

    name: str
    section: str  # texts | statements
    label: StrOrPromise
    help: StrOrPromise
    tiers: tuple[Tier, ...]
    most: int = 1000  # characters
    lines: int = 4
    from_record: str = ""  # the field of the enterprise that the draft begins with
    paper: str = ""  # the kind of paper (standards.papers) that the text takes the place of


SECTIONS = {
    "texts": _("Market, product and chain"),
    "documents": _("Evidence documents"),
    "statements": _("Declarations and promises"),
}
QUESTIONS = (
    Question(
        "product",
        "texts",
        _("Leading product and its field"),
        _("What it is, what it is used for and which field it belongs to. Up to 500 characters."),
        EVERY,
        most=500,
        from_record="leading_product",
        paper="field_note",
    ),
    Question(
        "niche",
        "texts",
        _("Niche market"),
        _("Where the niche begins and ends, and how its size was found (细分市场界定)."),
        UPPER,
        from_record="niche",
        paper="field_note",
    ),
    Question(
        "market_position",
        "texts",
        _("Market position"),
        _("Own share and rank in the niche, at home or abroad, standing and reputation. "
          "No certificate of a third party is needed."),
        UPPER,
        paper="market_share_note",
    ),
    Question(
        "ip_benefit",
        "texts",
        _("Use of intellectual property"),
        _("How the Class I rights serve the leading product and what they earned. "
          "Up to 500 characters."),
        UPPER,
        most=500,
        paper="benefit_note",
    ),
    Question(
        "chain_role",
        "texts",
        _("Role in the industrial chain"),
        _("The key link, the partners before and after it, which gap is closed (补短板、填空白)."),
        (Tier.LITTLE_GIANT,),
        from_record="chain_role",
        paper="chain_note",
    ),
    Question(
        "declares_truth",
        "statements",
        _("All that is stated here and in the record is true"),
        _("Fabrication costs every title and bars for three years (真实性声明)."),
        EVERY,
    ),
    Question(
        "promises_compliance",
        "statements",
        _("The enterprise keeps the law and the rules of its industry"),
        _("Compliance promise (合规经营承诺)."),
        EVERY,
    ),
    Question(
        "applies_itself",
        "statements",
        _("The enterprise applies by itself and of its own will"),
        _("No fee is owed to anybody for an application (自愿申报、不收费)."),
        EVERY,
    ),
)  # fmt: skip


def questions_of(tier: str, section: str = "") -> tuple[Question, ...]:
    """Return the questions that an application for a tier asks, of one section or of all."""
    return tuple(
        question
        for question in QUESTIONS
        if tier in question.tiers and section in {"", question.section}
    )
