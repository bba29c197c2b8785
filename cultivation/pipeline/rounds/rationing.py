"""Setting how many a region may recommend in a round (分配名额)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Quota, Round
from cultivation.pipeline.rounds import rights, setting
from enterprises.accounts.seats import office_of
from enterprises.audit import recording
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User

MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Share:
    """What a region may recommend; `ratio` candidates for 100 places are shown only (名额)."""

    places: int
    ratio: int | None = None


@transaction.atomic
def set_quotas(
    round_: Round,
    office: Region,
    wanted: Mapping[str, Share | None],
    *,
    by: User,
    reason: str = "",
    version: int | None = None,
) -> int:
    """Set quotas of regions below an office by their codes; return how many changed (分配名额).

    All or none. None lifts a quota; none is set below what is taken already.
    """
    locked = setting.locked_round(round_, version)
    if not rights.settable(by, locked, office):
        raise PermissionDenied(_("Quotas in this round are set by another office."))
    if locked.state == Round.State.CLOSED:
        raise MoveError(_("The round is closed; its quotas stay as they are."))
    regions = {region.code: region for region in below(locked, office)}
    stored = {
        quota.region.code: quota
        for quota in Quota.objects.select_for_update(of=("self",))
        .filter(round=locked, region__code__in=list(wanted))
        .select_related("region")
        .order_by("pk")
    }
    changes = {}
    for code, share in wanted.items():
        if code not in regions:
            raise MoveError(_("%(code)s is no region below your office.") % {"code": code})
        before = stored.get(code)
        if share != (Share(before.places, before.ratio) if before else None):
            changes[code] = (before, share)
    if changes and locked.state == Round.State.OPEN and not reason.strip():
        raise MoveError(_("The round is published: say why its quotas change."), field="reason")
    for code, (before, share) in changes.items():
        _set(locked, regions[code], before, share, by)
    if changes:
        _note(locked, office, changes, by, reason)
        locked.version += 1
        locked.save(update_fields=["version"])
    round_.refresh_from_db()
    return len(changes)


def below(round_: Round, office: Region) -> list[Region]:
    """Return the regions next below an office that recommend in a round (下级地区)."""
    if not office.path:
        rows = Region.objects.filter(is_unit=True, in_use=True)
        found = rows.filter(path__in=round_.units) if round_.units else rows
        return list(found.order_by("code"))
    children = Region.objects.filter(parent=office, in_use=True, is_unit=False)
    return list(children.exclude(path=office.path).order_by("code"))


def _set(
    round_: Round, region: Region, before: Quota | None, share: Share | None, by: User
) -> None:
    at = f"places_{region.code}"
    if share is None:
        if before is not None and before.used:
            raise MoveError(
                _("%(region)s has taken %(used)s places; the quota cannot be lifted.")
                % {"region": region, "used": before.used},
                field=at,
            )
        Quota.objects.filter(round=round_, region=region).delete()
        return
    if not 0 <= share.places <= MOST or not 0 <= (share.ratio or 0) <= MOST:
        raise MoveError(
            _("%(region)s: name a whole number from 0 to %(most)s.")
            % {"region": region, "most": MOST},
            field=at,
        )
    if before is not None and share.places < before.used:
        raise MoveError(
            _("%(region)s has taken %(used)s places already; %(places)s are too few.")
            % {"region": region, "used": before.used, "places": share.places},
            field=at,
        )
    Quota.objects.update_or_create(
        round=round_,
        region=region,
        defaults={
            "region_path": region.path,
            "level": office_of(region),
            "places": share.places,
            "ratio": share.ratio,
            "made_by": by,
        },
    )


def _note(
    round_: Round,
    office: Region,
    changes: Mapping[str, tuple[Quota | None, Share | None]],
    by: User,
    reason: str,
) -> None:
    def said(quota: Quota | Share | None) -> dict[str, Any] | None:
        return {"places": quota.places, "ratio": quota.ratio} if quota else None

    recording.note(
        "round.quotas",
        round_,
        by=by,
        before={code: said(before) for code, (before, _share) in changes.items()},
        after={code: said(share) for code, (_before, share) in changes.items()},
        reason=reason.strip(),
        region_path=office.path,
    )
