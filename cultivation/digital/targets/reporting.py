"""Entering what documents report of a goal (填报目标进展)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.models import Target, TargetFigure
from enterprises.audit import recording

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.places.models import Region

FIRST = dt.date(2000, 1, 1)
MOST = 1_000_000_000  # of a number


def may_report(user: User, region: Region) -> bool:
    """Tell whether a user may enter figures of a region: officers who review there (可填报)."""
    return user.scope.reviews(region.path)


def refuse_day(on: dt.date) -> None:
    """Raise ValidationError for a day that has not come, or lies before all goals (日期检查)."""
    if on > timezone.localdate():
        raise ValidationError({"on": _("The day lies in the future.")})
    if on < FIRST:
        raise ValidationError(
            {"on": _("%(day)s is too early: the first day taken is %(first)s.")
             % {"day": on, "first": FIRST}}
        )  # fmt: skip


@transaction.atomic
def report(
    target: Target, region: Region, *, on: dt.date, value: int, source: str, by: User
) -> TargetFigure:
    """Enter what a document says of a goal on a day; nothing entered before is lost (填报).

    Raises PermissionDenied for a region of others, ValidationError for what cannot be.
    """
    if not may_report(by, region):
        raise PermissionDenied
    source = source.strip()
    if not source:
        raise ValidationError({"source": _("Name the document that the value stands in.")})
    refuse_day(on)
    most = 1_000_000 if target.unit == Target.Unit.SHARE else MOST
    if not 0 <= value <= most:
        raise ValidationError({"value": _("The value is out of range.")})
    row = TargetFigure.objects.create(
        target=target,
        region=region,
        on=on,
        reported=True,
        value=value,
        source=source[:300],
        made_by=by,
    )
    after = {"target": target.code, "on": on.isoformat(), "value": value, "source": row.source}
    recording.note("target.reported", row, by=by, after=after, region_path=region.path)
    return row
