"""The registry in the administration, to look things up; changes go through pages (后台查阅)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from enterprises.registry.models import (
    AnnualReport,
    Change,
    Document,
    Enterprise,
    StagedImport,
    Title,
)

if TYPE_CHECKING:
    from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows to read; a change here would have neither check nor history."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Enterprise)
class EnterpriseAdmin(ReadOnlyAdmin):
    list_display = ("name", "credit_code", "region", "tier", "stage", "size_class")
    list_select_related = ("region",)
    search_fields = ("name", "credit_code")
    list_filter = ("tier", "stage", "size_class")
    exclude = ("contact_name", "contact_phone", "contact_email")


@admin.register(AnnualReport)
class AnnualReportAdmin(ReadOnlyAdmin):
    list_display = ("enterprise", "year", "audited", "updated_at")
    list_select_related = ("enterprise",)
    list_filter = ("year",)
    search_fields = ("enterprise__name", "enterprise__credit_code")


@admin.register(Title)
class TitleAdmin(ReadOnlyAdmin):
    list_display = ("number", "enterprise", "tier", "granted_on", "valid_to", "end_kind")
    list_select_related = ("enterprise",)
    list_filter = ("tier", "year")
    search_fields = ("number", "enterprise__name")


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("name", "enterprise", "size", "uploaded_at")
    list_select_related = ("enterprise",)
    exclude = ("file",)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("made_at", "enterprise", "subject", "made_by", "reason")
    list_select_related = ("enterprise", "made_by")
    exclude = ("before", "after")


@admin.register(StagedImport)
class StagedImportAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "status", "made_by", "made_at")
    list_select_related = ("made_by",)
    exclude = ("file",)
