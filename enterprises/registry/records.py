"""The one way in which a record changes: check, write, note who and why (档案变更).

Every function is one transaction. A user of None is the system itself (commands, imports).
PermissionDenied means "not you", ValidationError "not this", StaleError "somebody was faster".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.places import regions
from enterprises.registry import credit_code, ledger, names, plausibility
from enterprises.registry.ledger import StaleError, lock, may_write, note, touch
from enterprises.registry.models import Enterprise, Fact, IntellectualProperty, NameRecord
from enterprises.registry.reports import UnansweredError, save_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User
    from enterprises.places.models import Region

__all__ = [
    "StaleError",
    "UnansweredError",
    "add_fact",
    "change",
    "change_fact",
    "fact_row",
    "lock",
    "may_write",
    "note",
    "register",
    "remove_fact",
    "save_report",
    "subject_of",
    "touch",
]
KEPT = frozenset(  # by the system or other rooms, never by hand
    {
        "id",
        "name_key",
        "region_path",
        "size_class",
        "size_year",
        "stage",
        "tier",
        "digital_level",
        "version",
        "created_at",
        "updated_at",
        "facts_at",
    }
)
PROFILE = frozenset(f.name for f in Enterprise._meta.concrete_fields) - KEPT
OFFICE_ONLY = frozenset({"credit_code", "code_override_reason", "region", "name", "fictional"})


@transaction.atomic
def register(*, by: User | None, reason: str = "", **values: Any) -> Enterprise:
    """Register an enterprise (企业登记) from its code, name, region and what else is known."""
    override = str(values.get("code_override_reason") or "")
    clean = _checked(values, required=("credit_code", "name", "region"), override=override)
    region: Region = clean["region"]
    if by is not None and not by.scope.may_register(region.path):
        raise PermissionDenied(_("You may not register enterprises of %s.") % region)
    if credit_code.is_sound(clean["credit_code"]):
        clean["code_override_reason"] = ""
    enterprise = Enterprise(
        **clean, name_key=names.key(clean["name"]), region_path=region.path, facts_at=timezone.now()
    )
    _validate(enterprise)
    try:
        with transaction.atomic():
            enterprise.save(force_insert=True)
    except IntegrityError as error:
        raise ValidationError({"credit_code": _taken(clean["credit_code"])}) from error
    ledger.note(enterprise, "registered", {}, ledger.noted(clean), by, reason)
    return enterprise


@transaction.atomic
def change(
    enterprise: Enterprise,
    values: Mapping[str, Any],
    *,
    by: User | None,
    reason: str = "",
    version: int | None = None,
) -> Enterprise:
    """Change a profile (档案修改); a rename keeps the old name, nothing changed writes nothing.

    `version` is the one the user saw; another one now raises StaleError.
    """
    locked = ledger.lock(enterprise, by=by, version=version)
    clean = _checked(values, override=_override(values, locked))
    changed = {k: v for k, v in clean.items() if getattr(locked, k) != v}
    if not changed:
        return ledger.refreshed(enterprise, locked)
    _permit(locked, changed, by)
    before = {k: getattr(locked, k) for k in changed}
    for field, value in changed.items():
        setattr(locked, field, value)
    if "name" in changed:
        _rename(locked, before["name"], reason)
    if "region" in changed:
        locked.region_path = locked.region.path
    _validate(locked)
    if "industry" in changed or "industry_class" in changed:
        ledger.classify(locked)
    ledger.touch(locked)
    ledger.note(locked, "profile", ledger.noted(before), ledger.noted(changed), by, reason)
    return ledger.refreshed(enterprise, locked)


@transaction.atomic
def add_fact(enterprise: Enterprise, fact: Fact, *, by: User | None, reason: str = "") -> Fact:
    """Add an honour, a right, an award or another fact, not yet saved (新增事实)."""
    locked = ledger.lock(enterprise, by=by)
    fact.enterprise = locked
    _settle(fact)
    fact.save(force_insert=True)
    ledger.touch(locked)
    ledger.note(locked, subject_of(fact), {}, fact_row(fact), by, reason)
    ledger.refreshed(enterprise, locked)
    return fact


@transaction.atomic
def change_fact(
    fact: Fact, values: Mapping[str, Any], *, by: User | None, reason: str = ""
) -> Fact:
    """Change a fact (修改事实); nothing changed writes nothing."""
    locked = ledger.lock(fact.enterprise, by=by)
    stored = type(fact)._default_manager.get(pk=fact.pk)
    before = fact_row(stored)
    for field, value in values.items():
        setattr(stored, field, value)
    _settle(stored)
    after = fact_row(stored)
    differing = [k for k in after if before[k] != after[k]]
    if differing:
        stored.save()
        ledger.touch(locked)
        old, new = ({k: row[k] for k in differing} for row in (before, after))
        ledger.note(locked, subject_of(stored), old, new, by, reason)
    return stored


@transaction.atomic
def remove_fact(fact: Fact, *, by: User | None, reason: str = "") -> None:
    """Remove a fact (删除事实); the history keeps what it was."""
    locked = ledger.lock(fact.enterprise, by=by)
    subject, before = subject_of(fact), fact_row(fact)
    fact.delete()
    ledger.touch(locked)
    ledger.note(locked, subject, before, {}, by, reason)


def subject_of(fact: Fact) -> str:
    """Return the name by which history and documents know a fact (标识)."""
    return f"{fact._meta.model_name}:{fact.pk}"


def _checked(
    values: Mapping[str, Any], *, required: tuple[str, ...] = (), override: str = ""
) -> dict[str, Any]:
    """Return the values cleaned; all that is wrong at once, by field."""
    errors: dict[str, Any] = {
        field: _("“%s” is no field that can be written here") % field
        for field in sorted(set(values) - PROFILE)
    }
    errors |= {
        field: _("this is needed to register an enterprise")
        for field in required
        if not values.get(field)
    }
    clean = dict(values)
    if values.get("credit_code"):
        try:
            clean["credit_code"] = credit_code.check(str(values["credit_code"]), reason=override)
        except ValidationError as error:
            errors["credit_code"] = error
    if "name" in values:
        clean["name"] = names.tidy(str(values["name"] or ""))
        if not clean["name"]:
            errors["name"] = _("an enterprise needs a name")
    if isinstance(values.get("region"), str) and values["region"]:
        clean["region"] = regions.find(values["region"])
        if clean["region"] is None:
            text = _("“%s” is no region in use, or the name of several; give the six-digit code")
            errors["region"] = text % values["region"]
    if errors:
        raise ValidationError(errors)
    return clean


def _override(values: Mapping[str, Any], stored: Enterprise) -> str:
    return str(values.get("code_override_reason", stored.code_override_reason) or "")


def _permit(enterprise: Enterprise, changed: Mapping[str, Any], by: User | None) -> None:
    """Refuse what only the registering office may change, and moves out of its area."""
    if by is None:
        return
    office = by.scope.may_register(enterprise.region_path)
    if not office and OFFICE_ONLY & set(changed):
        fields = ", ".join(sorted(OFFICE_ONLY & set(changed)))
        raise PermissionDenied(_("Only the registering office changes: %s.") % fields)
    region = changed.get("region")
    if region is not None and not by.scope.may_register(region.path):
        raise PermissionDenied(_("You may not move an enterprise to %s.") % region)


def _validate(enterprise: Enterprise) -> None:
    """Raise what the model's own fields forbid, with the uniqueness of the code in words."""
    others = Enterprise.objects.filter(credit_code=enterprise.credit_code)
    if others.exclude(pk=enterprise.pk).exists():
        raise ValidationError({"credit_code": _taken(enterprise.credit_code)})
    capital = enterprise.registered_capital
    if capital is not None and capital < 0:
        raise ValidationError({"registered_capital": _("capital cannot be negative")})
    if enterprise.established_on and enterprise.established_on > timezone.localdate():
        raise ValidationError({"established_on": _("this day has not come yet")})
    enterprise.clean_fields(exclude=["name_key", "region_path"])


