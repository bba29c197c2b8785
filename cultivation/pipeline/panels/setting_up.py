"""Setting up a panel: rubric, numbers, phases; what may change until when (组建评审组)."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Panel, PanelDuty, PanelPhase, Rubric
from cultivation.pipeline.panels import rights
from enterprises.accounts.seats import office_of
from enterprises.audit import recording

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from cultivation.pipeline.models import Round
    from enterprises.accounts.models import User
    from enterprises.places.models import Region

State = Panel.State
NUMBERS = {
    "seats": (1, 2000), "each": (1, 15), "most": (1, 5000), "least": (1, 15), "years": (0, 30),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers and rules of a panel (评审组设置)."""

    name: str
    rubric: Rubric
    seats: int
    each: int
    most: int
    least: int
    industries: tuple[str, ...] = ()
    may_abstain: bool = True
    line: int | None = None
    years: int = 3
    same_county: bool = True


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase as stated (阶段设置)."""

    kind: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    hide_firm: bool = True
    hide_experts: bool = True
    others: str = PanelPhase.Others.NEVER


@transaction.atomic
def open_panel(round_: Round, region: Region, settings: Settings, *, by: User) -> Panel:
    """Set up a panel of a round for the office of a region (组建)."""
    if not rights.may_open(by, round_, region):
        raise PermissionDenied(_("A panel is set up by who decides in the office that holds it."))
    _check(settings)
    _free_name(settings.name, round=round_, level=office_of(region), region=region)
    made = Panel.objects.create(
        round=round_, level=office_of(region), region=region, region_path=region.path,
        token=secrets.token_hex(6), made_by=by, **_columns(settings),
    )  # fmt: skip
    _note("panel.opened", made, by, after=_told(settings))
    return made


@transaction.atomic
def change(panel: Panel, settings: Settings, *, by: User, version: int) -> Panel:
    """Change the settings of a panel whose lists are not closed (修改设置)."""
    locked = _locked(panel, by, version)
    if locked.state not in {State.PREPARING, State.COMMITTED}:
        raise MoveError(_("The lists are closed; the settings stand. Open the lists again first."))
    _check(settings)
    _free_name(
        settings.name, but=locked, round=locked.round, level=locked.level, region=locked.region
    )
    for name, value in _columns(settings).items():
        setattr(locked, name, value)
    locked.version += 1
    locked.save()
    _note("panel.changed", locked, by, after=_told(settings))
    return locked


@transaction.atomic
def set_phases(
    panel: Panel, stated: Sequence[Phase], *, by: User, version: int, reason: str = ""
) -> Panel:
    """Set the phases of a panel (设置阶段).

    What experts see is settled by the draw; afterwards only days move, and a reason is owed.
    """
    locked = _locked(panel, by, version)
    if locked.state == State.CANCELLED:
        raise MoveError(_("The panel is cancelled."))
    _check_phases(stated)
    before = [_phase(one) for one in locked.phases.all()]
    if locked.state == State.DRAWN:
        _only_days(before, stated, reason)
    locked.phases.all().delete()
    PanelPhase.objects.bulk_create(PanelPhase(panel=locked, **asdict(one)) for one in stated)
    locked.version += 1
    locked.save()
    _note(
        "panel.phases_set", locked, by, reason=reason.strip(),
        before={"phases": [asdict(one) for one in before]},
        after={"phases": [asdict(one) for one in stated]},
    )  # fmt: skip
    return locked


@transaction.atomic
def owe(round_: Round, level: str, *, by: User, owed: bool = True) -> None:
    """Say that a round owes a panel at a level, or no longer does (评审要求)."""
    if not rights.may_owe(by, round_):
        raise PermissionDenied(_("What a round owes is said by the office that holds it."))
    rows = PanelDuty.objects.filter(round=round_, level=level)
    if rows.exists() == owed:
        return
    if owed:
        PanelDuty.objects.create(round=round_, level=level, made_by=by)
    else:
        rows.delete()
    recording.note(
        "round.owes_a_panel", round_, by=by, after={"level": level, "owed": owed},
        region_path=round_.region_path,
    )  # fmt: skip


def _locked(panel: Panel, by: User, version: int) -> Panel:
    locked: Panel = (
        Panel.objects.select_for_update(of=("self",))
        .select_related("round", "region")
        .get(pk=panel.pk)
    )
    rights.need_holder(by, locked)
    if version != locked.version:
        raise MovedMeanwhileError(_("The panel was changed meanwhile. Look at it again."))
    return locked


def _check(settings: Settings) -> None:
    for name, (low, high) in NUMBERS.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            raise MoveError(
                _("“%(value)s” is outside %(low)s to %(high)s.")
                % {"value": value, "low": low, "high": high},
                field=name,
            )
    if not settings.name.strip():
        raise MoveError(_("Give the panel a name."), field="name")
    if settings.rubric.state != Rubric.State.PUBLISHED:
        raise MoveError(_("Choose a published rubric."), field="rubric")
    if settings.each > settings.seats:
        raise MoveError(
            _("%(each)s experts a case cannot come from %(seats)s seats.")
            % {"each": settings.each, "seats": settings.seats},
            field="each",
        )
    if settings.least > settings.each:
        raise MoveError(
            _("More scores would be waited for than experts read a case."), field="least"
        )
    if settings.line is not None and not 0 <= settings.line <= 10_000:
        raise MoveError(_("The score line lies between 0 and 100 points."), field="line")


def _free_name(name: str, *, but: Panel | None = None, **where: object) -> None:
    taken = Panel.objects.filter(name=name.strip(), **where)
    if but is not None:
        taken = taken.exclude(pk=but.pk)
    if taken.exists():
        raise MoveError(_("A panel of this name is there already."), field="name")


def _check_phases(stated: Sequence[Phase]) -> None:
    kinds = [one.kind for one in stated]
    if PanelPhase.Kind.SCORE not in kinds:
        raise MoveError(_("A panel needs the days of scoring."), field="score")
    if len(set(kinds)) != len(kinds):
        raise MoveError(_("Each phase is stated once."))
    order = list(PanelPhase.Kind.values)
    last: Phase | None = None
    for one in sorted(stated, key=lambda phase: order.index(phase.kind)):
        if one.closes_at <= one.opens_at:
            raise MoveError(_("A phase closes after it opens."), field=one.kind)
        if last is not None and one.opens_at < last.closes_at:
            raise MoveError(_("A phase opens after the one before is over."), field=one.kind)
        last = one


def _only_days(before: Sequence[Phase], stated: Sequence[Phase], reason: str) -> None:
    def seen(rows: Sequence[Phase]) -> dict[str, tuple[bool, bool, str]]:
        return {one.kind: (one.hide_firm, one.hide_experts, one.others) for one in rows}

    if seen(before) != seen(stated):
        raise MoveError(_("What experts see was settled by the draw; only the days can move."))
    if not reason.strip():
        raise MoveError(_("Say why the days move."), field="reason")


def _phase(row: PanelPhase) -> Phase:
    return Phase(row.kind, row.opens_at, row.closes_at, row.hide_firm, row.hide_experts, row.others)


def _columns(settings: Settings) -> dict[str, object]:
    found = {name: getattr(settings, name) for name in settings.__slots__}
    return found | {"name": settings.name.strip(), "industries": list(settings.industries)}


def _told(settings: Settings) -> dict[str, object]:
    return _columns(settings) | {"rubric": str(settings.rubric.pk)}


def _note(action: str, panel: Panel, by: User, **said: object) -> None:
    recording.note(action, panel, by=by, region_path=panel.region_path, **said)  # type: ignore[arg-type]
