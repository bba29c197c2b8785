"""A sample from sealing the seed to publishing the outcome (抽样流程)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Visit, VisitDraw, VisitListed
from cultivation.pipeline.panels import sealing
from cultivation.pipeline.visits import planning, pools, rules, sampling
from enterprises.accounts.seats import office_of
from enterprises.audit import recording
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cultivation.pipeline.models import Round
    from cultivation.pipeline.visits.rules import VisitRule
    from enterprises.accounts.models import User

State, Strata = VisitDraw.State, VisitDraw.Strata
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample is to be drawn of, and how large (抽样方案)."""

    name: str
    tier: str
    kind: str = Application.Kind.RECOGNITION
    round: Round | None = None
    share: int | None = None  # parts per million, or
    number: int | None = None
    strata: str = Strata.NONE


def may_draw(user: User, region: Region) -> bool:
    """Tell whether a user draws samples for an office: who decides there."""
    return user.is_authenticated and user.scope.may_decide(region.path, office_of(region))


def holds(user: User, draw: VisitDraw) -> bool:
    """Tell whether a user runs a draw."""
    return user.is_authenticated and user.scope.may_decide(draw.region_path, draw.level)


@transaction.atomic
def seal(region: Region, wanted: Sample, *, by: User) -> VisitDraw:
    """Set a sample up: make its seed, seal it, publish its commitment (设定抽样、封存种子)."""
    if not may_draw(by, region):
        raise PermissionDenied(_("Samples are drawn by who decides in the office."))
    _check(region, wanted)
    commitment, sealed = sealing.seal()
    draw = VisitDraw.objects.create(
        token=secrets.token_hex(6), name=wanted.name.strip(), level=office_of(region),
        region=region, region_path=region.path, tier=wanted.tier, kind=wanted.kind,
        round=wanted.round, share=wanted.share, number=wanted.number, strata=wanted.strata,
        commitment=commitment, sealed=sealed, committed_at=timezone.now(), made_by=by,
    )  # fmt: skip
    after = {"commitment": commitment, "share": wanted.share, "number": wanted.number}
    _note("seed_sealed", draw, by, after=after)
    return draw


@transaction.atomic
def close_lists(draw: VisitDraw, *, by: User) -> VisitDraw:
    """Fix which cases can be drawn and which are owed anyway, and publish the hash (封闭名单)."""
    locked = _locked(draw, by, State.SEALED)
    now = timezone.now()
    if now <= locked.committed_at:
        raise MoveError(_("The lists close only after the seed was sealed; try again in a moment."))
    applications = list(pools.of_draw(locked).only("pk", "enterprise_id", "region_path"))
    listed = _listed(locked, applications)
    if not any(not one.rule for one in listed):
        raise MoveError(
            _("No case of this office can be drawn now: none is in hand, or all are owed.")
        )
    VisitListed.objects.bulk_create(listed, batch_size=BATCH)
    lists = _lists(locked, listed)
    _large_enough(locked, lists.size, listed)
    locked.lists, locked.digest, locked.listed_at = lists.text, lists.digest, now
    locked.state = State.LISTED
    locked.save()
    counts = {"cases": len(listed), "owed": len(lists.owed), "size": lists.size}
    _note("lists_closed", locked, by, after=counts | {"digest": locked.digest})
    return locked


@transaction.atomic
def draw(draw: VisitDraw, *, by: User, word: str = "") -> VisitDraw:
    """Open the seed, draw, begin the visits, publish seed and outcome (抽取)."""
    locked = _locked(draw, by, State.LISTED)
    seed = sealing.unseal(locked.commitment, locked.sealed)
    said = sampling.read(locked.lists)
    drawn = sampling.draw(said, seed, word=word.strip())
    _begin(locked, {case for cases in drawn.values() for case in cases}, by)
    locked.seed, locked.word = seed.hex(), word.strip()
    locked.outcome = sampling.outcome(drawn)
    locked.outcome_digest = hashlib.sha256(locked.outcome.encode()).hexdigest()
    locked.drawn_at, locked.drawn_by, locked.state = timezone.now(), by, State.DRAWN
    locked.save()
    after = {"seed": locked.seed, "word": locked.word, "outcome": locked.outcome_digest}
    _note("drawn", locked, by, after=after)
    return locked


@transaction.atomic
def cancel(draw: VisitDraw, *, by: User, reason: str) -> VisitDraw:
    """End a draw before its seed is opened; the try stays on record (取消)."""
    locked = _locked(draw, by, State.SEALED, State.LISTED)
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    before = {"state": locked.state, "digest": locked.digest}
    locked.state = State.CANCELLED
    locked.save(update_fields=["state"])
    _note("cancelled", locked, by, before=before, reason=reason.strip())
    return locked


def differences(draw: VisitDraw) -> list[str]:
    """Return in words what does not come out as published; nothing where all does (重演)."""
    found = []
    seed = bytes.fromhex(draw.seed)
    if not sealing.fits(seed, draw.commitment):
        found.append(_("The seed is not the one that was committed to."))
    if hashlib.sha256(draw.lists.encode()).hexdigest() != draw.digest:
        found.append(_("The lists are not the ones whose hash was published."))
    again = sampling.draw(sampling.read(draw.lists), seed, word=draw.word)
    if sampling.outcome(again) != draw.outcome:
        found.append(_("The draw comes out otherwise than it was published."))
    kept = set(draw.listed.filter(drawn=True).values_list("token", flat=True))
    if kept != {case for cases in again.values() for case in cases}:
        found.append(_("The visits are not those that were drawn."))
    return found


