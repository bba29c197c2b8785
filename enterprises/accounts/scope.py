"""What a user may see: a scope worked out from the seats once a request (可见范围)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import Seat

OFFICES = ("nation", "province", "city", "county")


@dataclass(frozen=True, slots=True)
class Scope:
    """Region subtrees and enterprises that a user may see, and what the seats allow there."""

    offices: tuple[tuple[str, str], ...] = ()  # (path of the region, role)
    audits: tuple[str, ...] = ()  # paths read as auditor
    enterprises: frozenset[int] = frozenset()  # as owner or editor
    owned: frozenset[int] = frozenset()  # as owner
    register_paths: tuple[str, ...] = ()
    review_paths: tuple[tuple[str, str], ...] = ()  # (path, role) that may review
    decide_paths: tuple[tuple[str, str], ...] = ()
    expert: bool = False
    paths: tuple[str, ...] = field(default=())  # all read paths

    @property
    def is_office(self) -> bool:
        return bool(self.offices)

    @property
    def is_auditor(self) -> bool:
        return bool(self.audits)

    @property
    def level(self) -> str:
        """Return the highest office held, or an empty text."""
        held = {role for _, role in self.offices}
        return next((level for level in OFFICES if level in held), "")

    def sees_path(self, path: str) -> bool:
        """Tell whether a region path lies in what the scope reads."""
        return any(path.startswith(prefix) for prefix in self.paths)

    def may_register(self, path: str) -> bool:
        """Tell whether the scope may register and edit enterprises of a region path."""
        return any(path.startswith(prefix) for prefix in self.register_paths)

    def reviews(self, path: str) -> bool:
        """Tell whether the scope reviews in an office at a region path or above it.

        An office seat without that right reads, as an auditor does.
        """
        return any(path.startswith(prefix) for prefix, _role in self.review_paths)

    def may_review(self, path: str, level: str) -> bool:
        """Tell whether the scope reviews applications of a region path at a level."""
        return any(path.startswith(p) and role == level for p, role in self.review_paths)

    def may_decide(self, path: str, level: str) -> bool:
        """Tell whether the scope decides on applications of a region path at a level."""
        return any(path.startswith(p) and role == level for p, role in self.decide_paths)

    def visible(self, *, path: str = "region_path", enterprise: str = "pk") -> Q:
        """Return the filter for rows in scope: by region path or own enterprise; else none."""
        condition = Q(pk__in=[])
        for prefix in self.paths:
            condition |= Q(**{f"{path}__startswith": prefix}) if prefix else Q(pk__isnull=False)
        if self.enterprises:
            condition |= Q(**{f"{enterprise}__in": self.enterprises})
        return condition


NOTHING = Scope()


def scope_of(  # noqa: C901
    seats: Iterable[Seat], *, everything: bool = False
) -> Scope:
    """Return the scope that active seats give together; `everything` is for superusers."""
    offices: list[tuple[str, str]] = [("", "nation")] if everything else []
    register: list[str] = [""] if everything else []
    review = list(offices)
    decide = list(offices)
    audits: list[str] = []
    enterprises: set[int] = set()
    owned: set[int] = set()
    expert = False
    for seat in seats:
        if not seat.active:
            continue
        path = seat.region.path if seat.region else ""
        if seat.role in OFFICES:
            offices.append((path, seat.role))
            if seat.may_register:
                register.append(path)
            if seat.may_review:
                review.append((path, seat.role))
            if seat.may_decide:
                decide.append((path, seat.role))
        elif seat.role == "auditor":
            audits.append(path)
        elif seat.role == "expert":
            expert = True
        elif seat.enterprise_id:
            enterprises.add(seat.enterprise_id)
            if seat.role == "owner":
                owned.add(seat.enterprise_id)
    return Scope(
        offices=tuple(offices),
        audits=tuple(audits),
        enterprises=frozenset(enterprises),
        owned=frozenset(owned),
        register_paths=tuple(register),
        review_paths=tuple(review),
        decide_paths=tuple(decide),
        expert=expert,
        paths=tuple({path for path, _ in offices} | set(audits)),
    )
