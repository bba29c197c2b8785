"""Pages of drafts: the list, beginning one, writing it, checking as one writes (起草页面)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cultivation.standards import draft_pages as pages
from cultivation.standards import draft_table, drafting, manuscript, trials
from cultivation.standards.draft_checks import check as checked
from cultivation.standards.draft_forms import BeginForm, CaseForm, ReasonForm, TextForm
from cultivation.standards.models import Draft
from enterprises.accounts.access import seat_required
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.standards.draft_cells import Table
    from cultivation.standards.draft_checks import Check
    from enterprises.accounts.models import User

PAGE = 30
STEPS = 12  # of the history beside the text


def seen(request: HttpRequest, pk: int) -> Draft:
    """Return a draft in the viewer's sight; any other is a 404."""
    rows = Draft.objects.visible_to(cast("User", request.user))
    rows = rows.select_related("base", "made_by", "edition")
    return cast("Draft", get_object_or_404(rows, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@seat_required(drafting.may_draft)
def listing(request: HttpRequest) -> HttpResponse:
    """List the drafts, and begin one (草案列表)."""
    user = cast("User", request.user)
    form = BeginForm(request.POST or None, editions=pages.editions_to_begin_from())
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            draft = drafting.begin(
                said["edition"], code=said["code"], by=user, in_force=said["in_force"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("standards:draft", pk=draft.pk)
    drafts = Draft.objects.visible_to(user).select_related("base", "made_by").defer("text", "cases")
    page = Paginator(drafts, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": pages.rows(page), "form": form}
    failed = request.method == "POST"
    return render(request, "standards/drafts.html", context, status=400 if failed else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@seat_required(drafting.may_draft)
def editor(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a draft to be written, and keep what was written (起草)."""
    draft = seen(request, pk)
    typed = _Typed.of(request, draft)
    if request.method == "POST" and typed.usable:
        try:
            drafting.save(
                draft,
                text=typed.text,
                cases=typed.cases,
                by=cast("User", request.user),
                version=typed.form.cleaned_data["version"],
                reason=typed.form.cleaned_data["reason"],
            )
        except StaleError:
            return _beside(request, draft, typed)
        except ValidationError as error:
            typed.form.add_error(None, error)
        else:
            messages.success(request, _("The draft is kept."))
            return redirect("standards:draft", pk=pk)
    return _page(request, draft, typed, status=400 if request.method == "POST" else 200)


@require_POST
@seat_required(drafting.may_draft)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check what stands on the page, without keeping it (即时校验)."""
    draft = seen(request, pk)
    typed = _Typed.of(request, draft)
    context = pages.checked(checked(draft, text=typed.text, cases=typed.cases))
    context |= {"draft": draft, "table_errors": typed.table.errors if typed.table else []}
    return render(request, "standards/_draft_check.html", context)


@dataclass
class _Typed:
    """What stands on the page: the forms, the table, and the texts that follow (页面内容)."""

    form: TextForm
    table: Table | None
    case: CaseForm
    text: str
    cases: str
    adding: bool = False

    @property
    def usable(self) -> bool:
        """Tell whether all that was typed can be read."""
        bad_table = bool(self.table and self.table.errors)
        return self.form.is_valid() and not bad_table and not (self.adding and self.case.errors)

    @classmethod
    def of(cls, request: HttpRequest, draft: Draft) -> _Typed:
        """Read the page; the table counts for what was typed otherwise than it was kept."""
        kept = draft_table.table(draft.text, code=draft.code)
        offered = [(line.criterion, line.label) for line in kept.lines] if kept else []
        if request.method != "POST":
            initial = {"text": draft.text, "cases": draft.cases, "version": draft.version}
            form = TextForm(initial=initial)
            return cls(form, kept, CaseForm(criteria=offered), draft.text, draft.cases)
        form = TextForm(request.POST)
        text = drafting.plain(request.POST.get("text", ""))
        cases = drafting.plain(request.POST.get("cases", ""))
        table = _as_it_was(draft, request.POST.get("version", ""), kept)
        if table is not None:
            text, table = draft_table.typed_into(table, text, request.POST)
        adding = request.POST.get("action") == "add_case"
        case = CaseForm(request.POST if adding else None, criteria=offered)
        if adding and case.is_valid():
            cases = manuscript.with_case(cases, case.case())
        return cls(form, table, case, text, cases, adding)


def _as_it_was(draft: Draft, version: str, kept: Table | None) -> Table | None:
    """Return the table that was on the page: that of the version it was opened at."""
    if version == str(draft.version):
        return kept
    event = draft.events.filter(version=version).first() if version.isdecimal() else None
    return draft_table.table(event.text, code=draft.code) if event else None


def _beside(request: HttpRequest, draft: Draft, typed: _Typed) -> HttpResponse:
    """Show the own text beside the newer one; saving once more keeps the own."""
    newer = seen(request, draft.pk)
    initial = {"text": typed.text, "cases": typed.cases, "version": newer.version}
    typed.form = TextForm(initial=initial)
    typed.table = draft_table.table(typed.text, code=draft.code)
    return _page(request, newer, typed, newer=newer, status=409)


def _page(
    request: HttpRequest,
    draft: Draft,
    typed: _Typed,
    *,
    newer: Draft | None = None,
    status: int = 200,
) -> HttpResponse:
    user = cast("User", request.user)
    found: Check = checked(draft, text=typed.text, cases=typed.cases)
    events = draft.events.select_related("made_by").defer("text", "cases")
    trial = trials.latest(draft)
    context: dict[str, Any] = {
        "draft": draft,
        "tone": pages.STATES[draft.status],
        "form": typed.form,
        "texts": {"text": typed.text, "cases": typed.cases},
        "table": typed.table,
        "case": typed.case,
        "adding": typed.adding,
        "is_live": pages.is_live(draft),
        "is_second": drafting.is_second(draft, user),
        "steps": pages.steps(events[:STEPS]),
        "reason": ReasonForm(initial={"version": draft.version}, auto_id="step_%s"),
        "newer": newer,
        "trial": trial,
        "trial_rows": trials.rows(trial) if trial and trial.result else [],
        **pages.checked(found),
    }
    return render(request, "standards/draft.html", context, status=status)