def _check(region: Region, wanted: Sample) -> None:
    if not wanted.name.strip():
        raise MoveError(_("Give the sample a name."), field="name")
    if (wanted.share is None) == (wanted.number is None):
        raise MoveError(_("Give either a share or a number."), field="share")
    least = max((one.least for one in _sampling(region, wanted)), default=0)
    if wanted.share is not None and wanted.share < least:
        raise MoveError(
            _("At least %(least)s per cent are drawn here by rule (unverified).")
            % {"least": f"{least / 10_000:g}"},
            field="share",
        )
    if wanted.round is not None and wanted.round.tier != wanted.tier:
        raise MoveError(_("The round is for another tier."), field="round")


def _large_enough(draw: VisitDraw, size: int, listed: Sequence[VisitListed]) -> None:
    """Refuse a number that draws less than the least share; how many cases there are shows now."""
    rows = _sampling(draw.region, Sample(draw.name, draw.tier, draw.kind))
    least = max((one.least for one in rows), default=0)
    free = sum(not one.rule for one in listed)
    needed = min(free, -(-least * len(listed) // 1_000_000))
    if size < needed:
        raise MoveError(
            _("At least %(needed)s of %(cases)s cases are drawn here by rule (unverified).")
            % {"needed": needed, "cases": len(listed)}
        )


def _sampling(region: Region, wanted: Sample) -> list[VisitRule]:
    today, level = timezone.localdate(), office_of(region)
    return [one for one in rules.rules() if one.fits(wanted.tier, wanted.kind, level, today)]


def _listed(draw: VisitDraw, applications: list[Application]) -> list[VisitListed]:
    """Return the rows of the lists, each under a fresh number, parts likewise."""
    owing = {
        pk: rule.rule
        for _level, rule, rows in pools.owing(draw.level, draw.region_path)
        for pk in rows.values_list("pk", flat=True)
    }
    places = _places(applications) if draw.strata else {}
    parts: dict[int | None, str] = {}
    fresh = iter(sealing.numbers("c", len(applications)))
    found = []
    for one in applications:
        place = _part(places, one.region_path, draw.strata)
        key = place.pk if place else None
        parts.setdefault(key, f"p{secrets.token_hex(4)}")
        found.append(
            VisitListed(
                draw=draw,
                application=one,
                token=next(fresh),
                stratum=parts[key],
                region=place,
                rule=owing.get(one.pk, ""),
            )
        )
    return found


def _places(applications: Iterable[Application]) -> dict[str, Region]:
    """Return every region above some cases by its path; one query."""
    paths = {one.region_path[:n] for one in applications for n in range(2, 7)}
    return {one.path: one for one in Region.objects.filter(path__in=paths)}


def _part(places: Mapping[str, Region], path: str, strata: str) -> Region | None:
    """Return the region that stands for a case's part of the lists; None where not split.

    A unit without cities, or a place without counties, stands for itself.
    """
    line = [places[path[:n]] for n in range(2, len(path) + 1) if path[:n] in places]
    if not strata or not line:
        return None
    if strata == Strata.UNIT:
        return line[0]
    fallback = line[0] if strata == Strata.CITY else line[-1]
    return next((one for one in line if one.level == strata and not one.is_unit), fallback)


def _lists(draw: VisitDraw, listed: Iterable[VisitListed]) -> sampling.Lists:
    parts: dict[str, list[str]] = {}
    owed = []
    for one in listed:
        if one.rule:
            owed.append(one.token)
        else:
            parts.setdefault(one.stratum, []).append(one.token)
    return sampling.Lists(
        draw=draw.token,
        parts={part: tuple(cases) for part, cases in parts.items()},
        owed=tuple(owed),
        share=draw.share or 0,
        number=draw.number or 0,
    )


def _begin(draw: VisitDraw, drawn: set[str], by: User) -> None:
    """Mark what was drawn, and begin a visit for it and for what is owed anyway."""
    rows = draw.listed.select_related("application").only(
        "draw", "token", "rule", "drawn", "application__enterprise", "application__region_path"
    )
    seen = Visit.objects.standing().filter(
        level=draw.level, application__in=draw.listed.values("application")
    )
    there = {one.application_id: one for one in seen}
    wanted, taken = [], []
    for one in rows.filter(Q(token__in=drawn) | ~Q(rule="")).order_by("token"):
        listed = one if one.token in drawn else None
        begun = there.get(one.application_id)
        if begun is None:
            rule = rules.named(one.rule) if one.rule else None
            wanted.append(planning.Wanted(one.application, draw.level, rule, listed))
        elif listed is not None and begun.listed_id is None:
            begun.listed = listed
            taken.append(begun)
    planning.make(wanted, by=by)
    Visit.objects.bulk_update(taken, ["listed"], batch_size=BATCH)
    draw.listed.filter(token__in=drawn).update(drawn=True)


def _locked(draw: VisitDraw, by: User, *states: str) -> VisitDraw:
    found: VisitDraw = VisitDraw.objects.select_for_update().get(pk=draw.pk)
    if not holds(by, found):
        raise PermissionDenied(_("This sample is drawn by another office."))
    if found.state not in states:
        raise MoveError(
            _("The sample is %(state)s; this step is not possible now.")
            % {"state": found.get_state_display()}
        )
    return found


def _note(action: str, draw: VisitDraw, by: User, **said: object) -> None:
    recording.note(f"visit_draw.{action}", draw, by=by, region_path=draw.region_path, **said)  # type: ignore[arg-type]
