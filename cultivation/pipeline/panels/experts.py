"""An expert's profile: kept by the expert, checked by the office that seats experts (专家档案)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import ExpertProfile, ExpertTie, ProfileReading
from cultivation.pipeline.panels import telling
from enterprises.audit import recording
from enterprises.places.models import Industry, ProductDomain
from enterprises.registry import credit_code, names

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.places.models import Region

State = ExpertProfile.State
FIRST_YEAR = 1950


@dataclass(frozen=True, slots=True)
class Facts:
    """What an expert states of himself, beside the ties (专家情况)."""

    industries: tuple[str, ...]
    domains: tuple[str, ...]
    county: Region | None
    available: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie as stated (利益关系)."""

    kind: str
    name: str
    code: str = ""
    since: int | None = None
    until: int | None = None


def own(user: User) -> ExpertProfile:
    """Return the profile of an expert, begun where there is none yet."""
    if not user.scope.expert:
        raise PermissionDenied(_("Only who holds an expert's seat keeps such a profile."))
    return ExpertProfile.objects.get_or_create(user=user)[0]


@transaction.atomic
def keep(profile: ExpertProfile, facts: Facts, *, by: User, version: int) -> ExpertProfile:
    """Keep fields, county and availability; what was checked has to be checked again (保存)."""
    locked = _mine(profile, by)
    if version != locked.version:
        raise MovedMeanwhileError(_("The profile was changed meanwhile. Look at it again."))
    if not set(facts.industries) <= set(Industry.objects.values_list("code", flat=True)):
        raise MoveError(_("Choose the fields from the list."), field="industries")
    if not set(facts.domains) <= set(ProductDomain.objects.values_list("code", flat=True)):
        raise MoveError(_("Choose the product fields from the list."), field="domains")
    if facts.county is not None and len(facts.county.path) != len("330108"):
        raise MoveError(_("Choose a county or district."), field="county")
    before = (locked.industries, locked.domains, locked.county_id)
    locked.industries, locked.domains = sorted(facts.industries), sorted(facts.domains)
    locked.county, locked.available = facts.county, facts.available
    if before != (locked.industries, locked.domains, locked.county_id):
        _unchecked(locked)
    _save(locked, "expert.profile_kept", by)
    return locked


@transaction.atomic
def add_tie(profile: ExpertProfile, tie: Tie, *, by: User) -> ExpertTie:
    """State a tie to a firm; it counts as a conflict from now on (登记利益关系)."""
    locked = _mine(profile, by)
    made: ExpertTie = ExpertTie.objects.create(profile=locked, **_checked(tie))
    _unchecked(locked)
    _save(locked, "expert.tie_stated", by, tie=made.pk)
    return made


@transaction.atomic
def end_tie(tie: ExpertTie, *, by: User, until: int) -> ExpertTie:
    """State in which year a tie ended; one that the office has seen is never deleted (终止关系)."""
    locked = _mine(tie.profile, by)
    row: ExpertTie = ExpertTie.objects.select_for_update().get(pk=tie.pk, profile=locked)
    _check_years(row.since, until)
    row.until = until
    row.save()
    _unchecked(locked)
    _save(locked, "expert.tie_ended", by, tie=row.pk)
    return row


@transaction.atomic
def drop_tie(tie: ExpertTie, *, by: User) -> None:
    """Take back a tie that nobody has checked yet (删除未核关系)."""
    locked = _mine(tie.profile, by)
    row = ExpertTie.objects.select_for_update().get(pk=tie.pk, profile=locked)
    if row.checked:
        raise MoveError(_("The office has seen this tie; state the year in which it ended."))
    row.delete()
    _save(locked, "expert.tie_taken_back", by, tie=tie.pk)


@transaction.atomic
def submit(profile: ExpertProfile, *, by: User, declared: bool) -> ExpertProfile:
    """Declare the profile true and complete, and hand it to the office (提交核验)."""
    locked = _mine(profile, by)
    if not declared:
        raise MoveError(_("Declare that the profile is true and complete."), field="declared")
    lacking = missing(locked)
    if lacking:
        raise MoveError(_("Still missing: %(items)s.") % {"items": _("; ").join(lacking)})
    if locked.state in {State.SUBMITTED, State.APPROVED}:
        raise MoveError(_("Nothing has changed since it was handed in."))
    locked.state, locked.declared_at = State.SUBMITTED, timezone.now()
    _save(locked, "expert.profile_submitted", by)
    telling.submitted(locked)
    return locked


