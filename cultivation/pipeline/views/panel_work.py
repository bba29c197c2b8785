"""An expert's own cases: the list, one case with its scores, its documents (专家评审).

Addresses, names of files and words of errors say nothing of the firm; what is not before the
expert now is not there (404).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import CaseDocument, PanelTask
from cultivation.pipeline.panels import evidence, phases, reading, rubrics, scoring
from cultivation.pipeline.panels.forms import DeclareForm, ReasonForm, RemarkForm, ScoreForm
from enterprises.accounts.access import seat_required
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from cultivation.pipeline.panels.phases import Sight
    from enterprises.accounts.scope import Scope


def sits_as_expert(scope: Scope) -> bool:
    """Tell whether a scope has an expert's seat."""
    return scope.expert


@require_GET
@seat_required(sits_as_expert)
@never_cache
def listing(request: HttpRequest) -> HttpResponse:
    """Show the cases before an expert, panel by panel, with how far he is."""
    now = timezone.now()
    panels = [
        {
            "panel": found.panel,
            "phase": phases.current(found.panel, at=now),
            "done": found.done,
            "whole": found.whole,
            "tasks": [_row(task) for task in found.tasks],
        }
        for found in reading.progress(viewer(request))
    ]
    return render(request, "pipeline/panels/work.html", {"panels": panels})


def _row(task: PanelTask) -> dict[str, Any]:
    enterprise = task.case.application.enterprise
    return {
        "task": task,
        "label": reading.label_of(task),
        "industry": enterprise.industry,
        "size": enterprise.get_size_class_display(),
        "tone": {"final": "good", "abstained": "neutral", "kept": "info"}.get(task.state, "warn"),
    }


@require_http_methods(["GET", "POST"])
@seat_required(sits_as_expert)
@never_cache
def task(request: HttpRequest, token: str) -> HttpResponse:
    """Show a case with its rubric; keep or submit the scores (评分)."""
    found = _task(request, token)
    if request.method == "GET":
        return _shown(request, found)
    form = ScoreForm(request.POST, task=found, lines=_lines(found))
    do = request.POST.get("do", "keep")
    wants_json = request.headers.get("X-Keeping") == "quiet"
    if not form.is_valid():
        return _refused(request, found, form, quiet=wants_json)
    take = scoring.keep if do == "keep" else scoring.submit
    try:
        kept = take(found, form.sheet(), by=viewer(request), version=form.cleaned_data["version"])
    except scoring.ScoreError as error:
        for key, said in error.faults.items():
            form.add_error(f"v{key}", said)
        return _refused(request, found, form, quiet=wants_json)
    except MoveError as error:
        form.add_error(None, str(error))
        return _refused(request, found, form, quiet=wants_json, status=409)
    if wants_json:
        at = date_format(timezone.localtime(kept.kept_at), "H:i")
        return JsonResponse({"version": kept.version, "said": _("Kept at %(at)s") % {"at": at}})
    return _onward(request, found, do)


def _onward(request: HttpRequest, found: PanelTask, do: str) -> HttpResponse:
    label = {"case": reading.label_of(found)}
    if do == "keep":
        messages.success(request, _("Case %(case)s is kept, not submitted yet.") % label)
        return redirect("pipeline:panel_task", found.token)
    messages.success(request, _("Case %(case)s is submitted.") % label)
    next_one = reading.following(found, viewer(request)) if do == "next" else None
    if next_one is None:
        return redirect("pipeline:panel_work")
    return redirect("pipeline:panel_task", next_one.token)


def _refused(
    request: HttpRequest, found: PanelTask, form: ScoreForm, *, quiet: bool, status: int = 400
) -> HttpResponse:
    if quiet:
        said = [str(one) for errors in form.errors.values() for one in errors]
        return JsonResponse({"said": " ".join(said)}, status=status)
    if status == 409:
        found = _task(request, found.token)
    return _shown(request, found, form=form, status=status)


@require_POST
@seat_required(sits_as_expert)
@never_cache
def declare(request: HttpRequest, token: str) -> HttpResponse:
    """Declare that there is a conflict, or that none is known (申明)."""
    found = _task(request, token)
    form = DeclareForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        conflict = said["conflict"] == "yes"
        try:
            scoring.declare(
                found, by=viewer(request), conflict=conflict, true=said["true"],
                reason=said["reason"], version=_version(request),
            )  # fmt: skip
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            if conflict:
                messages.success(request, _("Thank you. The case passes to somebody else."))
                return redirect("pipeline:panel_work")
            return redirect("pipeline:panel_task", token)
    return _shown(request, found, declaring=form, status=400)


