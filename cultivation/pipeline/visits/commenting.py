"""What an enterprise says on a visit that it was told of (企业意见)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Visit, VisitComment
from cultivation.pipeline.visits import telling
from cultivation.pipeline.visits.noting import note

if TYPE_CHECKING:
    from enterprises.accounts.models import User

MOST = 20  # comments on a visit


@transaction.atomic
def comment(visit: Visit, *, by: User, text: str) -> VisitComment:
    """Keep what the enterprise says; it stands beside the record and changes nothing in it."""
    rows = Visit.objects.select_for_update(of=("self",)).select_related("application__enterprise")
    locked: Visit = rows.get(pk=visit.pk)
    if locked.application.enterprise_id not in by.scope.enterprises:
        raise PermissionDenied
    if locked.state not in {Visit.State.PLANNED, Visit.State.SIGNED}:
        raise MoveError(_("There is nothing to comment on now."))
    if not text.strip():
        raise MoveError(_("Write what you want to say."), field="text")
    if locked.comments.count() >= MOST:
        raise MoveError(_("At most %(most)s comments are taken.") % {"most": MOST}, field="text")
    made = VisitComment.objects.create(visit=locked, text=text.strip(), made_by=by)
    note("commented", locked, by=by, after={"comment": made.pk})
    telling.commented(locked, made)
    return made
