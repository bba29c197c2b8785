"""Handling objections to the end: taken up, put to the firm, answered, published (异议办理)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Objection, ObjectionStep
from cultivation.pipeline.notices import handlers
from enterprises.accounts.models import PersonalDataReading
from enterprises.audit.recording import note
from enterprises.notifications.addressees import staff_of
from enterprises.notifications.notifying import notify
from enterprises.places import working_days

if TYPE_CHECKING:
    from enterprises.accounts.models import User

Status = Objection.Status
ENDS = (Status.UPHELD, Status.REJECTED, Status.INADMISSIBLE)
LABELS = {
    "received": gettext_lazy("received"),
    "taken_up": gettext_lazy("taken in hand"),
    "recused": gettext_lazy("conflict of interest declared"),
    "material": gettext_lazy("found material"),
    "immaterial": gettext_lazy("found not material"),
    "put_to_firm": gettext_lazy("put to the enterprise"),
    "firm_answered": gettext_lazy("the enterprise answered"),
    "upheld": gettext_lazy("upheld"),
    "rejected": gettext_lazy("rejected"),
    "inadmissible": gettext_lazy("inadmissible"),
}
NAME_AND_CONTACT = ("objector_name", "objector_contact", "objector_affiliation")


@transaction.atomic
def take_up(objection: Objection, *, by: User, version: int | None = None) -> Objection:
    """Take an objection in hand; who was faster keeps it (受理)."""
    locked = _locked(objection, version)
    _without_conflict(locked, by)
    if locked.handler_id not in (None, by.pk):
        raise MovedMeanwhileError(
            _("%(who)s has this objection in hand already.") % {"who": locked.handler}
        )
    locked.handler = by
    locked.status = Status.EXAMINED
    return _step(locked, "taken_up", by=by)


@transaction.atomic
def recuse(objection: Objection, *, by: User, reason: str) -> Objection:
    """Declare a conflict of interest and give the objection back (回避)."""
    if not handlers.entitled(objection, by):
        raise PermissionDenied(_("This objection is not for your office."))
    locked = _locked(objection, None)
    _owed(reason, "reason", _("Say what the conflict is."))
    if locked.handler_id == by.pk:
        locked.handler = None
        locked.status = Status.RECEIVED
    found = _step(locked, "recused", by=by, text=reason)
    _tell_handlers(found)
    return found


@transaction.atomic
def weigh(
    objection: Objection, *, material: bool, by: User, reason: str, identity: str = ""
) -> Objection:
    """Say whether an objection is material, with the reason; one that is not holds nothing up.

    `identity` tells how the handler made sure of the name (实名核实).
    """
    locked = _in_hand(objection, by)
    _owed(reason, "reason", _("Say why it is, or is not, material."))
    locked.material = material
    locked.identity_note = identity.strip() or locked.identity_note
    return _step(locked, "material" if material else "immaterial", by=by, text=reason)


@transaction.atomic
def put_to_firm(objection: Objection, *, by: User, text: str) -> Objection:
    """Ask the firm for its answer, in words that do not name who objected (交企业说明)."""
    locked = _in_hand(objection, by)
    _owed(text, "text", _("Write what the enterprise is asked."))
    if locked.objector_name and locked.objector_name in text:
        raise MoveError(_("The text names who objected; write it without the name."), field="text")
    locked.put_to_firm, locked.put_to_firm_at = text.strip(), timezone.now()
    locked.firm_due = working_days.add(timezone.localdate(), settings.OBJECTION_FIRM_WORKING_DAYS)
    found = _step(locked, "put_to_firm", by=by, text=text)
    notify(
        staff_of(locked.enterprise_id),
        "objection_put_to_firm",
        key=f"objection:{locked.pk}:put:{locked.version}",
        url=f"/objections/{locked.pk}/answer/",
        params={"number": locked.number, "day": locked.firm_due.isoformat()},
        enterprise_id=locked.enterprise_id,
    )
    return found


@transaction.atomic
def firm_answers(objection: Objection, *, by: User, text: str) -> Objection:
    """Keep the firm's answer to what was put to it, while the objection is open (企业说明)."""
    locked = _locked(objection, None)
    if locked.enterprise_id not in by.scope.enterprises or locked.put_to_firm_at is None:
        raise PermissionDenied(_("Nothing was put to an enterprise of yours here."))
    if not locked.is_open:
        raise MoveError(_("The objection is answered already."))
    _owed(text, "text", _("Write the answer of the enterprise."))
    locked.firm_answer, locked.firm_answered_at = text.strip(), timezone.now()
    found = _step(locked, "firm_answered", by=by)
    if locked.handler is not None:
        notify(
            [locked.handler],
            "objection_firm_answered",
            key=f"objection:{locked.pk}:answered:{locked.version}",
            url=f"/docket/{locked.pk}/",
            params={"number": locked.number, "firm": locked.enterprise.name},
            enterprise_id=locked.enterprise_id,
        )
    return found