@require_POST
@seat_required(sits_as_expert)
@never_cache
def abstain(request: HttpRequest, token: str) -> HttpResponse:
    """Abstain from a case, with a reason (弃权)."""
    found = _task(request, token)
    form = ReasonForm(request.POST, auto_id="abstain_%s")
    if form.is_valid():
        try:
            scoring.abstain(
                found, by=viewer(request), reason=form.cleaned_data["reason"],
                version=_version(request),
            )  # fmt: skip
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("You abstained from this case."))
            next_one = reading.following(found, viewer(request))
            if next_one is None:
                return redirect("pipeline:panel_work")
            return redirect("pipeline:panel_task", next_one.token)
    return _shown(request, found, abstaining=form, status=400)


@require_POST
@seat_required(sits_as_expert)
@never_cache
def remark(request: HttpRequest, token: str) -> HttpResponse:
    """Say something to the others on a case (讨论)."""
    found = _task(request, token)
    form = RemarkForm(request.POST)
    if form.is_valid():
        try:
            scoring.remark(found, form.cleaned_data["text"], by=viewer(request))
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            return redirect("pipeline:panel_task", token)
    return _shown(request, found, remarking=form, status=400)


@require_GET
@seat_required(sits_as_expert)
@never_cache
def document(request: HttpRequest, token: str, number: int) -> HttpResponseBase:
    """Hand out a released document under a name that says nothing (材料)."""
    found = _task(request, token)
    sight = _sight(request, found)
    if found.declared != PanelTask.Declared.CLEAR or not sight:
        raise PermissionDenied(_("Declare first whether there is a conflict of interest."))
    released = {one.number: one for one in evidence.for_expert(found.case)}
    if number not in released:
        raise Http404
    row = released[number]
    redacted = row.release == CaseDocument.Release.REDACTED
    source, media_type = (
        (row.copy, row.copy_type) if redacted else (row.document.file, row.document.media_type)
    )
    try:
        file = source.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(
        file, as_attachment=True, filename=evidence.neutral_name(row), content_type=media_type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _task(request: HttpRequest, token: str) -> PanelTask:
    """Return a case that is before the viewer; any other is a 404."""
    rows = PanelTask.objects.before(viewer(request)).select_related(
        "case__panel__rubric", "member",
        "case__application__enterprise__region__parent__parent",
        "case__application__enterprise__industry", "case__application__submission",
    )  # fmt: skip
    found: PanelTask | None = (
        rows.prefetch_related("case__panel__phases").filter(token=token).first()
    )
    if found is None:
        raise Http404
    return found


def _sight(request: HttpRequest, found: PanelTask) -> Sight:
    return scoring.open_task(found, viewer(request))


def _lines(found: PanelTask) -> list[Any]:
    return list(found.case.panel.rubric.lines.all())


def _version(request: HttpRequest) -> int:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _shown(
    request: HttpRequest,
    found: PanelTask,
    *,
    form: ScoreForm | None = None,
    status: int = 200,
    **forms: Form,
) -> HttpResponse:
    sight, lines = _sight(request, found), _lines(found)
    case = reading.read(found, sight, lines)
    sheet = form or ScoreForm(task=found, lines=lines)
    cut = rubrics.unit(lines)
    context = {
        "task": found,
        "case": case,
        "sight": sight,
        "panel": found.case.panel,
        "form": sheet,
        "quiet": found.state in {PanelTask.State.OPEN, PanelTask.State.KEPT},
        "lines": [
            {
                "line": line,
                "findings": rows,
                "value": sheet[f"v{line.key}"],
                "comment": sheet[f"c{line.key}"],
                "always": line.comment == line.Comment.ALWAYS,
                "edges": line.comment == line.Comment.EDGES,
            }
            for line, rows in case.lines
        ],
        "total": rubrics.points(found.total, cut) if found.total is not None else None,
        "declaring": forms.get("declaring") or DeclareForm(),
        "abstaining": forms.get("abstaining") or ReasonForm(auto_id="abstain_%s"),
        "remarking": forms.get("remarking") or RemarkForm(),
        "others": _others(found, sight, lines, cut),
        "remarks": reading.speakers(found, named=sight.sees_experts) if sight.discusses else [],
        "versions": found.versions.all() if found.version > 1 else [],
        "following": reading.following(found, viewer(request)),
    }
    return render(request, "pipeline/panels/task.html", context, status=status)


def _others(found: PanelTask, sight: Sight, lines: list[Any], cut: int) -> list[dict[str, Any]]:
    if not sight.sees_others:
        return []
    return [
        {
            "name": one.name,
            "points": rubrics.points(one.task.total or 0, cut),
            "scores": [(str(line), one.task.scores.get(line.key, {})) for line in lines],
            "remark": one.task.remark,
        }
        for one in reading.colleagues(found, named=sight.sees_experts)
    ]
