"""The step by which a reconsideration leads back to the level that refused (重新审核).

The places that lower levels took stayed taken through the refusal, so none is taken anew; the
level that refused takes its own when it recommends. The time from the refusal to the reopening
counts against nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.pipeline import decisions
from cultivation.pipeline.appealing import limits
from cultivation.pipeline.correcting import closing
from cultivation.pipeline.models import LIVE, Application, QuotaPlace, Reconsideration
from enterprises.accounts.scope import OFFICES
from enterprises.registry.models import Title

if TYPE_CHECKING:
    from cultivation.pipeline.models import Move
    from enterprises.accounts.models import User


def level_of(refusal: Move) -> str:
    """Return the level that refused."""
    level = str(refusal.note.get("level") or refusal.source.removeprefix("at_"))
    return level if level in OFFICES else ""


def back(application: Application) -> str:
    """Return the status with the level that refused last."""
    refusal = limits.last_refusal(application)
    return f"at_{level_of(refusal)}" if refusal else application.status


def found_wrong(application: Application) -> str | None:
    """Hinder where no reconsideration of the last refusal waits to be confirmed."""
    if proposed_for(application) is None:
        return _("Only a reconsideration leads back from a refusal.")
    return None


def nothing_meanwhile(application: Application) -> str | None:
    """Hinder where the enterprise applied anew, or holds the title by now."""
    others = Application.objects.filter(
        enterprise=application.enterprise_id, tier=application.tier, status__in=LIVE
    )
    if others.exclude(pk=application.pk).exists():
        return _(
            "Another application for this title is under way; two at a time are not possible. The "
            "enterprise withdraws it, or the reconsideration."
        )
    if application.kind == Application.Kind.RECOGNITION:
        held = Title.objects.filter(
            enterprise=application.enterprise_id, tier=application.tier, ended_on__isnull=True
        )
        if held.exists():
            return _("The enterprise holds this title by now; there is nothing to reopen.")
    return None


def reopen(application: Application, _by: User) -> dict[str, Any]:
    """Lead back: what was found wrong is judged anew, the decision to come names its number."""
    case = proposed_for(application)
    if case is None:
        raise LookupError(application.pk)
    wrong = {point.subject.rpartition(":")[2] for point in case.points.all() if point.founded}
    application.reconsidered = case.number
    application.notice_level, application.notice_from, application.notice_to = "", None, None
    places = QuotaPlace.objects.filter(application=application).select_related("quota__region")
    return decisions.basis_of(application) | {
        "reconsideration": case.number,
        "refusal": case.refusal_id,
        "back_at": case.level,
        "points": [[point.subject, point.founded] for point in case.points.all()],
        "opinions_laid_aside": closing.lay_aside(application, wrong, level=case.level),
        "places_kept": [place.quota.region.code for place in places.order_by("pk")],
    }


def proposed_for(application: Application) -> Reconsideration | None:
    """Return the reconsideration of the last refusal that waits to be confirmed."""
    refusal = limits.last_refusal(application)
    rows = Reconsideration.objects.filter(status=Reconsideration.Status.PROPOSED, refusal=refusal)
    return rows.prefetch_related("points").first() if refusal else None
