"""The administration's site: whatever is changed there is in the audit log (后台留痕)."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib import admin

from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model
    from django.http import HttpRequest


class Noted:
    """Pages of the administration that write down who changed what; values are not kept."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Write down that a row was added."""
        _note(request, "added", obj, message)
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Write down which fields of a row were changed."""
        _note(request, "changed", obj, message)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        """Write down which rows are about to be deleted."""
        for obj in queryset:
            _note(request, "deleted", obj, [])
        return super().log_deletions(request, queryset)  # type: ignore[misc]


class Site(admin.AdminSite):
    """The one site of the administration (后台站点)."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register pages, all of which write down what is changed."""
        pages = admin_class or admin.ModelAdmin
        noted = type(pages.__name__, (Noted, pages), {"__module__": pages.__module__})
        super().register(model_or_iterable, noted, **options)


def _note(request: HttpRequest, action: str, obj: Model, message: Any) -> None:
    recording.note(
        f"admin.{action}",
        obj,
        by=request.user,  # type: ignore[arg-type]
        after={"changes": _fields(message)},
    )


def _fields(message: Any) -> list[Any]:
    """Return which fields a message of the administration names."""
    found = message
    with suppress(TypeError, ValueError):
        found = json.loads(message)
    return found if isinstance(found, list) else [str(found)]
