"""Plans an enterprise keeps: its own seats write and read them, nobody else (达标规划).

Every function is one transaction. PermissionDenied means "not you", ValidationError "not this",
StaleError "somebody was faster".
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cultivation.standards import facts, wording
from cultivation.standards.columns import column_label, column_unit, column_value
from cultivation.standards.models import Plan
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    from cultivation.standards.whatif import Outlook, Values
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

NAME = 80
NOTE = 2000
MOST = 100  # plans of an enterprise


def may_plan(user: User, enterprise: Enterprise) -> bool:
    """Tell whether a user keeps plans of an enterprise: its own seats alone (规划权限)."""
    return bool(user.is_authenticated and enterprise.pk in user.scope.enterprises)


@transaction.atomic
def save(
    seen: Outlook,
    values: Values,
    *,
    name: str,
    note: str = "",
    by: User,
    plan: Plan | None = None,
    version: int | None = None,
) -> Plan:
    """Keep what was planned, as a new plan or over one as its reader saw it (保存规划)."""
    if not may_plan(by, seen.enterprise):
        raise PermissionDenied
    kept = Plan(enterprise=seen.enterprise, made_by=by) if plan is None else _lock(plan, version)
    kept.edition, kept.kind, kept.as_of = seen.edition, seen.kind, seen.stage.day
    kept.changes = dict(values)
    return _named(kept, name, note)


@transaction.atomic
def rename(plan: Plan, *, name: str, note: str, by: User, version: int) -> Plan:
    """Give a plan another name and note (更名)."""
    if not may_plan(by, plan.enterprise):
        raise PermissionDenied
    return _named(_lock(plan, version), name, note)


@transaction.atomic
def delete(plan: Plan, *, by: User, version: int) -> None:
    """Delete a plan as its reader saw it (删除规划)."""
    if not may_plan(by, plan.enterprise):
        raise PermissionDenied
    _lock(plan, version).delete()


def _lock(plan: Plan, version: int | None) -> Plan:
    locked: Plan | None = Plan.objects.select_for_update().filter(pk=plan.pk).first()
    if locked is None or locked.version != version:
        raise StaleError
    locked.version += 1
    return locked


def _named(plan: Plan, name: str, note: str) -> Plan:
    plan.name, plan.note = " ".join(name.split()), note.strip()
    if not plan.name:
        raise ValidationError({"name": _("A plan needs a name. Write one.")})
    if len(plan.name) > NAME:
        text = _("“%(name)s…” is longer than %(most)s characters. Shorten it.")
        raise ValidationError({"name": text % {"name": plan.name[:20], "most": NAME}})
    if "\0" in plan.name + plan.note:
        raise ValidationError(_("The text holds a null character. Take it out."))
    if len(plan.note) > NOTE:
        text = _("The note has %(found)s characters; %(most)s is the most.")
        raise ValidationError({"note": text % {"found": len(plan.note), "most": NOTE}})
    if plan.pk is None and Plan.objects.filter(enterprise=plan.enterprise_id).count() >= MOST:
        text = _("There are %(most)s plans already. Delete one that is no longer needed.")
        raise ValidationError(text % {"most": MOST})
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError as error:
        text = _("There is a plan “%(name)s” already. Choose another name.")
        raise ValidationError({"name": text % {"name": plan.name}}) from error
    return plan


@dataclass(frozen=True, slots=True)
class Compared:
    """One planned value beside the fact reported meanwhile (计划与实际)."""

    label: str
    planned: str
    actual: str
    difference: str
    reached: bool | None  # None: nothing reported yet


def compared(plan: Plan, seen: Outlook) -> list[Compared]:
    """Return planned values beside the facts as they are now (规划与实际对照)."""
    row = facts.row(plan.enterprise_id, as_of=plan.as_of)
    return [_compared(column, plan.changes[column], row, seen) for column in sorted(plan.changes)]


def _compared(column: str, planned: Any, row: dict[str, Any], seen: Outlook) -> Compared:
    actual = row.get(column)
    difference, reached = "", None if actual is None else actual == planned
    amount = isinstance(planned, int) and not isinstance(planned, bool)
    if amount and actual is not None:
        gap = actual - planned
        if gap:
            text = wording.amount(Fraction(abs(gap)), column_unit(column, seen.stage))
            difference = f"{'+' if gap > 0 else '−'}{text}"
        reached = gap == 0 or (gap > 0) == wants_more(column)
    return Compared(
        label=column_label(column, seen.stage),
        planned=column_value(column, planned, seen.stage),
        actual=column_value(column, actual, seen.stage),
        difference=difference,
        reached=reached,
    )


def wants_more(column: str) -> bool:
    """Tell whether more of a column is better: not of debts, costs and ranks (越高越好)."""
    name = column.rpartition("_y")[0]
    return name not in {"total_liabilities", "cost_and_expense", "domestic_rank"}
