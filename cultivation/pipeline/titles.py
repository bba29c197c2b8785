"""Granting, ending and counting titles: the only writer of titles, stages and tiers (称号)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import ahead, traces
from cultivation.pipeline.bulk_titles import Grant, grant_many
from cultivation.pipeline.following import follow
from cultivation.pipeline.stages import BAR_YEARS, LADDER, RECHECK_WINDOW, last_day, years_after
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from cultivation.pipeline.models import Application
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
        | (Q(ended_on__isnull=True) & (Q(valid_to__gte=day) | Exists(ahead.rechecks()))),
        enterprise=enterprise,
        granted_on__lte=day,
    )


def _runs(title: Title, day: dt.date) -> bool:
    """Tell of a title read ahead what `running` asks the database."""
    if title.granted_on > day:
        return False
    if title.ended_on is not None:
        return title.ended_on > day
    return title.valid_to >= day or bool(title.under_recheck)  # type: ignore[attr-defined]


def lacking(enterprise: Enterprise, tier: str, *, on: dt.date | None = None) -> list[str]:
    """Return, in words, the titles that an application for a tier needs and that are not held."""
    day = on or timezone.localdate()
    held = {title.tier for title in ahead.titles_of(enterprise) if _runs(title, day)}
    groups = (group for group in LADDER[Tier(tier)].needs if not held & set(group))
    return [_(" or ").join(str(Tier(one).label) for one in group) for group in groups]


def taken_since(enterprise: Enterprise, day: dt.date) -> Title | None:
    """Return a title that was revoked or cancelled on a day or later, the youngest first."""
    taken = {Title.End.REVOKED, Title.End.CANCELLED}
    return next(
        (
            title
            for title in ahead.titles_of(enterprise)
            if title.end_kind in taken and title.ended_on and title.ended_on >= day
        ),
        None,
    )


def barred_until(enterprise: Enterprise, *, on: dt.date | None = None) -> dt.date | None:
    """Return the first day on which a firm may apply again after a revocation for cause, if later.

    Data fabrication, accidents and serious dishonesty bar for at least three years
    (2022 Measures; yearly notice 工信厅企业函〔2026〕117号); a plain cancellation does not.
    """
    revoked = [t for t in ahead.titles_of(enterprise) if t.end_kind == Title.End.REVOKED]
    last = max((title.ended_on for title in revoked if title.ended_on), default=None)
    free = years_after(last, BAR_YEARS) if last else None
    return free if free and free > (on or timezone.localdate()) else None


def recheck_opens(title: Title) -> dt.date:
    """Return the first day on which the re-check of a title may be asked for."""
    return max(title.granted_on, title.valid_to - RECHECK_WINDOW + ONE_DAY)


@transaction.atomic
def grant(
    applications: Sequence[Application], *, by: User | None, on: dt.date | None = None
) -> list[Title]:
    """Give the titles that applications of different enterprises were for (认定).

    A re-checked title is replaced.
    """
    day = on or timezone.localdate()
    of = {application.enterprise_id: application for application in applications}
    if len(of) != len(applications):
        raise ValueError("two applications of one enterprise at once")
    list(Enterprise.objects.select_for_update().filter(pk__in=of).order_by("pk").values_list("pk"))
    paths = {pk: application.enterprise.region_path for pk, application in of.items()}
    _replace(of, on=day, by=by, paths=paths)
    places = {(application.tier, application.region_path[:2]) for application in applications}
    regions = {place: granting_region(*place) for place in places}
    made = [
        Title(
            enterprise_id=application.enterprise_id,
            tier=application.tier,
            number=f"{LADDER[Tier(application.tier)].prefix}{day:%Y%m%d}A{application.pk}",
            batch=str(application.year),
            year=day.year,
            granted_on=day,
            valid_to=last_day(application.tier, day),
            edition_code=application.edition.code,
            granting_region=regions[application.tier, application.region_path[:2]],
        )
        for application in applications
    ]
    Title.objects.bulk_create(made)
    said = _("title %(number)s recognised")
    causes = {title.enterprise_id: said % {"number": title.number} for title in made}
    follow(dict.fromkeys(of, day), cause=causes, by=by, applications=of)
    traces.titled("title.granted", made, paths, by=by)
    return made


def _replace(
    of: Mapping[int, Application], *, on: dt.date, by: User | None, paths: Mapping[int, str]
) -> None:
    """End the running titles that new ones of the same tier follow."""
    running = Title.objects.filter(enterprise__in=of, ended_on__isnull=True)
    before = [title for title in running if title.tier == of[title.enterprise_id].tier]
    for title in before:
        title.ended_on, title.end_kind = on, Title.End.REPLACED
    rows = Title.objects.filter(pk__in=[title.pk for title in before])
    rows.update(ended_on=on, end_kind=Title.End.REPLACED)
    traces.titled("title.replaced", before, paths, by=by)


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
    entitled(enterprise, tier, by)
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
def revoke(
    title: Title, *, by: User, proposed_by: User, reason: str, kind: str = Title.End.REVOKED
) -> list[Title]:
    """End a title before its time and return what ended (撤销, 取消); it takes two officers.

    Revoked is for cause: every running title that the officer's level decides falls with it, and
    the firm is barred for three years. Cancelled ends this title alone and bars nothing.
    """
    entitled(title.enterprise, title.tier, by)
    if proposed_by.pk == by.pk:
        raise PermissionDenied(_("Who proposes does not release; a second officer has to."))
    if not may_decide(title.enterprise, title.tier, proposed_by):
        raise TitleError(_("Who proposed it does not decide this title; propose it anew."))
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
    enterprises: Iterable[int] | None = None,
    progress: Progress | None = None,
) -> int:
    """End what ran out and let the stages move back; return how many titles ended (到期失效)."""
    day = on or timezone.localdate()
    due = Title.objects.filter(~Exists(ahead.rechecks()), ended_on__isnull=True, valid_to__lt=day)
    if enterprises is not None:
        due = due.filter(enterprise__in=list(enterprises))
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


def entitled(enterprise: Enterprise, tier: str, by: User) -> None:
    """Raise PermissionDenied where a user does not decide titles of a tier for an enterprise."""
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
