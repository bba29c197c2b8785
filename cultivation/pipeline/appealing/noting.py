"""What the history of a reconsideration and the audit log keep of each step (留痕)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Reconsideration, ReconsiderationStep
from enterprises.audit import recording

if TYPE_CHECKING:
    from enterprises.accounts.models import User

LABELS = {
    "asked": gettext_lazy("asked for"),
    "given": gettext_lazy("given to an officer"),
    "taken": gettext_lazy("taken in hand"),
    "recused": gettext_lazy("conflict of interest declared"),
    "upheld": gettext_lazy("refusal upheld"),
    "proposed": gettext_lazy("reopening proposed"),
    "sent_back": gettext_lazy("not confirmed, back to the handler"),
    "reopened": gettext_lazy("reopened, confirmed by a second officer"),
    "withdrawn": gettext_lazy("withdrawn by the enterprise"),
    "lapsed": gettext_lazy("not sent in time"),
    "escalated": gettext_lazy("overdue, told to the office above"),
}
TO_FIRM = ("asked", "upheld", "reopened", "withdrawn", "lapsed")  # told to the enterprise


def label_of(name: str) -> str:
    """Return what a step is called, in the page's language."""
    return capfirst(str(LABELS.get(name, name)))


def locked(case: Reconsideration, version: int | None = None) -> Reconsideration:
    """Return a reconsideration locked; refuse a state that is past."""
    type(case).objects.select_for_update(of=("self",)).get(pk=case.pk)
    found: Reconsideration = Reconsideration.objects.select_related(
        "enterprise", "application", "refusal__judgement", "handler"
    ).get(pk=case.pk)
    if version is not None and version != found.version:
        raise MovedMeanwhileError(
            _("Somebody changed this reconsideration meanwhile. Look at it again.")
        )
    return found


def step(
    case: Reconsideration,
    name: str,
    *,
    by: User | None,
    text: str = "",
    after: dict[str, Any] | None = None,
) -> Reconsideration:
    """Save a reconsideration as a step left it, with the step in its history and in the log."""
    case.version += 1
    case.save()
    ReconsiderationStep.objects.create(
        reconsideration=case, name=name, text=text.strip(), made_by=by
    )
    recording.note(
        f"reconsideration.{name}",
        case,
        by=by,
        after={"status": case.status, "number": case.number, "handler": case.handler_id}
        | (after or {}),
        reason=text.strip(),
        enterprise_id=case.enterprise_id,
        region_path=case.region_path,
    )
    return case


def owed(text: str, field: str, message: str) -> None:
    """Refuse an empty text, naming its field."""
    if not text.strip():
        raise MoveError(message, field=field)
