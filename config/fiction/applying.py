"""An application that an owner of the demo fills in and submits (虚构申报提交)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.fiction import papers, people
from cultivation.pipeline import applications, moves
from cultivation.pipeline.models import Application
from cultivation.pipeline.questions import questions_of
from enterprises.accounts.models import User
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from enterprises.registry.models import Tier


def submitted(tier: Tier, username: str) -> tuple[Application, User]:
    """Let an owner apply for a tier with the own firm; MoveError where that is not possible."""
    owner = User.objects.get(username=username)
    enterprise = Enterprise.objects.select_related("region").get(pk=people.OWNED[username])
    kind = Application.Kind.RECOGNITION
    application = applications.begin(enterprise, tier, kind=kind, by=owner)
    answers = {
        one.name: True if one.section == "statements" else f"{one.label}：虚构文字，仅供演示。"
        for one in questions_of(tier)
    }
    applications.save_answers(application, answers, by=owner)
    papers.hand_in(application, by=owner)
    moves.advance(application, "submit", by=owner)
    return application, owner
