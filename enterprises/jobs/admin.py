"""The administration of runs, for superusers only and read only (后台)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(JobRun)
class JobRunPage(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("pk", "kind", "status", "started_by", "created_at", "finished_at", "attempts")
    list_filter = ("status", "kind")
    list_select_related = ("started_by",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    has_delete_permission = has_change_permission
