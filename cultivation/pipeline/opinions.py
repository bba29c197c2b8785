"""What officers say on single criteria of an application (逐条审核意见)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline import findings, routes
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, CriterionReview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from enterprises.accounts.models import User

Opinion = CriterionReview.Opinion


@dataclass(frozen=True, slots=True)
class Word:
    """An opinion to record; an empty opinion takes an earlier one back (意见)."""

    criterion: str
    opinion: str
    reason: str = ""


def may_review(application: Application, user: User) -> bool:
    """Tell whether a user reviews an application where it is now, and holds no seat in the firm."""
    level = routes.holding_level(application)
    return bool(
        level
        and user.is_authenticated
        and application.enterprise_id not in user.scope.enterprises
        and user.scope.may_review(application.region_path, level)
    )


def faults(application: Application, words: Sequence[Word]) -> dict[str, str]:
    """Return by criterion what is wrong with words: unknown criterion, reason owed."""
    manual = {
        str(leaf["code"]): findings.Finding(leaf, 0).is_manual
        for leaf in findings.leaves(application.submitted_result)
    }
    found = {}
    for word in words:
        if word.criterion not in manual:
            found[word.criterion] = _("%(code)s is no criterion of this application.") % {
                "code": word.criterion
            }
        elif word.opinion not in {"", *Opinion.values}:
            found[word.criterion] = _("Choose agreed or objected.")
        elif word.opinion == Opinion.OBJECTED and not word.reason.strip():
            found[word.criterion] = _("An objection to %(code)s needs a reason.") % {
                "code": word.criterion
            }
        elif word.opinion and manual[word.criterion] and not word.reason.strip():
            found[word.criterion] = _("%(code)s is judged by a person: say why.") % {
                "code": word.criterion
            }
    return found


@transaction.atomic
def record(
    application: Application,
    words: Sequence[Word],
    *,
    by: User,
    version: int | None = None,
) -> int:
    """Keep a level's words on criteria, all or none; return how many changed.

    Raises PermissionDenied where the application is not with the user's office.
    """
    locked = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if not may_review(locked, by):
        raise PermissionDenied(_("This application is not with your office."))
    if (application.version if version is None else version) != locked.version:
        raise MovedMeanwhileError(
            _("The application was moved meanwhile. Look at it again before you judge.")
        )
    wrong = faults(locked, words)
    if wrong:
        raise MoveError(" ".join(wrong.values()))
    return sum(_keep(locked, word, by) for word in words)


def _keep(application: Application, word: Word, by: User) -> bool:
    level = routes.holding_level(application)
    rows = CriterionReview.objects.filter(
        application=application, level=level, criterion=word.criterion
    )
    if not word.opinion:
        return bool(rows.delete()[0])
    fresh = {"opinion": word.opinion, "reason": word.reason.strip()}
    if rows.filter(**fresh).exists():
        return False
    CriterionReview.objects.update_or_create(
        application=application,
        level=level,
        criterion=word.criterion,
        defaults=fresh | {"made_by": by},
    )
    return True
