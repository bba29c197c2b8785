"""Finished values for the pages of a form: fields, lists, papers, criteria (填报页面数据)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.filling import evidence, needs, presence, rights, since, subjects
from cultivation.pipeline.filling.saving import State
from cultivation.pipeline.filling.submitted import KIND_OF
from cultivation.pipeline.questions import SECTIONS, questions_of
from enterprises.registry import documents as archive
from enterprises.registry import labels
from enterprises.registry.forms.report import UNITS, chosen_unit
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.filling.evidence import Paper
    from cultivation.pipeline.filling.forms import Line, SheetForm
    from cultivation.pipeline.filling.needs import Section
    from cultivation.pipeline.filling.saving import Outcome
    from cultivation.pipeline.filling.sheet import Sheet
    from enterprises.accounts.models import User
    from enterprises.registry.models import Document

COOKIE = "unit"  # the unit of amounts that somebody chose last
YEAR = 365 * 86400  # seconds
DIGITS = 10  # of a version


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with the years asked for, latest first (指标各年)."""

    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """The fields of a page in groups (字段分组)."""

    figures: tuple[Figure, ...]
    profile: tuple[Line, ...]
    texts: tuple[Line, ...]

    @property
    def has_money(self) -> bool:
        return any(line.sort == "money" for figure in self.figures for line in figure.lines)


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper asked for, with what might be handed in for it (佐证项)."""

    paper: Paper
    again: tuple[Document, ...]
    others: tuple[Document, ...]
    open: bool

    @property
    def state(self) -> str:
        """Return how it stands, in words."""
        if self.paper.handed_in:
            return _("handed in")
        if self.paper.by_text:
            return _("stated in the form") if self.paper.stated else _("to be stated in the form")
        if self.paper.known_here:
            return _("kept on this platform")
        if self.paper.remark:
            return _("passed over with a reason")
        return _("still missing") if self.paper.slot.owed else _("where you rely on it")

    @property
    def tone(self) -> str:
        """Return the colour group of the state."""
        if self.paper.asks_why or self.paper.missing:
            return "warn"
        return "good" if self.paper.is_here or self.paper.known_here else "neutral"


def unit_of(request: HttpRequest) -> str:
    """Return the unit of amounts: asked for now, else chosen before, else 万元."""
    asked = request.POST.get("unit") or request.GET.get("unit")
    return chosen_unit(asked or unquote(request.COOKIES.get(COOKIE, "")))


def remember_unit(answer: HttpResponse, unit: str) -> None:
    """Let the browser remember the unit of amounts."""
    answer.set_cookie(COOKIE, quote(unit), max_age=YEAR, samesite="Lax")


def lines(
    sheet: Sheet,
    form: SheetForm,
    user: User,
    outcomes: Mapping[str, Outcome] | None = None,
    reasons: Mapping[str, str] | None = None,
) -> dict[str, Line]:
    """Return the fields of a form by name: with what became of them and what they were before."""
    before = since.last(sheet.application)
    scope = rights.open_to(sheet.application, user)
    found = {}
    for line in form.lines():
        then = ""
        if before and since.differs(sheet, before, line.subject):
            then = _then(form, before, line.subject)
        found[line.subject] = replace(
            line,
            kept=form.shown(line.subject, sheet.value(line.subject)),
            said=form.said(line.subject, sheet.value(line.subject)),
            then=then,
            grown=_grown(form, sheet, line.subject),
            outcome=(outcomes or {}).get(line.subject),
            reasons=reasons or {},
            open=scope.covers(line.subject),
        )
    return found


def _then(form: SheetForm, before: since.Before, subject: str) -> str:
    """Return what a field was in the last application, with the day of that."""
    value = before.words(subject) or form.said(subject, before.value(subject))
    day = date_format(localtime(before.day)) if before.day else str(before.application.year)
    return _("Changed since the application of %(day)s: it was %(value)s") % {
        "day": day,
        "value": value,
    }


def _grown(form: SheetForm, sheet: Sheet, subject: str) -> str:
    """Return the figure of the year before, with how much more or less it is now."""
    earlier, now = since.last_year(sheet, subject), sheet.value(subject)
    if earlier is None:
        return ""
    words = {"year": subjects.year_of(subject) - 1, "value": form.said(subject, earlier)}
    if not earlier or now is None or earlier < 0:
        return _("%(year)s: %(value)s") % words
    tenths = (2000 * (now - earlier) + abs(earlier)) // (2 * abs(earlier))
    change = f"{'+' if tenths >= 0 else '−'}{abs(tenths) // 10}.{abs(tenths) % 10}%"
    return _("%(year)s: %(value)s (%(change)s)") % {**words, "change": change}


def groups(found: Mapping[str, Line]) -> Groups:
    """Return fields in their groups; a figure has its years side by side."""
    by_figure: dict[str, list[Line]] = {}
    profile, texts = [], []
    for subject, line in found.items():
        kind = subjects.kind_of(subject)
        if kind == subjects.REPORT:
            by_figure.setdefault(subjects.name_of(subject), []).append(line)
        elif kind == subjects.STATEMENT:
            profile.append(line)
        else:
            texts.append(line)
    figures = tuple(
        Figure(
            str(capfirst(labels.of(name))),
            tuple(sorted(some, key=lambda line: line.subject, reverse=True)),
        )
        for name, some in by_figure.items()
    )
    return Groups(figures, tuple(profile), tuple(texts))


def paper_rows(sheet: Sheet, user: User, codes: frozenset[str] | None = None) -> list[PaperRow]:
    """Return the papers that some criteria ask for, or all of them, for a page."""
    asked = {
        subject: paper
        for subject, paper in sheet.papers.items()
        if codes is None or codes & set(paper.slot.codes)
    }
    free = evidence.offers(sheet.application, asked) if asked else {}
    scope = rights.open_to(sheet.application, user)
    return [
        PaperRow(
            paper,
            tuple(free[subject][0]),
            tuple(free[subject][1]),
            scope.covers(subject),
        )
        for subject, paper in asked.items()
    ]


def limits() -> dict[str, Any]:
    """Return what files are kept: kinds and size, to be said before anything is uploaded."""
    return {
        "kinds": ", ".join(ending.lstrip(".").upper() for ending in archive.MEDIA),
        "most": settings.DOCUMENT_MAX_BYTES // 1_048_576,
        "accept": ",".join(archive.MEDIA),
    }


def standing(sheet: Sheet, section: Section) -> list[findings.Finding]:
    """Return what the rules say today of a section's criteria, as lines."""
    codes = section.codes
    return [line for line in findings.lines(sheet.root) if line.code in codes]


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the form, for a link (填报页)."""

    key: str
    label: str
    url: str


def places(sheet: Sheet) -> list[Place]:
    """Return the pages of the form in its order."""
    pk = sheet.application.pk
    found = [
        Place(one.key, one.label, reverse("pipeline:form_criteria", args=[pk, one.key]))
        for one in sheet.sections
    ]
    return found + [
        Place(key, str(label), reverse("pipeline:form_section", args=[pk, key]))
        for key, label in SECTIONS.items()
    ]


def where(sheet: Sheet, subject: str) -> str:
    """Return the address at which a field, list, paper or criterion is filled in."""
    pk, (kind, _colon, rest) = sheet.application.pk, subject.partition(":")
    anchor = subject.replace(":", "-")
    if kind in {subjects.PAPER, "document"}:
        return f"{reverse('pipeline:form_section', args=[pk, 'documents'])}#{anchor}"
    if kind == subjects.ANSWER:
        section = next(
            (q.section for q in questions_of(sheet.application.tier) if q.name == rest), ""
        )
        if section:
            return f"{reverse('pipeline:form_section', args=[pk, section])}#{anchor}"
    for one in sheet.sections:
        listed = {KIND_OF[needs.fact_model(count)].code for count in one.needs.counts}
        if kind == "fact" and rest in listed:
            anchor = f"list-{rest}"
        elif subject not in sheet.fields_of(one) and (kind != "criterion" or rest not in one.codes):
            continue
        return f"{reverse('pipeline:form_criteria', args=[pk, one.key])}#{anchor}"
    return reverse("pipeline:form", args=[pk])


def neighbours(sheet: Sheet, key: str) -> tuple[Place | None, Place | None]:
    """Return the pages before and after one of the form."""
    row = places(sheet)
    here = next((number for number, one in enumerate(row) if one.key == key), None)
    if here is None:
        return None, None
    return (row[here - 1] if here else None), (row[here + 1] if here + 1 < len(row) else None)


def sent_back(sheet: Sheet, user: User) -> frozenset[str]:
    """Return the pages on which something is open in an application that was returned."""
    scope = rights.open_to(sheet.application, user)
    if scope.everything:
        return frozenset()
    fields = {one.key: sheet.fields_of(one) for one in sheet.sections}
    for key in ("texts", "statements"):
        asked = questions_of(sheet.application.tier, key)
        fields[key] = [subjects.answer(question.name) for question in asked]
    fields["documents"] = list(sheet.slots)
    return frozenset(key for key, names in fields.items() if any(map(scope.covers, names)))


def problems(form: SheetForm, found: Mapping[str, Line]) -> list[tuple[str, str, str]]:
    """Return what could not be kept: anchor, field, and why."""
    rows = []
    for subject, line in found.items():
        said = [str(error) for error in form.errors.get(subject, [])] if form.is_bound else []
        if line.outcome and line.outcome.state != State.SAVED:
            said.append(line.outcome.message)
        rows += [(line.key, str(line.bound.label), text) for text in said]
    return rows


def typed(text: object, most: int) -> str:
    """Return a short text as it may be kept: without what no database takes, not too long."""
    return str(text).replace("\x00", "").strip()[:most]


def version_of(request: HttpRequest) -> int:
    """Return the version of the application that a form was made from; 0 where it does not say."""
    posted = request.POST.get("version", "")
    return int(posted) if posted.isdecimal() and len(posted) < DIGITS else 0


def frame(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    """Return what every page of a form has: the unit, who else is in it, the signs of life."""
    user = viewer(request)
    return {
        "application": sheet.application,
        "unit": unit_of(request),
        "units": UNITS,
        "others": others(sheet, user),
        "beat": presence.BEAT,
        "viewer": user,
    }


def others(sheet: Sheet, user: User) -> list[str]:
    """Return who else is in the form and where, in words."""
    rows = presence.others(sheet.application, user)
    called = {one.key: one.label for one in places(sheet)} if rows else {}
    return [
        _("%(who)s is in “%(section)s” now")
        % {"who": one.user, "section": called.get(one.section) or _("the list of tasks")}
        for one in rows
    ]
