"""The one way in which a record changes: check, write, note who and why (档案变更).

Every function is one transaction. A user of None is the system itself (commands, imports).
PermissionDenied means "not you", ValidationError "not this", StaleError "somebody was faster".
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.places import regions
from enterprises.places.models import Region
from enterprises.registry import credit_code, names, plausibility, size_class
from enterprises.registry.models import (
    FIGURES,
    AnnualReport,
    Change,
    Enterprise,
    Fact,
    IntellectualProperty,
    NameRecord,
    SizeClass,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User

KEPT = frozenset(  # by the system or other rooms, never by hand
    "id name_key region_path size_class size_year stage tier digital_level version created_at "
    "updated_at facts_at".split()
)
PROFILE = frozenset(f.name for f in Enterprise._meta.concrete_fields) - KEPT
OFFICE_ONLY = frozenset({"credit_code", "code_override_reason", "region", "name", "fictional"})
REPORT = (*FIGURES, "audited", "source")


class StaleError(ValidationError):
    """The record was changed by somebody else since it was read (并发冲突)."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody changed this record since you opened it. Load it again; nothing was saved."
            ),
            code="stale",
        )


class UnansweredError(ValidationError):
    """Figures look wrong and nobody said why they are right; `doubts` names them (待说明)."""

    def __init__(self, doubts: list[plausibility.Doubt]) -> None:
        self.doubts = doubts
        errors: dict[str, list[ValidationError]] = {}
        for doubt in doubts:
            text = _("%(message)s. Correct it or write why it is right.")
            error = ValidationError(text, code=doubt.code, params={"message": doubt.message})
            errors.setdefault(doubt.figure, []).append(error)
        super().__init__(errors)


@transaction.atomic
def register(*, by: User | None, reason: str = "", **values: Any) -> Enterprise:
    """Register an enterprise (企业登记) from its credit code, name, region and what else is known."""
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
    note(enterprise, "registered", {}, {k: _plain(v) for k, v in clean.items()}, by, reason)
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
    locked = lock(enterprise, by=by, version=version)
    clean = _checked(values, override=_override(values, locked))
    changed = {k: v for k, v in clean.items() if getattr(locked, k) != v}
    if not changed:
        return _refreshed(enterprise, locked)
    _permit(locked, changed, by)
    before = {k: _plain(getattr(locked, k)) for k in changed}
    for field, value in changed.items():
        setattr(locked, field, value)
    if "name" in changed:
        _rename(locked, before["name"], reason)
    if "region" in changed:
        locked.region_path = locked.region.path
    _validate(locked)
    if "industry" in changed or "industry_class" in changed:
        _classify(locked)
    touch(locked)
    note(locked, "profile", before, {k: _plain(v) for k, v in changed.items()}, by, reason)
    return _refreshed(enterprise, locked)


@transaction.atomic
def save_report(
    enterprise: Enterprise,
    year: int,
    figures: Mapping[str, Any],
    *,
    by: User | None,
    reason: str = "",
    answers: Mapping[str, str] | None = None,
    version: int | None = None,
) -> AnnualReport:
    """Save the figures of a year (年度数据): money in fen, None is missing.

    Figures left out stay. Doubts need a written reason: by "code:figure", "code" or figure in
    `answers`, or `reason` for all of them; otherwise UnansweredError lists them.
    """
    locked = lock(enterprise, by=by, version=version)
    report = AnnualReport.objects.filter(enterprise=locked, year=year).first()
    new = report is None
    report = report or AnnualReport(enterprise=locked, year=year)
    before = {} if new else {k: _plain(getattr(report, k)) for k in REPORT}
    for field, value in _figures(figures).items():
        setattr(report, field, value)
    errors = plausibility.impossible({k: getattr(report, k) for k in FIGURES})
    if errors:
        raise ValidationError(errors)
    report.warnings = _answered(report, answers or {}, reason, by)
    report.full_clean(
        exclude=["enterprise", "warnings"], validate_unique=False, validate_constraints=False
    )
    after = {k: _plain(getattr(report, k)) for k in REPORT}
    differing = {k for k in REPORT if before.get(k) != after[k]}
    report.save()
    if new or differing:
        _classify(locked)
        touch(locked)
        note(
            locked,
            f"report:{year}",
            {k: before[k] for k in differing if k in before},
            {k: after[k] for k in differing},
            by,
            reason,
        )
    _refreshed(enterprise, locked)
    return report


@transaction.atomic
def add_fact(enterprise: Enterprise, fact: Fact, *, by: User | None, reason: str = "") -> Fact:
    """Add an honour, a right, an award or another fact, not yet saved (新增事实)."""
    locked = lock(enterprise, by=by)
    fact.enterprise = locked
    _settle(fact)
    fact.save(force_insert=True)
    touch(locked)
    note(locked, subject_of(fact), {}, _row(fact), by, reason)
    _refreshed(enterprise, locked)
    return fact


@transaction.atomic
def change_fact(
    fact: Fact, values: Mapping[str, Any], *, by: User | None, reason: str = ""
) -> Fact:
    """Change a fact (修改事实); nothing changed writes nothing."""
    locked = lock(fact.enterprise, by=by)
    stored = type(fact)._default_manager.get(pk=fact.pk)
    before = _row(stored)
    for field, value in values.items():
        setattr(stored, field, value)
    _settle(stored)
    after = _row(stored)
    differing = [k for k in after if before[k] != after[k]]
    if differing:
        stored.save()
        touch(locked)
        old, new = ({k: row[k] for k in differing} for row in (before, after))
        note(locked, subject_of(stored), old, new, by, reason)
    return stored


