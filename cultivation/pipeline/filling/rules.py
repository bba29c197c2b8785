"""The rules in force for an application, and what they say today (适用标准与即时评价)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import titles
from cultivation.pipeline.errors import MoveError
from cultivation.standards import editions, explanation, facts

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from cultivation.standards.explanation import Explanation
    from cultivation.standards.models import Edition
    from enterprises.registry.models import Enterprise


def judge_now(application: Application, *, edition: Edition | None = None) -> Explanation:
    """Return what today's edition says of today's facts for an application (即时评价).

    A title past its last day counts as held while its re-check is under way.
    """
    today = timezone.localdate()
    row = facts.row(application.enterprise_id, as_of=today)
    row |= {f"title_{title.tier}": True for title in titles.running(application.enterprise)}
    edition = edition or edition_now(application)
    return explanation.explain_facts(row, edition, kind=application.kind, as_of=today)


def edition_now(application: Application) -> Edition:
    """Return the edition that its round names or that counts today; MoveError where none does."""
    if application.round is not None and application.round.edition is not None:
        return application.round.edition
    return edition_of(application.enterprise, application.tier, kind=application.kind)


def edition_of(enterprise: Enterprise, tier: str, *, kind: str) -> Edition:
    """Return the edition for an application begun today; MoveError where there is none."""
    try:
        return editions.edition_for(
            tier, kind=kind, on=timezone.localdate(), path=enterprise.region_path
        )
    except editions.NoEditionError as error:
        raise MoveError(
            _("No edition of the standard covers such an application today.")
        ) from error
