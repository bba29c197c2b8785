"""Related enterprises: who controls whom, who continues a banned one (关联企业)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import titles
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Relation
from enterprises.audit.recording import note
from enterprises.registry.models import Enterprise, Tier

if TYPE_CHECKING:
    import datetime as dt

    from enterprises.accounts.models import User


@dataclass(frozen=True, slots=True)
class Related:
    """A related enterprise as a page names it, with what a reviewer should know (关联情况)."""

    relation: Relation
    other: Enterprise
    forward: bool  # the relation reads from the enterprise asked about to the other
    warnings: list[str]


@transaction.atomic
def enter(
    enterprise: Enterprise,
    other: Enterprise,
    kind: str,
    *,
    source: str,
    by: User,
    since: dt.date | None = None,
) -> Relation:
    """Enter a relation with its source; staff of the firm or an office that registers it may."""
    scope = by.scope
    if enterprise.pk not in scope.enterprises and not scope.may_register(enterprise.region_path):
        raise PermissionDenied(_("You may not change the record of %s.") % enterprise)
    if enterprise.pk == other.pk:
        raise MoveError(_("An enterprise is not related to itself."), field="other")
    if not source.strip():
        raise MoveError(_("Say where it is known from."), field="source")
    try:
        with transaction.atomic():
            made = Relation.objects.create(
                enterprise=enterprise, other=other, kind=kind, since=since,
                source=source.strip(), made_by=by,
            )  # fmt: skip
    except IntegrityError as error:
        raise MoveError(_("This relation is entered already.")) from error
    note(
        "relation.enter",
        made,
        by=by,
        after={"other": other.pk, "kind": kind, "source": made.source},
        enterprise_id=enterprise.pk,
        region_path=enterprise.region_path,
    )
    return made


def of(enterprise: Enterprise) -> list[Related]:
    """Return the enterprises related to one, in either direction, with warnings (关联企业)."""
    today = timezone.localdate()
    rows = Relation.objects.filter(
        Q(until=None) | Q(until__gte=today), Q(enterprise=enterprise) | Q(other=enterprise)
    ).select_related("enterprise__region", "other__region")
    found = []
    for row in rows:
        forward = row.enterprise_id == enterprise.pk
        other = row.other if forward else row.enterprise
        found.append(Related(row, other, forward, _warnings(row, other)))
    return found


def _warnings(relation: Relation, other: Enterprise) -> list[str]:
    """Say what the yearly notices or a ban make of a relation; a person weighs it."""
    said = []
    little = Tier.LITTLE_GIANT
    if relation.kind == Relation.Kind.CONTROLS and other.tier == little:
        said.append(
            _("%(firm)s is a little giant: who controls one or is controlled by one is not "
              "recommended (yearly notices of 2025 and 2026).") % {"firm": other}
        )  # fmt: skip
    if relation.kind == Relation.Kind.SAME_GROUP and other.tier == little:
        said.append(
            _("%(firm)s of the same group is a little giant: look whether the leading products "
              "are alike (yearly notices of 2025 and 2026).") % {"firm": other}
        )  # fmt: skip
    free = titles.barred_until(other)
    if free is not None:
        said.append(
            _("%(firm)s may not apply before %(day)s after a revocation for cause.")
            % {"firm": other, "day": date_format(free)}
        )
    return said
