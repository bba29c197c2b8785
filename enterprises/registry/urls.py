"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from enterprises.registry.views import (
    documents,
    facts,
    history,
    imports,
    listing,
    past,
    record,
    reports,
)

app_name = "registry"
urlpatterns = [
    path("enterprises/", listing.listing, name="list"),
    path("enterprises/export/", listing.export, name="export"),
    path("enterprises/new/", record.create, name="create"),
    path("enterprises/regions/", record.region_options, name="region_options"),
    path("enterprises/amount/", reports.amount, name="amount"),
    path("enterprises/<int:pk>/", record.record, name="record"),
    path("enterprises/<int:pk>/edit/", record.edit, name="edit"),
    path("enterprises/<int:pk>/reports/", reports.reports, name="reports"),
    path("enterprises/<int:pk>/reports/<int:year>/", reports.report_edit, name="report_edit"),
    path("enterprises/<int:pk>/facts/", facts.facts, name="facts"),
    path("enterprises/<int:pk>/facts/<slug:kind>/new/", facts.fact_edit, name="fact_add"),
    path("enterprises/<int:pk>/facts/<slug:kind>/<int:fact>/", facts.fact_edit, name="fact_edit"),
    path(
        "enterprises/<int:pk>/facts/<slug:kind>/<int:fact>/delete/",
        facts.fact_delete,
        name="fact_delete",
    ),
    path("enterprises/<int:pk>/documents/", documents.documents, name="documents"),
    path("enterprises/<int:pk>/documents/<int:document>/", documents.document, name="document"),
    path(
        "enterprises/<int:pk>/documents/<int:document>/proves/",
        documents.document_proves,
        name="document_proves",
    ),
    path(
        "enterprises/<int:pk>/documents/<int:document>/delete/",
        documents.document_delete,
        name="document_delete",
    ),
    path(
        "enterprises/<int:pk>/proofs/<int:proof>/delete/",
        documents.proof_delete,
        name="proof_delete",
    ),
    path("enterprises/<int:pk>/history/", history.history, name="history"),
    path("enterprises/<int:pk>/as-of/", past.as_of, name="as_of"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.upload, name="import_upload"),
    path("imports/runs/<int:pk>/", imports.run, name="import_run"),
    path("imports/<int:pk>/", imports.detail, name="import_detail"),
    path("imports/<int:pk>/remarks.csv", imports.remarks, name="import_remarks"),
    path("imports/<int:pk>/commit/", imports.commit, name="import_commit"),
    path("imports/<int:pk>/discard/", imports.discard, name="import_discard"),
]