def _taken(code: str) -> str:
    return _("the registry already has %s; open that record instead") % code


def _rename(enterprise: Enterprise, old: str, reason: str) -> None:
    """Keep the old name in the history of names."""
    today = timezone.localdate()
    enterprise.name_key = names.key(enterprise.name)
    open_names = NameRecord.objects.filter(enterprise=enterprise, until__isnull=True)
    if not open_names.filter(name=old).update(until=today):
        NameRecord.objects.create(
            enterprise=enterprise, name=old, name_key=names.key(old), until=today
        )
    NameRecord.objects.create(
        enterprise=enterprise,
        name=enterprise.name,
        name_key=enterprise.name_key,
        since=today,
        reason=reason[:200],
    )


def _settle(fact: Fact) -> None:
    """Set what follows from a fact's kind, and check it."""
    if isinstance(fact, IntellectualProperty):
        fact.ip_class = 1 if fact.kind in IntellectualProperty.CLASS_ONE else 2
    fact.full_clean()
    for name in ("holder_rank", "unit_rank"):
        if getattr(fact, name, None) == 0:  # it would stand before the first
            raise ValidationError({name: plausibility.no_rank()})


def fact_row(fact: Fact) -> dict[str, Any]:
    """Return the values of a fact as the history keeps them (事实取值)."""
    skip = {"id", "enterprise", "created_at"}
    return {
        f.name: ledger.plain(getattr(fact, f.name))
        for f in fact._meta.concrete_fields
        if f.name not in skip
    }
