"""What an objection hinders; said as the guards of a move say it (异议的阻断)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.pipeline.models import Objection, Status
from cultivation.pipeline.notices import publishing

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application


def no_open_objection(application: Application) -> str | None:
    """Hinder a promotion while an objection to the notice is open, or after one was upheld.

    One that nobody looked at yet counts as material. After an upheld one the way leads back: the
    application is returned or refused, and corrected it stands on a new notice.
    """
    if application.status != Status.ON_NOTICE:
        return None
    entry = publishing.current_entry(application)
    if entry is None:
        return None
    objections = list(entry.objections.all())
    if holding := sum(one.holds for one in objections):
        return _("Objections are not answered yet: %(number)s. Each holds the application.") % {
            "number": holding
        }
    upheld = [one for one in objections if one.status == Objection.Status.UPHELD]
    if upheld:
        return _("Objection %(number)s was upheld; return or refuse the application.") % {
            "number": upheld[0].number
        }
    return None
