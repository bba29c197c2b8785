"""A record as it stood at the end of a day, worked out from its history (档案历史时点).

Today's record is taken, and the changes made since are undone, the last first. What the history
does not keep is not guessed: personal data, and changes that do not join. What is worked out from
figures, the size class, is worked out anew from the figures of the day.
"""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.registry import labels, ledger, size_class, subjects
from enterprises.registry.models import AnnualReport, Change, Enterprise, Fact, Title
from enterprises.registry.records import PROFILE, fact_row, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT = (*sorted(PROFILE - ledger.PERSONAL), "digital_level")
LINKS = {f.attname: f for f in Enterprise._meta.concrete_fields if f.is_relation}
MODELS: dict[str, type[Fact]] = {str(model._meta.model_name): model for model in subjects.FACTS}
Values = dict[str, Any]


@dataclass(slots=True)
class Past:
    """A record at the end of a day; values as the history writes them (时点档案)."""

    on: dt.date
    profile: Values
    reports: dict[int, Values]
    facts: dict[str, Values]  # by subject: "honour:12"
    registered: bool = True
    undone: int = 0
    gaps: list[str] = field(default_factory=list)  # subjects whose changes do not join

    def undo(self, change: Change) -> None:
        """Take one change back."""
        kind, _colon, rest = change.subject.partition(":")
        before, after = _plain(change.before), _plain(change.after)
        if kind == "registered":
            self.registered = False
        elif kind in {"profile", "digital_level", "maturity"}:
            before, after = (
                {k: row[k] for k in row if k in self.profile} for row in (before, after)
            )
            self._back(change.subject, self.profile, before, after)
        elif kind == "report":
            self._undo_row(change.subject, self.reports, int(rest), before, after, born=not before)
        elif kind in MODELS:
            born = not before
            self._undo_row(change.subject, self.facts, change.subject, before, after, born=born)
        else:
            return
        self.undone += 1

    def _undo_row(
        self, subject: str, rows: dict[Any, Values], key: Any, before: Values, after: Values, *,
        born: bool,
    ) -> None:  # fmt: skip
        """Take back that a row came, went or changed."""
        there = rows.get(key)
        if born:
            if rows.pop(key, None) is None:
                self.gaps.append(subject)
        elif not after:
            if there is not None:
                self.gaps.append(subject)
            rows[key] = before
        elif there is None:
            self.gaps.append(subject)
        else:
            self._back(subject, there, before, after)

    def _back(self, subject: str, row: Values, before: Values, after: Values) -> None:
        if any(row.get(name) != value for name, value in after.items()):
            self.gaps.append(subject)
        row.update({name: before.get(name) for name in {**before, **after}})


def present(enterprise: Enterprise) -> Past:
    """Return the record of an enterprise as it stands now."""
    past = Past(
        timezone.localdate(),
        profile={name: ledger.plain(getattr(enterprise, name)) for name in KEPT},
        reports=_reports(enterprise),
        facts=_facts(enterprise),
    )
    past.profile["size_class"], past.profile["size_year"] = _size(past)
    return past


def as_of(enterprise: Enterprise, on: dt.date, *, now: Past | None = None) -> Past:
    """Return the record of an enterprise as it stood at the end of a day.

    `now` is what `present` found, where that is at hand; it stays as it is.
    """
    past = replace(copy.deepcopy(now or present(enterprise)), on=on)
    end = end_of(on)
    for change in Change.objects.filter(enterprise=enterprise, made_at__gte=end).order_by("-pk"):
        past.undo(change)
    past.registered &= enterprise.created_at < end
    past.profile["size_class"], past.profile["size_year"] = _size(past)
    return past


def end_of(on: dt.date) -> dt.datetime:
    """Return the first moment after a day."""
    return timezone.make_aware(dt.datetime.combine(on + dt.timedelta(days=1), dt.time()))


def day_asked(typed: str) -> tuple[dt.date, str]:
    """Return the day asked for, today where none is, and what is wrong with it."""
    today = timezone.localdate()
    if not typed:
        return today, ""
    try:
        on = dt.date.fromisoformat(typed)
    except ValueError:
        said = _("“%(text)s” is not a day; write it as 2026-06-30.")
        return today, said % {"text": typed[:40]}
    if on > today:
        return today, _("%(day)s has not come yet; choose today or earlier.") % {"day": on}
    if on.year < 1990:
        return today, _("%(day)s lies before any record; choose a later day.") % {"day": on}
    return on, ""


def titles_on(enterprise: Enterprise, on: dt.date) -> list[Title]:
    """Return the titles that were valid on a day, as far as is known today (有效称号)."""
    rows = Title.objects.filter(enterprise=enterprise, granted_on__lte=on)
    return [one for one in rows if (one.ended_on > on if one.ended_on else one.valid_to >= on)]


def _reports(enterprise: Enterprise) -> dict[int, Values]:
    rows = AnnualReport.objects.filter(enterprise=enterprise)
    return {row.year: {k: ledger.plain(getattr(row, k)) for k in labels.REPORT} for row in rows}


def _facts(enterprise: Enterprise) -> dict[str, Values]:
    found: Iterable[Fact] = (
        fact for model in subjects.FACTS for fact in model.objects.filter(enterprise=enterprise)
    )
    return {subject_of(fact): fact_row(fact) for fact in found}


def _size(past: Past) -> tuple[str, int | None]:
    figures = ("employees", "revenue", "total_assets")
    years = {year: {name: row.get(name) for name in figures} for year, row in past.reports.items()}
    code = past.profile["industry_class"] or past.profile["industry"] or ""
    size, year = size_class.of_reports(str(code), years)
    return str(size), year


def _plain(values: Values) -> Values:
    """Return what a change says by the names of fields; imports write keys of other rows."""
    found = {}
    for name, value in values.items():
        link = LINKS.get(name)
        if link is None:
            found[name] = value
            continue
        model: Any = link.related_model
        row = model._default_manager.filter(pk=value).first() if value else None
        found[link.name] = ledger.plain(row) if row is not None else None
    return found
