"""The yearly update: who owes it, confirming it, and what missing it means (年度信息更新)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.life import consequences, duties
from cultivation.pipeline.models import YearlyUpdate
from enterprises.audit.recording import note
from enterprises.registry import labels
from enterprises.registry.models import AnnualReport, Enterprise, Title

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

OWED = ("revenue", "main_business_revenue", "total_assets", "total_liabilities", "rd_expense",
        "employees")  # fmt: skip
OPENS = (1, 1)  # month and day; no source names the first day
BATCH = 1000


def owe(year: int, *, progress: Progress | None = None) -> int:
    """Write down who owes the update of a year; return how many anew. Run again, it adds nobody.

    Owed by who held a title of three years on the first day of the year and holds it still.
    """
    duty = duties.update_of(year)
    today = timezone.localdate()
    if duty is None or not dt.date(year, *OPENS) <= today <= duty.due_in(year):
        return 0
    holders = _holders(dt.date(year, *OPENS)).exclude(
        Exists(YearlyUpdate.objects.filter(enterprise=OuterRef("pk"), year=year))
    )
    made = 0
    while pks := list(holders.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows = [
            YearlyUpdate(enterprise_id=pk, year=year, rule=duty.rule, due_on=duty.due_in(year))
            for pk in pks
        ]
        made += len(YearlyUpdate.objects.bulk_create(rows, ignore_conflicts=True))
        if progress is not None:
            progress.report(made)
    return made


def lacking(enterprise: Enterprise, year: int) -> list[str]:
    """Return, in words, what the record still lacks for the update of a year."""
    report = AnnualReport.objects.filter(enterprise=enterprise, year=year - 1).first()
    if report is None:
        return [_("the annual report of %(year)s") % {"year": year - 1}]
    return [
        _("%(figure)s of %(year)s") % {"figure": labels.of(name), "year": year - 1}
        for name in OWED
        if getattr(report, name) is None
    ]


@transaction.atomic
def confirm(update: YearlyUpdate, *, by: User) -> YearlyUpdate:
    """Confirm that the record is up to date; the owner's word, once a year (确认更新)."""
    locked: YearlyUpdate = (
        YearlyUpdate.objects.select_for_update(of=("self",))
        .select_related("enterprise")
        .get(pk=update.pk)
    )
    if locked.enterprise_id not in by.scope.owned:
        raise PermissionDenied(_("Only the owner of the enterprise confirms its update."))
    if locked.confirmed_at is not None:
        raise MoveError(_("The update of %(year)s is confirmed already.") % {"year": locked.year})
    if timezone.localdate() > locked.due_on:
        raise MoveError(
            _("The update of %(year)s was due by %(day)s; ask the office that recognised.")
            % {"year": locked.year, "day": locked.due_on.isoformat()}
        )
    short = lacking(locked.enterprise, locked.year)
    if short:
        raise MoveError(_("The record still lacks: %(items)s.") % {"items": _("; ").join(short)})
    locked.confirmed_at, locked.confirmed_by = timezone.now(), by
    locked.save(update_fields=["confirmed_at", "confirmed_by"])
    note(
        "update.confirm",
        locked,
        by=by,
        after={"year": locked.year},
        enterprise_id=locked.enterprise_id,
        region_path=locked.enterprise.region_path,
    )
    return locked


def close(*, on: dt.date | None = None, progress: Progress | None = None) -> int:
    """Note every update not confirmed in time and what follows; return how many (逾期未更新)."""
    day = on or timezone.localdate()
    late = YearlyUpdate.objects.filter(confirmed_at=None, missed_on=None, due_on__lt=day)
    total, done = late.count(), 0
    while batch := list(late.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        done += _miss(batch, day)
        if progress is not None:
            progress.report(done, total)
    return done


@transaction.atomic
def _miss(pks: list[int], day: dt.date) -> int:
    rows = list(
        YearlyUpdate.objects.select_for_update(of=("self",))
        .filter(pk__in=pks, confirmed_at=None, missed_on=None)
        .select_related("enterprise")
    )
    titles = _titles_of({row.enterprise_id for row in rows}, day)
    for row in rows:
        row.missed_on = row.due_on + dt.timedelta(days=1)
    YearlyUpdate.objects.bulk_update(rows, ["missed_on"], batch_size=500)
    for row in rows:
        duty = duties.named(row.rule)
        for title in titles.get(row.enterprise_id, []):
            if duty is not None and _misses(title)[duty.rule] >= duty.misses:
                consequences.follow(title, duty, cause=f"update:{row.year}")
    return len(pks)


def _misses(title: Title) -> Counter[str]:
    """Return how often updates were missed in the validity of a title, by rule (累计)."""
    missed = YearlyUpdate.objects.filter(
        enterprise_id=title.enterprise_id,
        missed_on__isnull=False,
        due_on__gte=title.granted_on,
        due_on__lte=title.valid_to,
    )
    return Counter(missed.values_list("rule", flat=True))


def _titles_of(enterprises: set[int], day: dt.date) -> dict[int, list[Title]]:
    found: dict[int, list[Title]] = {}
    rows = Title.objects.filter(
        enterprise__in=enterprises, tier__in=duties.HELD, ended_on__isnull=True, granted_on__lte=day
    )
    for title in rows.select_related("enterprise"):
        found.setdefault(title.enterprise_id, []).append(title)
    return found


def _holders(day: dt.date) -> QuerySet[Enterprise]:
    held = Title.objects.filter(
        Q(ended_on__isnull=True),
        enterprise=OuterRef("pk"),
        tier__in=duties.HELD,
        granted_on__lte=day,
    )
    return Enterprise.objects.filter(Exists(held))
