"""Who has to know: the staff of an enterprise, the officers who hold it (通知对象)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from enterprises.accounts.models import Seat, User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


def staff_of(enterprise_id: int) -> QuerySet[User]:
    """Return the users who sit for an enterprise (企业人员)."""
    seats = Seat.objects.filter(active=True, enterprise_id=enterprise_id)
    return User.objects.filter(is_active=True, pk__in=seats.values("user"))


def staff_of_each(enterprises: Iterable[int]) -> dict[int, list[User]]:
    """Return who sits for each of some enterprises, in one query (各企业人员)."""
    seats = Seat.objects.filter(active=True, user__is_active=True)
    found: dict[int, dict[int, User]] = defaultdict(dict)
    for seat in seats.filter(enterprise__in=list(enterprises)).select_related("user"):
        found[seat.enterprise_id or 0][seat.user_id] = seat.user
    return {firm: list(people.values()) for firm, people in found.items()}


def officers_of(region_path: str, level: str, *, right: str = "may_review") -> QuerySet[User]:
    """Return the officers of a level who hold a region path, with a right there (主管人员).

    `level` is nation, province, city or county; `right` one of may_register, may_review,
    may_decide.
    """
    paths = [region_path[:length] for length in range(1, len(region_path) + 1)]
    if level == "nation":
        paths.append("")
    seats = Seat.objects.filter(region__path__in=paths, active=True, role=level, **{right: True})
    return User.objects.filter(is_active=True, pk__in=seats.values("user"))
