"""Definitions, paths and records in the admin; snapshots are read only (后台)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from cultivation.digital.definitions import check_count, revise
from cultivation.digital.models import (
    CoverageDefinition,
    CoverageSnapshot,
    MaturityAssessment,
    RequiredPath,
    TransformationProject,
)

if TYPE_CHECKING:
    from django.http import HttpRequest


class DefinitionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A definition whose rule must say what it counts."""

    class Meta:
        model = CoverageDefinition
        fields = (
            "code", "name_zh", "name_en", "rule_zh", "rule_en", "evidence_zh", "evidence_en",
            "used_by_zh", "used_by_en", "count", "strictness", "confidence", "headline",
        )  # fmt: skip

    def clean_count(self) -> dict[str, Any]:
        """Refuse a rule that counts nothing known."""
        count: dict[str, Any] = self.cleaned_data["count"]
        try:
            check_count(count)
        except (ValueError, AttributeError) as error:
            raise ValidationError(str(error)) from error
        return count


@admin.register(CoverageDefinition)
class CoverageDefinitionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = DefinitionForm
    list_display = ("code", "name_zh", "name_en", "version", "strictness", "confidence", "headline")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Keep the rule of before, by which past days are counted."""
        if change:
            revise(obj, obj.count)
        super().save_model(request, obj, form, change)


@admin.register(RequiredPath)
class RequiredPathAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("tier", "start_on", "start_ppm", "due_on", "due_ppm")


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows written by the domain alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(CoverageSnapshot)
class CoverageSnapshotAdmin(ReadOnly):
    list_display = ("on", "definition", "region", "tier", "total", "transformed", "not_assessed")
    list_filter = ("tier", "definition")
    list_select_related = ("definition", "region")
    search_fields = ("region__code", "region__name_zh")


@admin.register(MaturityAssessment)
class MaturityAssessmentAdmin(ReadOnly):
    list_display = ("enterprise", "index_version", "way", "level", "score", "assessed_on")
    list_filter = ("way", "index_version", "level")
    list_select_related = ("enterprise",)
    search_fields = ("enterprise__name", "enterprise__credit_code")


@admin.register(TransformationProject)
class TransformationProjectAdmin(ReadOnly):
    list_display = ("enterprise", "name", "started_on", "finished_on", "accepted_on")
    list_select_related = ("enterprise",)
    search_fields = ("name", "enterprise__name")
