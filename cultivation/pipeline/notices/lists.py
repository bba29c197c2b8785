"""Lists of the recognised as published, and looking a title up (认定名单与查验)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, ListedTitle, PublishedList
from cultivation.pipeline.notices.publishing import canonical_json, digest
from cultivation.pipeline.stages import LADDER
from enterprises.audit.recording import note
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.places.models import Region

MOST = 20_000


def unlisted(region: Region, tier: str, *, kind: str) -> QuerySet[Title]:
    """Return the titles that an office granted and that no list holds yet (未公布)."""
    return (
        Title.objects.filter(
            tier=tier,
            granting_region=region,
            listed__isnull=True,
            application__kind=kind,
        )
        .exclude(end_kind__in=[Title.End.REVOKED, Title.End.CANCELLED])
        .select_related("enterprise__region")
        .order_by("enterprise__region_path", "pk")
    )


def recognises(user: User) -> bool:
    """Tell whether a user's office recognises any tier, and so publishes lists (认定单位)."""
    return any(role in {"nation", "province"} for _path, role in user.scope.decide_paths)


@transaction.atomic
def publish(
    region: Region,
    tier: str,
    *,
    kind: str,
    document: str,
    name: str,
    published_on: dt.date,
    by: User,
) -> PublishedList:
    """Publish the titles not listed yet as one list that never changes (公布名单)."""
    level = LADDER[Tier(tier)].decided_at
    if not by.scope.may_decide(region.path, level):
        raise PermissionDenied(_("Only the office that recognises publishes its lists."))
    if not document.strip():
        raise MoveError(_("Say the number of the announcement."), field="document")
    if published_on > timezone.localdate():
        raise MoveError(_("The day of publication lies in the future."), field="published_on")
    chosen = list(unlisted(region, tier, kind=kind).select_for_update(of=("self",))[:MOST])
    if not chosen:
        raise MoveError(_("No title of this kind waits for a list."))
    if PublishedList.objects.filter(
        region=region, document=document.strip(), tier=tier, kind=kind
    ).exists():
        raise MoveError(
            _("A list %(document)s of this tier is published already.") % {"document": document},
            field="document",
        )
    rows = [_row(position, title) for position, title in enumerate(chosen, start=1)]
    said = [[row.position, row.name, row.region_name, row.title.number] for row in rows]
    made = PublishedList.objects.create(
        tier=tier,
        kind=kind,
        region=region,
        name=name.strip(),
        document=document.strip(),
        published_on=published_on,
        entries=len(rows),
        list_hash=digest(canonical_json(said)),
        made_by=by,
    )
    for row in rows:
        row.published = made
    ListedTitle.objects.bulk_create(rows, batch_size=1000)
    note(
        "list.publish",
        made,
        by=by,
        after={"document": made.document, "entries": made.entries, "list_hash": made.list_hash},
        region_path=region.path,
    )
    return made


def canonical(published: PublishedList) -> str:
    """Return a list as it is hashed: rows of position, name, region, number (规范文本)."""
    rows = published.rows.values_list("position", "name", "region_name", "title__number")
    return canonical_json([list(row) for row in rows])


def _row(position: int, title: Title) -> ListedTitle:
    return ListedTitle(
        title=title,
        position=position,
        name=title.enterprise.name,
        region_name=title.enterprise.region.name_zh,
    )


@dataclass(frozen=True, slots=True)
class Verified:
    """What everybody may know of a title: whose, which, since when, how it stands (查验结果)."""

    title: Title
    state: str  # valid | rechecking | expired | replaced | revoked | cancelled
    renamed: str = ""  # the name on the list, where it is another by now


def look_up(number: str) -> Verified | None:
    """Return a title by its number as the public may see it, None where there is none (查验)."""
    wanted = "".join(number.split())[:40].encode("utf-8", "replace").decode()
    found = (
        Title.objects.filter(number__iexact=wanted)
        .select_related("enterprise__region", "granting_region", "listed__published")
        .first()
        if wanted and "\x00" not in wanted
        else None
    )
    return Verified(found, state_of(found), _renamed(found)) if found else None


def state_by_dates(title: Title) -> str:
    """Return how a title stands by its dates alone; past its last day it may be re-checked."""
    today = timezone.localdate()
    if title.ended_on is not None and title.ended_on <= today:
        return title.end_kind or "expired"
    return "valid" if title.valid_to >= today or title.ended_on is None else "expired"


def state_of(title: Title) -> str:
    """Return how a title stands today (称号状态); past its last day only a re-check keeps it."""
    state = state_by_dates(title)
    if state != "valid" or title.valid_to >= timezone.localdate():
        return state
    live = Application.objects.filter(
        enterprise=title.enterprise_id, tier=title.tier, kind=Application.Kind.RECHECK
    ).exclude(status__in=["draft", "recognised", "refused", "withdrawn"])
    return "rechecking" if live.exists() else "expired"


def _renamed(title: Title) -> str:
    listed: ListedTitle | None = getattr(title, "listed", None)
    return listed.name if listed and listed.name != title.enterprise.name else ""
