"""Who may handle an objection: an officer who decides there and has no part in the case (办理人).

Conflicts are worked out and named; declared ones count as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.pipeline.models import CriterionReview, Move, ObjectionStep
from enterprises.accounts.scope import OFFICES
from enterprises.notifications.addressees import officers_of

if TYPE_CHECKING:
    from cultivation.pipeline.models import Objection
    from enterprises.accounts.models import User

JUDGED = ("put_on_notice", "recommend", "recognise")  # a step on the merits binds who took it


def entitled(objection: Objection, user: User) -> bool:
    """Tell whether an office held by the user answers: the level, or one above in the path."""
    if not user.is_authenticated:
        return False
    levels = OFFICES[: OFFICES.index(objection.level) + 1]
    return any(user.scope.may_decide(objection.region_path, level) for level in levels)


def conflicts(objection: Objection, user: User) -> list[str]:
    """Return, in words, what keeps a user from handling an objection (回避情形)."""
    found = []
    if objection.enterprise_id in user.scope.enterprises:
        found.append(_("holds a seat in the enterprise"))
    application = _application_of(objection)
    if application is not None:
        steps = Move.objects.filter(application=application, made_by=user, name__in=JUDGED)
        if steps.exists():
            found.append(_("took a step on the merits of this application"))
        if CriterionReview.objects.filter(application=application, made_by=user).exists():
            found.append(_("gave an opinion on its criteria"))
    if ObjectionStep.objects.filter(objection=objection, made_by=user, name="recused").exists():
        found.append(_("declared a conflict of interest"))
    return found


def may_handle(objection: Objection, user: User) -> bool:
    """Tell whether a user may handle an objection: entitled and without conflict."""
    return entitled(objection, user) and not conflicts(objection, user)


def possible(objection: Objection) -> list[User]:
    """Return the officers of the answering level without conflict, else those above (可办理人)."""
    levels = OFFICES[: OFFICES.index(objection.level) + 1]
    for level in reversed(levels):
        officers = officers_of(objection.region_path, level, right="may_decide")
        found = [user for user in officers if not conflicts(objection, user)]
        if found:
            return found
    return []


def _application_of(objection: Objection) -> int | None:
    if objection.entry is not None:
        return objection.entry.application_id
    return getattr(getattr(objection.title, "application", None), "pk", None)
