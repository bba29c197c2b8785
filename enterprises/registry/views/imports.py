"""Bringing files in: upload, meaning of the columns, check, commit (批量导入)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enterprises.jobs.models import JobRun
from enterprises.registry import exports, imports_runs, labels
from enterprises.registry import imports as importing
from enterprises.registry.forms.imports import MappingForm, UploadForm
from enterprises.registry.models import ImportRow, StagedImport
from enterprises.registry.views.gate import place, registrars_only, viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from enterprises.registry.imports_runs import Look

SALT = "registry.import"
PAGE = 50
COUNTS = ("rows", "accepted", "warned", "refused", "new", "changed", "unchanged", "registered")


@require_GET
@registrars_only
def imports(request: HttpRequest) -> HttpResponse:
    """List the viewer's own imports, the last first (导入记录)."""
    page = Paginator(_own(request), 30).get_page(request.GET.get("page"))
    live = JobRun.objects.filter(
        kind="import", started_by=viewer(request), status__in=["waiting", "running"]
    )
    return render(request, "registry/imports.html", {"page": page, "live": live})


@require_http_methods(["GET", "POST"])
@registrars_only
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in and ask what its columns mean; then send it to be checked (上传导入)."""
    if request.method == "POST" and "token" in request.POST:
        return _mapped(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        answer = _uploaded(request, form)
        if answer is not None:
            return answer
    return render(request, "registry/import_upload.html", _upload_context(form))


@require_GET
@registrars_only
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a check or a commit is; go to its result once it is there (导入进度)."""
    found = get_object_or_404(JobRun, pk=pk, kind="import", started_by=viewer(request))
    because = found.result.get("refused_because", [])
    if not found.is_live and found.result.get("import") and not because:
        target = redirect("registry:import_detail", pk=found.result["import"])
        if request.htmx:  # type: ignore[attr-defined]
            target.status_code = 200
            target["HX-Redirect"] = target["Location"]
        return target
    context = {"run": found, "because": because, "import": found.result.get("import")}
    partial = request.htmx  # type: ignore[attr-defined]
    return render(
        request, "registry/_import_run.html" if partial else "registry/import_run.html", context
    )


