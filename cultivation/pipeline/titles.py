"""Granting, ending and counting titles: the only writer of titles, stages and tiers (称号)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import traces
from cultivation.pipeline.bulk_titles import Grant, grant_many
from cultivation.pipeline.following import follow
from cultivation.pipeline.models import LIVE, Application, Status
from cultivation.pipeline.stages import BAR_YEARS, LADDER, RECHECK_WINDOW, last_day, years_after
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

__all__ = ["Grant", "TitleError", "expire", "grant", "grant_many", "import_title", "revoke"]
ONE_DAY = dt.timedelta(days=1)
BATCH = 1000


class TitleError(Exception):
    """A title that cannot be given, entered or ended as asked."""


def running(enterprise: Enterprise, *, on: dt.date | None = None) -> QuerySet[Title]:
    """Return the titles valid on a day; one stands while its re-check is under way (复核期间).

    A title that has ended was valid until then, also beyond its last day where a re-check held it.
    """
    day = on or timezone.localdate()
    return Title.objects.filter(
        Q(ended_on__gt=day)
        | (Q(ended_on__isnull=True) & (Q(valid_to__gte=day) | Exists(_rechecks()))),
        enterprise=enterprise,
        granted_on__lte=day,
    )


def lacking(enterprise: Enterprise, tier: str, *, on: dt.date | None = None) -> list[str]:
    """Return, in words, the titles that an application for a tier needs and that are not held."""
    held = set(running(enterprise, on=on).values_list("tier", flat=True))
    groups = (group for group in LADDER[Tier(tier)].needs if not held & set(group))
    return [_(" or ").join(str(Tier(one).label) for one in group) for group in groups]


def barred_until(enterprise: Enterprise, *, on: dt.date | None = None) -> dt.date | None:
    """Return the first day on which a firm may apply again after a revocation for cause, if later.

    Data fabrication, accidents and serious dishonesty bar for at least three years
    (2022 Measures; yearly notice 工信厅企业函〔2026〕117号); a plain cancellation does not.
    """
    last = (
        Title.objects.filter(enterprise=enterprise, end_kind=Title.End.REVOKED)
        .order_by("-ended_on")
        .values_list("ended_on", flat=True)
        .first()
    )
    free = years_after(last, BAR_YEARS) if last else None
    return free if free and free > (on or timezone.localdate()) else None


def recheck_opens(title: Title) -> dt.date:
    """Return the first day on which the re-check of a title may be asked for."""
    return max(title.granted_on, title.valid_to - RECHECK_WINDOW + ONE_DAY)


@transaction.atomic
def grant(application: Application, *, by: User | None, on: dt.date | None = None) -> Title:
    """Give the title that an application was for; a re-checked title is replaced (认定)."""
    day = on or timezone.localdate()
    enterprise = _locked(application.enterprise_id)
    paths = {enterprise.pk: enterprise.region_path}
    before = Title.objects.filter(
        enterprise=enterprise, tier=application.tier, ended_on__isnull=True
    )
    for old in before:
        old.ended_on, old.end_kind = day, Title.End.REPLACED
        old.save(update_fields=["ended_on", "end_kind"])
        traces.titled("title.replaced", [old], paths, by=by)
    title = Title.objects.create(
        enterprise=enterprise,
        tier=application.tier,
        number=f"{LADDER[Tier(application.tier)].prefix}{day:%Y%m%d}A{application.pk}",
        batch=str(application.year),
        year=day.year,
        granted_on=day,
        valid_to=last_day(application.tier, day),
        edition_code=application.edition.code,
        granting_region=granting_region(application.tier, application.region_path),
    )
    cause = _("title %(number)s recognised") % {"number": title.number}
    follow({enterprise.pk: day}, cause=cause, by=by, application=application)
    traces.titled("title.granted", [title], paths, by=by)
    return title


@transaction.atomic
def import_title(
    enterprise: Enterprise,
    tier: str,
    *,
    granted_on: dt.date,
    by: User,
    reason: str,
    number: str = "",
    batch: str = "",
    valid_to: dt.date | None = None,
) -> Title:
    """Enter a title from an existing list, with the reason; only who decides the tier may."""
    _entitled(enterprise, tier, by)
    if not reason.strip():
        raise TitleError(_("Say which list the title comes from."))
    if granted_on > timezone.localdate():
        raise TitleError(_("The day of recognition lies in the future."))
    locked = _locked(enterprise.pk)
    end = valid_to or last_day(tier, granted_on)
    if end < granted_on:
        raise TitleError(_("The last valid day lies before the day of recognition."))
    longest = last_day(tier, granted_on)
    if end > longest:
        raise TitleError(
            _("A title of this tier given then is valid until %(day)s at most.")
            % {"day": date_format(longest)}
        )
    past = end < timezone.localdate()
    standing = Title.objects.filter(enterprise=locked, tier=tier, ended_on__isnull=True).first()
    if standing and not past:
        raise TitleError(
            _("Title %(number)s of this tier is running; end it first.")
            % {"number": standing.number}
        )
    own = number.strip() or f"{LADDER[Tier(tier)].prefix}{granted_on:%Y%m%d}E{enterprise.pk}"
    if Title.objects.filter(number=own).exists():
        raise TitleError(_("The number %(number)s is taken already.") % {"number": own})
    title = Title.objects.create(
        enterprise=locked,
        tier=tier,
        number=own,
        batch=batch,
        year=granted_on.year,
        granted_on=granted_on,
        valid_to=end,
        ended_on=end + ONE_DAY if past else None,
        granting_region=granting_region(tier, locked.region_path),
    )
    follow({locked.pk: granted_on}, cause=reason.strip()[:200], by=by)
    paths = {locked.pk: locked.region_path}
    traces.titled("title.entered", [title], paths, by=by, reason=reason.strip())
    return title


@transaction.atomic
def revoke(title: Title, *, by: User, reason: str, kind: str = Title.End.REVOKED) -> list[Title]:
    """End a title before its time and return what ended (撤销, 取消).

    Revoked is for cause: every running title that the officer's level decides falls with it, and
    the firm is barred for three years. Cancelled ends this title alone and bars nothing.
    """
    _entitled(title.enterprise, title.tier, by)
    if kind not in {Title.End.REVOKED, Title.End.CANCELLED}:
        raise TitleError(_("A title is revoked or cancelled, nothing else."))
    if not reason.strip():
        raise TitleError(_("A reason is owed."))
    enterprise = _locked(title.enterprise_id)
    standing = list(Title.objects.filter(enterprise=enterprise, ended_on__isnull=True))
    if title.pk not in {one.pk for one in standing}:
        raise TitleError(_("Title %(number)s has ended already.") % {"number": title.number})
    ending = [one for one in standing if one.pk == title.pk or _falls_too(one, by, kind)]
    today = timezone.localdate()
    for one in ending:
        one.ended_on, one.end_kind, one.end_reason = today, kind, reason.strip()
    Title.objects.bulk_update(ending, ["ended_on", "end_kind", "end_reason"])
    follow({enterprise.pk: today}, cause=reason.strip()[:200], by=by)
    paths = {enterprise.pk: enterprise.region_path}
    traces.titled(f"title.{kind}", ending, paths, by=by, reason=reason.strip())
    return ending


def expire(
    *,
    on: dt.date | None = None,
    enterprise: Enterprise | None = None,
    progress: Progress | None = None,
) -> int:
    """End what ran out and let the stages move back; return how many titles ended (到期失效)."""
    day = on or timezone.localdate()
    due = Title.objects.filter(~Exists(_rechecks()), ended_on__isnull=True, valid_to__lt=day)
    if enterprise is not None:
        due = due.filter(enterprise=enterprise)
    total = due.count()
    ended = 0
    while batch := list(due.order_by("pk")[:BATCH]):
        ended += _lapse([title.pk for title in batch])
        if progress is not None:
            progress.report(ended, total)
    return ended


@transaction.atomic
def _lapse(pks: list[int]) -> int:
    found = list(
        Title.objects.select_for_update(of=("self",)).filter(pk__in=pks, ended_on__isnull=True)
    )
    for valid_to in {title.valid_to for title in found}:
        Title.objects.filter(
            pk__in=[title.pk for title in found if title.valid_to == valid_to]
        ).update(ended_on=valid_to + ONE_DAY)
    when = {title.enterprise_id: title.valid_to + ONE_DAY for title in found}
    follow(when, cause=_("a title ran to its end"), by=None)
    for title in found:
        title.ended_on = title.valid_to + ONE_DAY
    firms = Enterprise.objects.filter(pk__in=list(when))
    paths = dict(firms.values_list("pk", "region_path"))
    traces.titled("title.expired", found, paths, by=None)
    return len(found)


def granting_region(tier: str, region_path: str) -> Region | None:
    """Return the region that recognises: the nation, or the recommending unit of a path."""
    if LADDER[Tier(tier)].decided_at == "nation":
        return Region.objects.filter(level=Region.Level.NATION).first()
    return Region.objects.filter(path=region_path[:2], is_unit=True, in_use=True).first()


def may_decide(enterprise: Enterprise, tier: str, user: User) -> bool:
    """Tell whether a user decides titles of a tier for an enterprise, and holds no seat in it."""
    level = LADDER[Tier(tier)].decided_at
    return enterprise.pk not in user.scope.enterprises and user.scope.may_decide(
        enterprise.region_path, level
    )


def _entitled(enterprise: Enterprise, tier: str, by: User) -> None:
    if not may_decide(enterprise, tier, by):
        raise PermissionDenied(_("Only the office that recognises this title may do that."))


def _falls_too(title: Title, by: User, kind: str) -> bool:
    return kind == Title.End.REVOKED and (
        by.scope.may_decide(title.enterprise.region_path, "nation")
        or may_decide(title.enterprise, title.tier, by)
    )


def _locked(enterprise_id: int) -> Enterprise:
    found: Enterprise = Enterprise.objects.select_for_update().get(pk=enterprise_id)
    return found


def _rechecks() -> QuerySet[Application]:
    return Application.objects.filter(
        enterprise=OuterRef("enterprise"),
        tier=OuterRef("tier"),
        kind=Application.Kind.RECHECK,
        status__in=[status for status in LIVE if status != Status.DRAFT],
    )
