"""Personal extensions: one enterprise may come later, for a reason that is kept (个别延期)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Extension, Round
from cultivation.pipeline.rounds import rights, setting, told, windows
from enterprises.audit import recording

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.rounds.windows import Span
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise


@transaction.atomic
def grant(
    round_: Round,
    enterprise: Enterprise,
    level: str,
    *,
    until: dt.datetime,
    reason: str,
    by: User,
) -> Extension:
    """Let one enterprise's case come later at a level; an earlier extension is replaced (延期)."""
    locked = Round.objects.select_for_update(of=("self",)).get(pk=round_.pk)
    path = enterprise.region_path
    office = rights.may_extend(by, locked, path, level)
    if office is None or enterprise.pk in by.scope.enterprises:
        raise PermissionDenied(_("This window is extended by another office."))
    if locked.state != Round.State.OPEN:
        raise MoveError(_("Only a window of a published round is extended."))
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    general = windows.spans(locked.windows.all(), path).get(level)
    if general is None:
        raise MoveError(_("This level has no window in the round, so nothing to extend."))
    _check(until, general)
    if office.path != locked.region_path:
        _check_within_the_holders(locked, level, until)
    _end_running(locked, enterprise, level, by)
    granted = Extension.objects.create(
        round=locked,
        enterprise=enterprise,
        level=level,
        until=until,
        reason=reason.strip(),
        made_by=by,
    )
    recording.note(
        "round.extend",
        granted,
        by=by,
        after={"round": locked.pk, "level": level, "until": windows.stored(until)},
        reason=reason.strip(),
        enterprise_id=enterprise.pk,
        region_path=path,
    )
    told.extended(granted)
    return granted


@transaction.atomic
def end(extension: Extension, *, by: User, reason: str) -> Extension:
    """Take an extension back before its time (撤回延期)."""
    locked: Extension = (
        Extension.objects.select_for_update(of=("self",))
        .select_related("round", "enterprise")
        .get(pk=extension.pk)
    )
    path = locked.enterprise.region_path
    if rights.may_extend(by, locked.round, path, locked.level) is None:
        raise PermissionDenied(_("This window is extended by another office."))
    if locked.ended_at is not None:
        raise MovedMeanwhileError(_("This extension was taken back already."))
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    _close(locked, by, reason.strip())
    return locked


def _check(until: dt.datetime, general: Span) -> None:
    if timezone.localtime(until).year not in setting.YEARS:
        raise MoveError(
            _("%(time)s lies outside the years 2015 to 2100.") % {"time": windows.written(until)},
            field="until",
        )
    if until <= timezone.now():
        raise MoveError(
            _("%(time)s is over already.") % {"time": windows.written(until)}, field="until"
        )
    if until <= general.closes:
        raise MoveError(
            _("The window is open for everybody until %(time)s; name a later time.")
            % {"time": windows.written(general.closes)},
            field="until",
        )


def _check_within_the_holders(round_: Round, level: str, until: dt.datetime) -> None:
    whole = windows.spans(round_.windows.all(), round_.region_path).get(level)
    if whole is not None and until > whole.closes:
        raise MoveError(
            _("Beyond %(time)s only the office that holds the round extends.")
            % {"time": windows.written(whole.closes)},
            field="until",
        )


def _end_running(round_: Round, enterprise: Enterprise, level: str, by: User) -> None:
    running = Extension.objects.filter(
        round=round_, enterprise=enterprise, level=level, ended_at__isnull=True
    )
    for one in running:
        _close(one, by, _("replaced by another extension"))


def _close(extension: Extension, by: User, reason: str) -> None:
    extension.ended_at, extension.ended_by, extension.end_reason = timezone.now(), by, reason
    extension.save(update_fields=["ended_at", "ended_by", "end_reason"])
    recording.note(
        "round.extension_end",
        extension,
        by=by,
        before={"until": windows.stored(extension.until)},
        reason=reason,
        enterprise_id=extension.enterprise_id,
        region_path=extension.enterprise.region_path,
    )
