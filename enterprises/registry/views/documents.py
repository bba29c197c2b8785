"""The proofs of an enterprise: list, take in, hand out, take away (佐证材料)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enterprises.registry import documents as archive
from enterprises.registry import proofs, rights, subjects
from enterprises.registry.forms.documents import DocumentForm, ProofForm
from enterprises.registry.models import Document, Proof
from enterprises.registry.views.gate import (
    edited_enterprise,
    refusals,
    seen_enterprise,
    viewer,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase


@require_http_methods(["GET", "POST"])
@login_required
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """List the documents of an enterprise and take a new one in (佐证材料)."""
    user = viewer(request)
    enterprise = seen_enterprise(request, pk)
    may_edit = rights.may_edit(user, enterprise)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    choices = subjects.of(enterprise)
    form = DocumentForm(request.POST or None, request.FILES or None, subjects=choices)
    if request.method == "POST" and form.is_valid():
        named = [form.cleaned_data["subject"]] if form.cleaned_data["subject"] else []
        with refusals(form, on="file"):
            kept = archive.attach(
                enterprise,
                form.cleaned_data["file"],
                by=user,
                subjects=named,
                page=form.cleaned_data["page"],
            )
            messages.success(request, _("“%(name)s” is kept.") % {"name": kept.name})
            return redirect("registry:documents", pk=enterprise.pk)
    texts = {subject: text for _group, rows in choices for subject, text in rows}
    rows = Document.objects.visible_to(user).filter(enterprise=enterprise)
    context = {
        "enterprise": enterprise,
        "rows": [
            (
                row,
                [
                    (one.pk, subjects.label(one.subject, texts), one.page)
                    for one in row.proofs.all()
                ],
            )
            for row in rows.select_related("uploaded_by").prefetch_related("proofs")[:500]
        ],
        "form": form,
        "proof_form": ProofForm(subjects=choices),
        "has_subjects": bool(choices),
        "kinds": ", ".join(ending.lstrip(".").upper() for ending in archive.MEDIA),
        "most": settings.DOCUMENT_MAX_BYTES // 1_048_576,
        "may_edit": may_edit,
    }
    return render(request, "registry/documents.html", context)


@require_POST
@login_required
def document_proves(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Say what else a kept document proves (补充证明关系)."""
    enterprise = edited_enterprise(request, pk)
    kept = get_object_or_404(Document, pk=document, enterprise=enterprise)
    form = ProofForm(request.POST, subjects=subjects.of(enterprise))
    if form.is_valid():
        subject, page = form.cleaned_data["subject"], form.cleaned_data["page"]
        proofs.point(kept, subject, by=viewer(request), page=page)
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose what the document proves from the list."))
    return redirect("registry:documents", pk=enterprise.pk)


@require_GET
@login_required
def document(request: HttpRequest, pk: int, document: int) -> HttpResponseBase:
    """Hand a document out, never to be shown inside the page (下载)."""
    enterprise = seen_enterprise(request, pk)
    kept = get_object_or_404(
        Document.objects.visible_to(viewer(request)), pk=document, enterprise=enterprise
    )
    try:
        file = kept.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(
        file, as_attachment=True, filename=kept.name, content_type=kept.media_type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@login_required
def document_delete(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Take a document away that proves nothing (删除佐证)."""
    enterprise = edited_enterprise(request, pk)
    kept = get_object_or_404(Document, pk=document, enterprise=enterprise)
    if kept.proofs.exists():
        messages.error(
            request,
            _("“%(name)s” proves something and stays. Take the proof away first.")
            % {"name": kept.name},
        )
    else:
        try:
            archive.remove(kept, by=viewer(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("“%(name)s” is deleted.") % {"name": kept.name})
    return redirect("registry:documents", pk=enterprise.pk)


@require_POST
@login_required
def proof_delete(request: HttpRequest, pk: int, proof: int) -> HttpResponse:
    """Take back that a document proves a thing (解除证明关系)."""
    enterprise = edited_enterprise(request, pk)
    held = get_object_or_404(Proof, pk=proof, document__enterprise=enterprise)
    proofs.detach(held, by=viewer(request))
    messages.success(request, _("Saved."))
    return redirect("registry:documents", pk=enterprise.pk)