@transaction.atomic
def close(
    objection: Objection,
    outcome: str,
    *,
    by: User,
    reply: str,
    summary: str,
    version: int | None = None,
) -> Objection:
    """Answer an objection for good; `summary` is what the public reads (办结).

    Upheld, the application cannot go on from this notice: return or refuse it. A complaint about a
    title that is upheld leads to the office that revokes.
    """
    locked = _in_hand(objection, by, version)
    if outcome not in ENDS:
        raise MoveError(_("Choose upheld, rejected or inadmissible."), field="outcome")
    _owed(reply, "reply", _("Write the answer to who objected."))
    _owed(summary, "summary", _("Write what the public reads."))
    named = [n for n in NAME_AND_CONTACT if (said := getattr(locked, n)) and said in summary]
    if named:
        raise MoveError(
            _("What the public reads names who objected or how to reach them; take it out."),
            field="summary",
        )
    if outcome == Status.UPHELD and locked.material is not True:
        raise MoveError(_("Say first that the objection is material."), field="outcome")
    locked.status, locked.reply, locked.summary = outcome, reply.strip(), summary.strip()
    locked.closed_at, locked.closed_by = timezone.now(), by
    found = _step(locked, outcome, by=by)
    if locked.put_to_firm_at is not None:
        notify(
            staff_of(locked.enterprise_id),
            "objection_closed",
            key=f"objection:{locked.pk}:closed",
            url=f"/objections/{locked.pk}/answer/",
            params={"number": locked.number},
            enterprise_id=locked.enterprise_id,
        )
    return found


def label_of(name: str) -> str:
    """Return what a step is called, in the page's language."""
    return capfirst(str(LABELS.get(name, name)))


def read_objector(objection: Objection, *, by: User) -> dict[str, str]:
    """Return name and contact of who objected, for the handler alone, with a note (查阅并留痕)."""
    if objection.handler_id != by.pk:
        raise PermissionDenied(_("Only who handles the objection reads who raised it."))
    PersonalDataReading.objects.create(
        user=by,
        enterprise=objection.enterprise,
        fields=",".join(NAME_AND_CONTACT[:2]),
        purpose=objection.number,
    )
    return {name: getattr(objection, name) for name in NAME_AND_CONTACT}


def _locked(objection: Objection, version: int | None) -> Objection:
    locked: Objection = (
        Objection.objects.select_for_update(of=("self",))
        .select_related("enterprise", "entry__application", "title", "handler")
        .get(pk=objection.pk)
    )
    if version is not None and version != locked.version:
        raise MovedMeanwhileError(_("Somebody changed this objection meanwhile. Look at it again."))
    return locked


def _in_hand(objection: Objection, by: User, version: int | None = None) -> Objection:
    """Return the objection locked, where the user has it in hand and it is open."""
    locked = _locked(objection, version)
    if locked.handler_id != by.pk or not handlers.entitled(locked, by):
        raise PermissionDenied(_("Only who handles the objection may do that."))
    if not locked.is_open:
        raise MoveError(_("The objection is answered already."))
    _without_conflict(locked, by)
    return locked


def _without_conflict(objection: Objection, by: User) -> None:
    if not handlers.entitled(objection, by):
        raise PermissionDenied(_("This objection is not for your office."))
    found = handlers.conflicts(objection, by)
    if found:
        raise MoveError(
            _("Somebody without a conflict of interest has to handle it; you: %(why)s.")
            % {"why": _("; ").join(found)}
        )
    if not objection.is_open:
        raise MoveError(_("The objection is answered already."))


def _owed(text: str, field: str, message: str) -> None:
    if not text.strip():
        raise MoveError(message, field=field)


def _step(objection: Objection, name: str, *, by: User, text: str = "") -> Objection:
    objection.version += 1
    objection.save()
    ObjectionStep.objects.create(objection=objection, name=name, text=text.strip(), made_by=by)
    after: dict[str, Any] = {"status": objection.status, "material": objection.material}
    note(
        f"objection.{name}",
        objection,
        by=by,
        after=after,
        reason=text.strip(),
        enterprise_id=objection.enterprise_id,
        region_path=objection.region_path,
    )
    return objection


def _tell_handlers(objection: Objection) -> None:
    notify(
        handlers.possible(objection),
        "objection_received",
        key=f"objection:{objection.pk}:again:{objection.version}",
        url=f"/docket/{objection.pk}/",
        params={"number": objection.number, "firm": objection.enterprise.name},
        enterprise_id=objection.enterprise_id,
    )