@require_GET
@registrars_only
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what became of the rows of an import (导入结果)."""
    staged = get_object_or_404(_own(request), pk=pk)
    page = Paginator(_remarks(staged, request), PAGE).get_page(request.GET.get("page"))
    for row in page.object_list:
        row.label = labels.of(row.field) if row.field else ""  # type: ignore[attr-defined]
    context = {
        "staged": staged,
        "counts": [(_count_label(name), staged.counts.get(name, 0), name) for name in COUNTS],
        "page": page,
        "outcome": request.GET.get("outcome", ""),
        "line": request.GET.get("line", ""),
        "outcomes": ImportRow.Outcome.choices,
        "live": _live_commit(staged),
        "columns": [
            (labels.of(name), column, staged.mapping.get("units", {}).get(name, ""))
            for name, column in staged.mapping.get("columns", {}).items()
        ],
        "may_commit": staged.status == StagedImport.Status.CHECKED
        and staged.counts.get("refused", 0) < staged.counts.get("rows", 0),
    }
    return render(request, "registry/import_detail.html", context)


@require_GET
@registrars_only
def remarks(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out the remarks of an import as CSV (下载校验意见)."""
    staged = get_object_or_404(_own(request), pk=pk)
    outcomes = {value: str(label) for value, label in ImportRow.Outcome.choices}
    heading = [_("Line"), _("Outcome"), _("Field"), _("Value"), _("Remark")]
    rows = (
        (row.line, outcomes[row.outcome], row.field, row.value, row.message)
        for row in _remarks(staged, request).iterator(chunk_size=2000)
    )
    answer = StreamingHttpResponse(
        exports.csv_text(heading, rows), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="import-{staged.pk}-remarks.csv"'
    return answer


@require_POST
@registrars_only
def commit(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a checked import to be written (确认导入)."""
    staged = get_object_or_404(_own(request), pk=pk)
    if staged.status != StagedImport.Status.CHECKED:
        messages.error(
            request,
            _("This import is already %(status)s.") % {"status": staged.get_status_display()},
        )
        return redirect("registry:import_detail", pk=staged.pk)
    begun, _new = imports_runs.begin_commit(staged, by=viewer(request))
    return redirect("registry:import_run", pk=begun.pk)


@require_POST
@registrars_only
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a checked import (放弃导入)."""
    staged = get_object_or_404(_own(request), pk=pk)
    try:
        importing.discard(staged, by=viewer(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The import is discarded; nothing was written."))
    return redirect("registry:import_detail", pk=staged.pk)


def _own(request: HttpRequest) -> QuerySet[StagedImport]:
    """Return the imports of the viewer: their remarks may name rows that no other may see."""
    user = viewer(request)
    rows = StagedImport.objects.select_related("made_by")
    return rows if user.is_superuser else rows.filter(made_by=user)


def _uploaded(request: HttpRequest, form: UploadForm) -> HttpResponse | None:
    """Keep the file and show its columns; with a mapping file, send it on at once."""
    data = form.cleaned_data
    try:
        kept = imports_runs.keep(data["file"])
        look = imports_runs.look(kept, kind=data["kind"])
    except ValidationError as error:
        place(form, error, on="file")
        return None
    name = data["file"].name
    if data["mapping"]:
        try:
            mapping = imports_runs.mapping_of(data["mapping"].read(), kind=data["kind"])
        except ValidationError as error:
            place(form, error, on="mapping")
            return None
        user = viewer(request)
        begun, _new = imports_runs.begin_check(
            kept, kind=data["kind"], name=name, mapping=mapping, by=user
        )
        return redirect("registry:import_run", pk=begun.pk)
    token = {"file": kept, "kind": data["kind"], "name": name, "user": viewer(request).pk}
    mapping_form = MappingForm(kind=data["kind"], look=look)
    return _columns_page(request, mapping_form, look, signing.dumps(token, salt=SALT), name)


def _mapped(request: HttpRequest) -> HttpResponse:
    """Send the file on with the meaning chosen for its columns."""
    text = request.POST["token"]
    try:
        token = signing.loads(text, salt=SALT, max_age=imports_runs.KEPT_FOR)
        if token["user"] != viewer(request).pk:
            raise Http404
        look = imports_runs.look(token["file"], kind=token["kind"])
    except (signing.BadSignature, FileNotFoundError):
        messages.error(request, _("The file is not waiting any more. Upload it again."))
        return redirect("registry:import_upload")
    form = MappingForm(request.POST, kind=token["kind"], look=look)
    if form.is_valid():
        try:
            mapping = form.mapping()
        except ValidationError as error:
            place(form, error)
        else:
            user = viewer(request)
            begun, _new = imports_runs.begin_check(
                token["file"], kind=token["kind"], name=token["name"], mapping=mapping, by=user
            )
            return redirect("registry:import_run", pk=begun.pk)
    return _columns_page(request, form, look, text, token["name"])


def _columns_page(
    request: HttpRequest, form: MappingForm, look: Look, token: str, name: str
) -> HttpResponse:
    context = {"form": form, "look": look, "token": token, "name": name}
    return render(request, "registry/import_columns.html", context)


def _upload_context(form: UploadForm) -> dict[str, Any]:
    kinds = ", ".join(sorted(ending.lstrip(".").upper() for ending in importing.MEDIA))
    return {"form": form, "kinds": kinds, "most": settings.IMPORT_MAX_BYTES // 1_048_576}


def _remarks(staged: StagedImport, request: HttpRequest) -> QuerySet[ImportRow]:
    rows = ImportRow.objects.filter(staged=staged).order_by("line", "pk")
    outcome, line = request.GET.get("outcome", ""), request.GET.get("line", "")
    if outcome in ImportRow.Outcome.values:
        rows = rows.filter(outcome=outcome)
    if line.isdecimal() and len(line) < 10:
        rows = rows.filter(line=int(line))
    return rows


def _live_commit(staged: StagedImport) -> JobRun | None:
    return JobRun.objects.filter(
        kind="import", key=f"write:{staged.pk}", status__in=["waiting", "running"]
    ).first()


def _count_label(name: str) -> str:
    return {
        "rows": _("rows read"),
        "accepted": _("accepted"),
        "warned": _("accepted with a warning"),
        "refused": _("refused"),
        "new": _("new"),
        "changed": _("changed"),
        "unchanged": _("unchanged"),
        "registered": _("registered on the way"),
    }[name]
