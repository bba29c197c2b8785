"""Who holds a panel, who reads it (权限)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from enterprises.accounts.seats import office_of

if TYPE_CHECKING:
    from cultivation.pipeline.models import Panel, Round
    from enterprises.accounts.models import User
    from enterprises.places.models import Region


def holds(user: User, panel: Panel) -> bool:
    """Tell whether a user runs a panel: who decides in the office that holds it (组织评审)."""
    return user.is_authenticated and user.scope.may_decide(panel.region_path, panel.level)


def need_holder(user: User, panel: Panel) -> None:
    """Raise PermissionDenied for who does not run the panel."""
    if not holds(user, panel):
        raise PermissionDenied(_("This panel is held by another office."))


def may_open(user: User, round_: Round, region: Region) -> bool:
    """Tell whether a user may set up a panel of a round for a region: deciding there, inside it."""
    inside = region.path.startswith(round_.region_path)
    return inside and user.scope.may_decide(region.path, office_of(region))


def may_owe(user: User, round_: Round) -> bool:
    """Tell whether a user says what a round owes: who decides in the office that holds it."""
    return user.scope.may_decide(round_.region_path, office_of(round_.region))
