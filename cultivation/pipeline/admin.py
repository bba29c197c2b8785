"""Administration: the pipeline is read here, never written (后台)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from cultivation.pipeline.models import Application, CriterionReview, Move, Reason, StageChange

if TYPE_CHECKING:
    from django.http import HttpRequest


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the domain writes."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Any = None,  # noqa: ARG002
    ) -> bool:
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Any = None,  # noqa: ARG002
    ) -> bool:
        return False


@admin.register(Application)
class ApplicationAdmin(ReadOnly):
    """Applications (申报)."""

    list_display = ("pk", "enterprise", "tier", "kind", "status", "submitted_at", "receipt")
    list_filter = ("tier", "status", "kind")
    list_select_related = ("enterprise",)
    search_fields = ("receipt", "enterprise__name", "enterprise__credit_code")


@admin.register(Move)
class MoveAdmin(ReadOnly):
    """Steps taken (流转记录)."""

    list_display = ("pk", "application", "name", "source", "target", "made_by", "made_at")
    list_filter = ("name",)
    list_select_related = ("application__enterprise", "made_by")


@admin.register(CriterionReview)
class CriterionReviewAdmin(ReadOnly):
    """Opinions on criteria (逐条审核)."""

    list_display = ("pk", "application", "level", "criterion", "opinion", "made_by", "made_at")
    list_filter = ("level", "opinion")
    list_select_related = ("application__enterprise", "made_by")


@admin.register(StageChange)
class StageChangeAdmin(ReadOnly):
    """Stage changes (培育阶段变更)."""

    list_display = ("pk", "enterprise", "stage_before", "stage_after", "tier_after", "effective_on")
    list_filter = ("stage_after", "tier_after")
    list_select_related = ("enterprise",)


@admin.register(Reason)
class ReasonAdmin(ReadOnly):
    """The library of reasons; it is loaded from seeds/reasons.toml (理由库)."""

    list_display = ("code", "text_zh", "uses", "in_use")
    list_filter = ("in_use",)
    search_fields = ("code", "text_zh", "text_en")