@transaction.atomic
def check(
    profile: ExpertProfile, *, by: User, approve: bool, version: int, note: str = ""
) -> ExpertProfile:
    """Say that a profile is in order, or send it back with a reason (核验)."""
    locked: ExpertProfile = ExpertProfile.objects.select_for_update().get(pk=profile.pk)
    if not ExpertProfile.objects.kept_by(by).filter(pk=locked.pk).exists():
        raise PermissionDenied(_("This expert is not seated by your office."))
    if version != locked.version:
        raise MovedMeanwhileError(_("The profile was changed meanwhile. Look at it again."))
    if locked.state != State.SUBMITTED:
        raise MoveError(_("The profile does not wait for a check."))
    if not approve and not note.strip():
        raise MoveError(_("Say what has to be mended."), field="note")
    locked.state = State.APPROVED if approve else State.SENT_BACK
    locked.checked_by, locked.checked_at = by, timezone.now()
    locked.check_note = note.strip()
    if approve:
        locked.ties.update(checked=True)
    _save(locked, "expert.profile_checked", by)
    telling.checked(locked)
    return locked


def missing(profile: ExpertProfile) -> list[str]:
    """Return what a profile still lacks before it can be handed in."""
    lacking = []
    if not profile.industries:
        lacking.append(_("a field of expertise"))
    if profile.county_id is None:
        lacking.append(_("the county of residence"))
    if not profile.ties.filter(kind=ExpertTie.Kind.EMPLOYER).exists():
        lacking.append(_("an employer, now or before"))
    return lacking


def read(profile: ExpertProfile, *, by: User, purpose: str = "") -> ExpertProfile:
    """Return a profile for reading and note who read it, unless it is one's own (查阅留痕)."""
    if profile.user_id != by.pk:
        ProfileReading.objects.create(profile=profile, user=by, purpose=purpose[:200])
    return profile


def _mine(profile: ExpertProfile, by: User) -> ExpertProfile:
    locked: ExpertProfile = ExpertProfile.objects.select_for_update().get(pk=profile.pk)
    if locked.user_id != by.pk or not by.scope.expert:
        raise PermissionDenied(_("An expert's profile is kept by the expert alone."))
    return locked


def _unchecked(profile: ExpertProfile) -> None:
    profile.state = State.DRAFT


def _save(profile: ExpertProfile, action: str, by: User, **said: object) -> None:
    profile.version += 1
    profile.save()
    recording.note(action, profile, by=by, after={"state": profile.state, **said})


def _checked(tie: Tie) -> dict[str, object]:
    """Return a tie as stored; MoveError naming the field that is wrong."""
    name = names.tidy(tie.name)
    if tie.kind not in ExpertTie.Kind.values:
        raise MoveError(_("Choose what the tie is."), field="kind")
    if not name:
        raise MoveError(_("Name the firm or institution."), field="name")
    code = ""
    if tie.code.strip():
        try:
            code = credit_code.check(tie.code)
        except ValidationError as error:
            raise MoveError(" ".join(error.messages), field="code") from error
    _check_years(tie.since, tie.until)
    return {
        "kind": tie.kind, "name": name, "name_key": names.key(name), "credit_code": code,
        "since": tie.since, "until": tie.until,
    }  # fmt: skip


def _check_years(since: int | None, until: int | None) -> None:
    now = timezone.localdate().year
    for field, year in (("since", since), ("until", until)):
        if year is not None and not FIRST_YEAR <= year <= now:
            raise MoveError(
                _("“%(year)s” is not a year from %(first)s to %(last)s.")
                % {"year": year, "first": FIRST_YEAR, "last": now},
                field=field,
            )
    if since is not None and until is not None and until < since:
        raise MoveError(
            _("It cannot end in %(until)s before it began in %(since)s.")
            % {"until": until, "since": since},
            field="until",
        )
