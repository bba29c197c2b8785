"""Saving the figures of a year, with the doubts that somebody answered (年度数据)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from enterprises.registry import ledger, plausibility
from enterprises.registry.models import FIGURES, AnnualReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

REPORT = (*FIGURES, "audited", "source")


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
    locked = ledger.lock(enterprise, by=by, version=version)
    report = AnnualReport.objects.filter(enterprise=locked, year=year).first()
    new = report is None
    report = report or AnnualReport(enterprise=locked, year=year)
    before = {} if new else {k: ledger.plain(getattr(report, k)) for k in REPORT}
    for field, value in _figures(figures).items():
        setattr(report, field, value)
    errors = plausibility.impossible({k: getattr(report, k) for k in FIGURES})
    if errors:
        raise ValidationError(errors)
    report.warnings = _answered(report, answers or {}, reason, by)
    report.full_clean(
        exclude=["enterprise", "warnings"], validate_unique=False, validate_constraints=False
    )
    after = {k: ledger.plain(getattr(report, k)) for k in REPORT}
    differing = {k for k in REPORT if before.get(k) != after[k]}
    report.save()
    if new or differing:
        ledger.classify(locked)
        ledger.touch(locked)
        ledger.note(
            locked,
            f"report:{year}",
            {k: before[k] for k in differing if k in before},
            {k: after[k] for k in differing},
            by,
            reason,
        )
    ledger.refreshed(enterprise, locked)
    return report


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


def _in_this_language(
    report: AnnualReport, previous: Mapping[str, int | None] | None
) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return the warnings kept, found by their words of today's language or of the one then."""
    kept = {(w["code"], w["figure"], w["message"]): w for w in report.warnings}
    if not kept:
        return kept
    figures = plausibility.figures_of(report)
    now = plausibility.examine(figures, previous)
    for language, _name in settings.LANGUAGES:
        with override(language):
            said = plausibility.examine(figures, previous)
        for doubt, then in zip(now, said, strict=True):
            old = kept.get((then.code, then.figure, then.message))
            if old is not None:
                kept.setdefault((doubt.code, doubt.figure, doubt.message), old)
    return kept


def _answered(
    report: AnnualReport, answers: Mapping[str, str], reason: str, by: User | None
) -> list[dict[str, str]]:
    """Return the doubts with their reasons; raise where one has none. Old reasons stay."""
    earlier = AnnualReport.objects.filter(
        enterprise_id=report.enterprise_id, year=report.year - 1
    ).first()
    previous = plausibility.figures_of(earlier) if earlier else None
    doubts = plausibility.examine(plausibility.figures_of(report), previous)
    kept = _in_this_language(report, previous)
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
