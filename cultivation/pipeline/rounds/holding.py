"""Making a round, publishing it, closing it: the one way in which rounds change (批次管理)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Round, RoundWindow, WindowLevel
from cultivation.pipeline.rounds import announcing, rights, setting, told
from enterprises.audit import recording
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cultivation.pipeline.rounds.setting import Days
    from cultivation.standards.models import Edition
    from enterprises.accounts.models import User
    from enterprises.places.models import Region

State = Round.State
KINDS = tuple(Application.Kind.values)
FIXED = ("tier", "kinds", "year", "units", "edition")  # once published


@dataclass(frozen=True, slots=True)
class Terms:
    """What a round is: who may apply, by which standard, by which notice (批次要素)."""

    tier: str
    kinds: tuple[str, ...]
    year: int
    name: str
    units: tuple[str, ...] = ()
    edition: Edition | None = None
    document: str = ""
    note: str = ""


@transaction.atomic
def create(terms: Terms, region: Region, windows: Mapping[str, Days | None], *, by: User) -> Round:
    """Make a round in preparation; only its holder sees it (拟定批次)."""
    if not rights.may_hold(by, terms.tier, region):
        raise PermissionDenied(_("Rounds of this tier are held by another office."))
    _check(terms, region)
    round_ = Round(region=region, region_path=region.path, made_by=by, **_columns(terms))
    _save(round_)
    after = _said(terms) | {"region": region.code}
    recording.note("round.create", round_, by=by, after=after, region_path=region.path)
    kept = {level: days for level, days in windows.items() if days is not None}
    return setting.set_windows(round_, region, kept, by=by)


@transaction.atomic
def change(
    round_: Round,
    terms: Terms,
    windows: Mapping[str, Days | None],
    *,
    by: User,
    reason: str = "",
    version: int | None = None,
) -> Round:
    """Change a round; once published, only its name, its notice, its note and its windows."""
    locked = _held(round_, by, version)
    if locked.state == State.CLOSED:
        raise MoveError(_("The round is closed; it stays as it is."))
    _check(terms, locked.region)
    before, columns = _as_terms(locked), _columns(terms)
    changed = {k: v for k, v in columns.items() if getattr(locked, k) != v}
    if locked.state == State.OPEN:
        fixed = [name for name in FIXED if name in changed]
        if fixed:
            raise MoveError(
                _("The round is published: who may apply and by which standard stays as it is."),
                field=fixed[0],
            )
        if changed and not reason.strip():
            raise MoveError(_("The round is published: say why it changes."), field="reason")
    if changed:
        for name, value in changed.items():
            setattr(locked, name, value)
        _save(locked)
        old, new = _said(before), _said(terms)
        recording.note(
            "round.change",
            locked,
            by=by,
            before={k: old[k] for k in old if old[k] != new[k]},
            after={k: new[k] for k in new if old[k] != new[k]},
            reason=reason.strip(),
            region_path=locked.region_path,
        )
    return setting.set_windows(
        locked, locked.region, windows, by=by, reason=reason, version=locked.version
    )


@transaction.atomic
def publish(round_: Round, *, by: User, version: int | None = None) -> Round:
    """Publish a round: from now on it takes applications within its windows (发布批次)."""
    locked = _held(round_, by, version)
    if locked.state != State.DRAFT:
        raise MoveError(
            _("The round is %(state)s already.") % {"state": locked.get_state_display()}
        )
    rows = list(locked.windows.all())
    company = next((row for row in rows if row.level == WindowLevel.COMPANY), None)
    if company is None:
        raise MoveError(_("Set the window for enterprises first."))
    if company.closes < timezone.now():
        raise MoveError(_("The window for enterprises is over already; set another."))
    setting.check_order(rows)
    _check_alone_then(locked, company)
    locked.state, locked.published_at = State.OPEN, timezone.now()
    told.published(locked, company.closes)
    announcing.begin(locked, by=by)
    return _stepped(locked, "round.publish", by)


@transaction.atomic
def close(round_: Round, *, by: User, reason: str, version: int | None = None) -> Round:
    """Close a round: it takes nothing more; what came in goes on (关闭批次)."""
    locked = _held(round_, by, version)
    if locked.state != State.OPEN:
        raise MoveError(_("Only a published round is closed."))
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    locked.state, locked.closed_at = State.CLOSED, timezone.now()
    return _stepped(locked, "round.close", by, reason=reason)


@transaction.atomic
def discard(round_: Round, *, by: User, version: int | None = None) -> None:
    """Drop a round that was never published (删除草稿批次)."""
    locked = _held(round_, by, version)
    if locked.state != State.DRAFT:
        raise MoveError(_("A round that was published stays."))
    recording.note(
        "round.discard",
        locked,
        by=by,
        before=_said(_as_terms(locked)),
        region_path=locked.region_path,
    )
    locked.quotas.all().delete()
    locked.delete()


def _stepped(locked: Round, action: str, by: User, *, reason: str = "") -> Round:
    locked.version += 1
    locked.save()
    recording.note(
        action,
        locked,
        by=by,
        after={"state": locked.state, "version": locked.version},
        reason=reason.strip(),
        region_path=locked.region_path,
    )
    return locked


def _held(round_: Round, by: User, version: int | None) -> Round:
    if not rights.is_holder(by, round_):
        raise PermissionDenied(_("This round is held by another office."))
    return setting.locked_round(round_, version)


def _check(terms: Terms, region: Region) -> None:
    """Refuse terms that make no sense, with the field."""
    faults = {
        "name": "" if terms.name.strip() else _("A round needs a name."),
        "tier": "" if terms.tier in Tier.values else _("There is no such tier."),
        "kinds": ""
        if terms.kinds and set(terms.kinds) <= set(KINDS)
        else _("Choose new applications, re-checks, or both."),
        "year": ""
        if terms.year in setting.YEARS
        else _("%(year)s lies outside the years 2015 to 2100.") % {"year": terms.year},
        "edition": ""
        if terms.edition is None or terms.edition.tier == terms.tier
        else _("This standard is of another tier."),
        "units": ""
        if not terms.units or not region.path
        else _("Only a round of the nation names units."),
    }
    for field, said in faults.items():
        if said:
            raise MoveError(said, field=field)


def _check_alone_then(round_: Round, company: RoundWindow) -> None:
    """Refuse two rounds of one holder that would take the same application at once."""
    others = RoundWindow.objects.filter(
        round__state=State.OPEN,
        round__tier=round_.tier,
        round__region=round_.region_id,
        region=round_.region_id,
        level=WindowLevel.COMPANY,
    ).select_related("round")
    begins = company.opens or timezone.now()
    for other in others:
        shared = set(other.round.kinds) & set(round_.kinds)
        meet = not other.round.units or not round_.units
        meet = meet or bool(set(other.round.units) & set(round_.units))
        starts = other.opens or other.round.published_at or begins
        if shared and meet and starts <= company.closes and begins <= other.closes:
            raise MoveError(
                _("Round “%(round)s” takes the same applications at the same time.")
                % {"round": other.round}
            )


def _save(round_: Round) -> None:
    try:
        with transaction.atomic():
            round_.save()
    except IntegrityError as error:
        raise MoveError(
            _("There is a round of this name in %(year)s already.") % {"year": round_.year},
            field="name",
        ) from error


def _columns(terms: Terms) -> dict[str, Any]:
    plain = {name: getattr(terms, name) for name in asdict(terms) if name != "edition"}
    return plain | {
        "kinds": list(terms.kinds),
        "units": list(terms.units),
        "edition": terms.edition,
        "name": terms.name.strip(),
    }


def _as_terms(round_: Round) -> Terms:
    return Terms(
        tier=round_.tier,
        kinds=tuple(round_.kinds),
        year=round_.year,
        name=round_.name,
        units=tuple(round_.units),
        edition=round_.edition,
        document=round_.document,
        note=round_.note,
    )


def _said(terms: Terms) -> dict[str, Any]:
    return _columns(terms) | {"edition": terms.edition.code if terms.edition else None}