@transaction.atomic
def remove_fact(fact: Fact, *, by: User | None, reason: str = "") -> None:
    """Remove a fact (删除事实); the history keeps what it was."""
    locked = lock(fact.enterprise, by=by)
    subject, before = subject_of(fact), _row(fact)
    fact.delete()
    touch(locked)
    note(locked, subject, before, {}, by, reason)


def lock(enterprise: Enterprise, *, by: User | None, version: int | None = None) -> Enterprise:
    """Return the enterprise locked for this transaction, if this user may write it (加锁)."""
    locked = Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    if not may_write(by, locked):
        raise PermissionDenied(_("You may not change the record of %s.") % locked)
    if version is not None and version != locked.version:
        raise StaleError
    return locked


def may_write(user: User | None, enterprise: Enterprise) -> bool:
    """Tell whether a user may change an enterprise's facts (可修改)."""
    if user is None:
        return True
    scope = user.scope
    return enterprise.pk in scope.enterprises or scope.may_register(enterprise.region_path)


def touch(enterprise: Enterprise) -> None:
    """Save a locked enterprise whose facts changed: version and facts_at go on (更新版本)."""
    enterprise.version += 1
    enterprise.facts_at = timezone.now()
    enterprise.save()


def note(
    enterprise: Enterprise,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    by: User | None,
    reason: str,
) -> Change:
    """Write a row of the history (变更记录)."""
    return Change.objects.create(
        enterprise=enterprise,
        subject=subject,
        before=dict(before),
        after=dict(after),
        made_by=by,
        reason=reason[:300],
    )


def subject_of(fact: Fact) -> str:
    """Return the name by which history and documents know a fact (标识)."""
    return f"{fact._meta.model_name}:{fact.pk}"


def _checked(
    values: Mapping[str, Any], *, required: tuple[str, ...] = (), override: str = ""
) -> dict[str, Any]:
    """Return the values cleaned; all that is wrong at once, by field."""
    errors: dict[str, Any] = {}
    clean = dict(values)
    for field in sorted(set(values) - PROFILE):
        errors[field] = _("“%s” is no field that can be written here") % field
    for field in required:
        if not values.get(field):
            errors[field] = _("this is needed to register an enterprise")
    if values.get("credit_code"):
        try:
            clean["credit_code"] = credit_code.check(str(values["credit_code"]), reason=override)
        except ValidationError as error:
            errors["credit_code"] = error
    if "name" in values:
        clean["name"] = names.tidy(str(values["name"] or ""))
        if not clean["name"]:
            errors["name"] = _("an enterprise needs a name")
    if isinstance(values.get("region"), str):
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


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(figures) - set(REPORT))
    if unknown:
        raise ValidationError({f: _("“%s” is no figure of an annual report") % f for f in unknown})
    wrong = {
        name: ValidationError(_("“%(value)s” is not a whole number"), params={"value": value})
        for name, value in figures.items()
        if name in FIGURES and not (value is None or type(value) is int)
    }
    if wrong:
        raise ValidationError(wrong)
    return dict(figures)


def _answered(
    report: AnnualReport, answers: Mapping[str, str], reason: str, by: User | None
) -> list[dict[str, str]]:
    """Return the doubts with their reasons; raise where one has none. Old reasons stay."""
    earlier = AnnualReport.objects.filter(
        enterprise_id=report.enterprise_id, year=report.year - 1
    ).first()
    previous = plausibility.figures_of(earlier) if earlier else None
    doubts = plausibility.examine(plausibility.figures_of(report), previous)
    kept = {(w["code"], w["figure"], w["message"]): w for w in report.warnings}
    rows, open_ = [], []
    for doubt in doubts:
        old = kept.get((doubt.code, doubt.figure, doubt.message))
        keys = (f"{doubt.code}:{doubt.figure}", doubt.code, doubt.figure)
        said = next((answers[k].strip() for k in keys if answers.get(k, "").strip()), "")
        said = said or reason.strip()
        if said:
            rows.append(doubt.as_json(reason=said, by=str(by or "")))
        elif old and old["reason"]:
            rows.append(old)
        else:
            open_.append(doubt)
    if open_:
        raise UnansweredError(open_)
    return rows


def _classify(enterprise: Enterprise) -> None:
    """Compute the size class from the newest year that decides it."""
    code = enterprise.industry_class or (enterprise.industry.code if enterprise.industry else "")
    rows = AnnualReport.objects.filter(enterprise=enterprise).values(
        "year", "employees", "revenue", "total_assets"
    )
    size, year = size_class.of_reports(code, {row["year"]: row for row in rows})
    enterprise.size_class = size
    enterprise.size_year = year if size != SizeClass.UNKNOWN else None


def _settle(fact: Fact) -> None:
    """Set what follows from a fact's kind, and check it."""
    if isinstance(fact, IntellectualProperty):
        fact.ip_class = 1 if fact.kind in IntellectualProperty.CLASS_ONE else 2
    fact.full_clean(exclude=["enterprise"])


def _row(fact: Fact) -> dict[str, Any]:
    skip = {"id", "enterprise", "created_at"}
    return {
        f.name: _plain(getattr(fact, f.name))
        for f in fact._meta.concrete_fields
        if f.name not in skip
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    if isinstance(value, models.Model):
        return getattr(value, "code", None) or value.pk
    if isinstance(value, (dt.date, Decimal)):
        return str(value)
    return value


def _refreshed(given: Enterprise, locked: Enterprise) -> Enterprise:
    """Bring the caller's object up to date and return it."""
    given.__dict__.update({k: v for k, v in locked.__dict__.items() if k != "_state"})
    return given
