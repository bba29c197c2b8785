"""Who handles a reconsideration: who decides there or above and had no part in it (办理人).

A part is worked out: the refusal itself, another step on the merits, a proposal, an opinion on a
criterion, now or at the time. Who sits for the enterprise or declared a conflict is out as well.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from cultivation.pipeline.models import (
    CriterionReview,
    Move,
    Proposal,
    Reconsideration,
    ReconsiderationStep,
    VisitRecord,
)
from cultivation.pipeline.notices.handlers import JUDGED
from enterprises.accounts.models import Seat
from enterprises.accounts.scope import OFFICES
from enterprises.notifications.addressees import officers_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User

MERITS = (*JUDGED, "refuse")


def entitled(case: Reconsideration, user: User) -> bool:
    """Tell whether an office held by the user answers: the level that refused, or one above."""
    return bool(user.is_authenticated) and any(
        user.scope.may_decide(case.region_path, level) for level in _levels(case)
    )


def conflicts(case: Reconsideration, user: User) -> list[str]:
    """Return, in words, what keeps a user from handling a reconsideration (回避情形)."""
    return barred(case).get(user.pk, [])


def may_handle(case: Reconsideration, user: User) -> bool:
    """Tell whether a user may handle a reconsideration: entitled and without a part in it."""
    return entitled(case, user) and not conflicts(case, user)


def possible(case: Reconsideration, *, but: Iterable[int | None] = ()) -> list[User]:
    """Return the officers without a part of the lowest level that has any (可办理人)."""
    out = {*barred(case), *but}
    for level in reversed(_levels(case)):
        officers = officers_of(case.region_path, level, right="may_decide")
        if found := [user for user in officers.order_by("pk") if user.pk not in out]:
            return found
    return []


def next_handler(case: Reconsideration) -> User | None:
    """Return who gets a reconsideration: of those possible who has fewest open, then the first."""
    found = possible(case)
    counted = Reconsideration.objects.open().filter(handler__in=[one.pk for one in found])
    load = dict(counted.order_by().values_list("handler").annotate(number=Count("pk")))
    return min(found, key=lambda one: (load.get(one.pk, 0), one.pk), default=None)


def barred(case: Reconsideration) -> dict[int, list[str]]:
    """Return by user why they had a part in the case, or are out for another reason (回避)."""
    found: dict[int, list[str]] = defaultdict(list)
    for people, why in (
        (_who_stepped(case), _("took a step on the merits of this application")),
        (_who_proposed(case), _("proposed a decision on this application")),
        (_who_judged(case), _("gave an opinion on its criteria")),
        (_who_sits(case), _("holds a seat in the enterprise")),
        (_who_declared(case), _("declared a conflict of interest")),
    ):
        for pk in people:
            found[pk].append(why)
    return dict(found)


def _levels(case: Reconsideration) -> tuple[str, ...]:
    """Return the levels that may answer, the highest first."""
    return OFFICES[: OFFICES.index(case.level) + 1]


def _who_stepped(case: Reconsideration) -> set[int]:
    steps = Move.objects.filter(application=case.application_id, name__in=MERITS)
    pairs = steps.values_list("made_by", "proposed_by")
    return {pk for pair in pairs for pk in pair if pk}


def _who_proposed(case: Reconsideration) -> set[int]:
    rows = Proposal.objects.filter(application=case.application_id)
    return set(rows.values_list("proposed_by", flat=True))


def _who_judged(case: Reconsideration) -> set[int]:
    rows = CriterionReview.objects.filter(application=case.application_id)
    now = {pk for pk in rows.values_list("made_by", flat=True) if pk}
    seen = VisitRecord.objects.filter(visit__application=case.application_id)
    now |= {pk for two in seen.values_list("written_by", "signed_by") for pk in two if pk}
    return now | {row["by"] for row in case.refusal.note.get("opinions", []) if row.get("by")}


def _who_sits(case: Reconsideration) -> set[int]:
    seats = Seat.objects.filter(active=True, enterprise=case.enterprise_id)
    return set(seats.values_list("user", flat=True))


def _who_declared(case: Reconsideration) -> set[int]:
    steps = ReconsiderationStep.objects.filter(reconsideration=case.pk, name="recused")
    return set(steps.filter(~Q(made_by=None)).values_list("made_by", flat=True))
