"""The administration of users, seats and claims, for superusers only (后台)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from enterprises.accounts.models import Claim, PersonalDataReading, Seat, SeatChange, User

if TYPE_CHECKING:
    from django.http import HttpRequest

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class SuperusersOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Deny everything to whoever is no superuser."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return self.has_module_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission


class ReadOnly(SuperusersOnly):
    """A log: read, never written by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    has_delete_permission = has_change_permission


@admin.register(User)
class UserPage(SuperusersOnly, UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "display_name", "is_active", "is_superuser", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("display_name", "email", "phone")}),
        (_("Status"), {"fields": ("is_active", "is_staff", "is_superuser", "last_login")}),
    )
    readonly_fields = ("last_login",)
    filter_horizontal = ()


@admin.register(Seat)
class SeatPage(ReadOnly):
    list_display = ("user", "role", "region", "enterprise", "active", "granted_by", "granted_at")
    list_filter = ("role", "active")
    list_select_related = ("user", "region", "enterprise", "granted_by")
    search_fields = ("user__username",)


@admin.register(SeatChange)
class SeatChangePage(ReadOnly):
    list_display = ("seat", "action", "reason", "made_by", "made_at")
    list_select_related = ("seat__user", "made_by")


@admin.register(Claim)
class ClaimPage(ReadOnly):
    list_display = ("user", "enterprise", "status", "decided_by", "created_at")
    list_filter = ("status",)
    list_select_related = ("user", "enterprise", "decided_by")


@admin.register(PersonalDataReading)
class ReadingPage(ReadOnly):
    list_display = ("user", "enterprise", "fields", "purpose", "read_at")
    list_select_related = ("user", "enterprise")
