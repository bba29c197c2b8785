"""Asking for a reconsideration: a draft that is kept, evidence, sending, withdrawing (申请复核)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.appealing import deciding, limits, noting, reopening, subjects, telling
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, ContestedPoint, Reconsideration
from enterprises.audit import recording
from enterprises.places import working_days
from enterprises.registry import documents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.core.files.base import File

    from cultivation.pipeline.models import Move
    from enterprises.accounts.models import User

Status = Reconsideration.Status
MOST_FILES = 10
LONGEST = 5000  # characters of a statement


def of(refusal: Move) -> Reconsideration | None:
    """Return the reconsideration of a refusal, a draft too."""
    rows = Reconsideration.objects.filter(refusal=refusal).select_related("handler", "enterprise")
    return rows.first()


@transaction.atomic
def save(
    application: Application,
    points: Mapping[str, str],
    *,
    by: User,
    words: str = "",
    files: Sequence[File[bytes]] = (),
    without: Sequence[int] = (),
    version: int | None = None,
) -> Reconsideration:
    """Keep a draft: a statement for each point contested, one on the whole, evidence (暂存).

    `points` are statements by subject; `without` names documents to take off the draft. Raises
    PermissionDenied for strangers, MovedMeanwhileError where a colleague saved since `version` (0
    where there was no draft), MoveError where it is too late or a subject is none of the refusal.
    """
    locked = _locked(application, by)
    refusal = limits.last_refusal(locked)
    made = of(refusal) if refusal else None
    if said := limits.hindrance(locked, refusal, limits.of(refusal) if refusal else _NONE, made):
        raise MoveError(said)
    if refusal is None:
        raise LookupError(application.pk)
    if version is not None and version != (made.version if made else 0):
        raise MovedMeanwhileError(
            _("A colleague saved this draft meanwhile. Compare it with what is stored now.")
        )
    _check(refusal, points, words)
    found = made or _begin(locked, refusal, by)
    found.words, found.version = words.strip(), found.version + 1
    found.save(update_fields=["words", "version"])
    found.points.all().delete()
    ContestedPoint.objects.bulk_create(
        ContestedPoint(reconsideration=found, subject=subject, words=text.strip())
        for subject, text in points.items()
    )
    _keep_files(found, files, without, by)
    recording.note(
        "reconsideration.saved",
        found,
        by=by,
        after={"points": sorted(points), "version": found.version},
        enterprise_id=found.enterprise_id,
        region_path=found.region_path,
    )
    return found


@transaction.atomic
def send(case: Reconsideration, *, by: User, version: int | None = None) -> Reconsideration:
    """Send a draft: it gets a number and a day by which it is answered (提出).

    It counts by the day on which it comes in; the last day counts whole.
    """
    application = _locked(case.application, by)
    found = noting.locked(case, version)
    limit = limits.of(found.refusal)
    if said := limits.hindrance(application, found.refusal, limit, found):
        raise MoveError(said)
    points = list(found.points.all())
    if not points:
        raise MoveError(_("Say first which points of the refusal you contest."), field="points")
    labels = subjects.labels_of(found.refusal)
    silent = [labels[p.subject].label for p in points if not p.words and p.subject in labels]
    if silent:
        raise MoveError(
            _("Say why you contest it: %(points)s.") % {"points": _("; ").join(silent)},
            field="points",
        )
    today = timezone.localdate()
    found.number = f"FH{today:%Y%m%d}-{secrets.token_hex(4).upper()}"
    found.status, found.asked_by, found.asked_at = Status.ASKED, by, timezone.now()
    found.told_on, found.ask_by = limit.told_on, limit.ask_by
    found.reply_due = working_days.add(today, settings.RECONSIDERATION_REPLY_WORKING_DAYS)
    noting.step(found, "asked", by=by, after={"points": [p.subject for p in points]})
    telling.to_firm(found, "reconsideration_received")
    deciding.give(found)
    return found


@transaction.atomic
def discard(case: Reconsideration, *, by: User) -> None:
    """Throw a draft away; while there is time, another may be begun (删除草稿)."""
    _locked(case.application, by)
    found = noting.locked(case)
    if found.status != Status.DRAFT:
        raise MoveError(_("It was sent already; it can be withdrawn."))
    recording.note(
        "reconsideration.discarded",
        found,
        by=by,
        enterprise_id=found.enterprise_id,
        region_path=found.region_path,
    )
    found.delete()


@transaction.atomic
def withdraw(case: Reconsideration, *, by: User) -> Reconsideration:
    """Take back what was asked and is not answered; the refusal stands for good (撤回)."""
    _locked(case.application, by)
    found = noting.locked(case)
    if not found.is_open:
        raise MoveError(_("The reconsideration is %(state)s already.") % {
            "state": found.get_status_display()
        })  # fmt: skip
    found.status = Status.WITHDRAWN
    noting.step(found, "withdrawn", by=by)
    if found.handler is not None:
        telling.to_offices(found, "reconsideration_withdrawn", [found.handler])
    return found


_NONE = limits.Limit(None, None)


def _locked(application: Application, by: User) -> Application:
    """Return an application of the user's own enterprise, locked."""
    if application.enterprise_id not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself asks for a reconsideration."))
    rows = Application.objects.select_for_update(of=("self",)).select_related("enterprise")
    found: Application = rows.get(pk=application.pk)
    return found


def _begin(application: Application, refusal: Move, by: User) -> Reconsideration:
    limit = limits.of(refusal)
    return Reconsideration.objects.create(
        application=application,
        refusal=refusal,
        enterprise=application.enterprise,
        level=reopening.level_of(refusal),
        region_path=application.region_path,
        made_by=by,
        told_on=limit.told_on,
        ask_by=limit.ask_by,
        version=0,
    )


def _check(refusal: Move, points: Mapping[str, str], words: str) -> None:
    known = subjects.labels_of(refusal)
    if strange := [one for one in points if one not in known]:
        raise MoveError(
            _("“%(point)s” is nothing of this refusal.") % {"point": strange[0][:120]},
            field="points",
        )
    for text in (words, *points.values()):
        if len(text) > LONGEST:
            raise MoveError(
                _("A statement has %(length)s characters; %(most)s are the most.")
                % {"length": f"{len(text):,}", "most": f"{LONGEST:,}"},
                field="points",
            )


def _keep_files(
    case: Reconsideration, files: Sequence[File[bytes]], without: Sequence[int], by: User
) -> None:
    case.documents.remove(*case.documents.filter(pk__in=without))
    if case.documents.count() + len(files) > MOST_FILES:
        raise MoveError(
            _("At most %(most)s files are taken.") % {"most": MOST_FILES}, field="evidence"
        )
    for file in files:
        try:
            case.documents.add(documents.attach(case.enterprise, file, by=by))
        except ValidationError as error:
            raise MoveError("; ".join(error.messages), field="evidence") from error
