"""Definitions, paths and records in the admin; snapshots are read only (后台)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from cultivation.digital.definitions import check_count, revise
from cultivation.digital.models import (
    AcceptanceItem,
    AcceptanceRule,
    AssessmentDraft,
    CoverageAlert,
    CoverageDefinition,
    CoverageSnapshot,
    CubeDay,
    Forecast,
    FormerRule,
    HelpTask,
    LevelRule,
    LevelSnapshot,
    LevelThreshold,
    MaturityAssessment,
    ParkFinding,
    ParkItem,
    PilotBatch,
    PilotCity,
    ProjectStep,
    ProjectTick,
    RequiredPath,
    ServiceProvider,
    StageSnapshot,
    Target,
    TargetFigure,
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


class Unwritten:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


class ReadOnly(Unwritten, admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows written by the domain alone."""

    show_full_result_count = False
    list_per_page = 50


class Rows(Unwritten, admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to one, shown with it."""

    extra = 0


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
    exclude = ("assessor",)  # a person's name
    list_select_related = ("enterprise",)
    search_fields = ("enterprise__name", "enterprise__credit_code")


class Steps(Rows):
    model = ProjectStep


class Ticks(Rows):
    model = ProjectTick


@admin.register(TransformationProject)
class TransformationProjectAdmin(ReadOnly):
    list_display = ("enterprise", "name", "started_on", "finished_on", "accepted_on")
    list_select_related = ("enterprise",)
    search_fields = ("name", "enterprise__name")
    inlines = (Steps, Ticks)


class Items(Rows):
    model = AcceptanceItem


@admin.register(AcceptanceRule)
class AcceptanceRuleAdmin(ReadOnly):
    """Check-lists; they are loaded from seeds/acceptance_rules.toml (验收规则)."""

    list_display = ("code", "region", "name_zh", "valid_from", "valid_to", "confidence", "own")
    list_select_related = ("region",)
    inlines = (Items,)


class Thresholds(Rows):
    model = LevelThreshold


@admin.register(LevelRule)
class LevelRuleAdmin(ReadOnly):
    """Thresholds of the levels; they are issued on a page of their own (定级规则)."""

    list_display = ("index_version", "number", "in_force_from", "verified")
    inlines = (Thresholds,)


@admin.register(AssessmentDraft)
class AssessmentDraftAdmin(ReadOnly):
    """Assessments being filled in: that they are there, not what they say (评测草稿)."""

    fields = list_display = ("enterprise", "way", "version", "made_at", "updated_at")
    list_filter = ("way",)
    list_select_related = ("enterprise",)


@admin.register(ServiceProvider)
class ServiceProviderAdmin(ReadOnly):
    list_display = ("name", "credit_code", "kept_by", "nationwide", "active", "fictional")
    list_filter = ("active", "nationwide")
    list_select_related = ("kept_by",)
    search_fields = ("name", "credit_code")
    exclude = ("contact_name", "contact_phone", "contact_email")


@admin.register(FormerRule)
class FormerRuleAdmin(ReadOnly):
    list_display = ("definition", "version", "until")
    list_select_related = ("definition",)


@admin.register(CoverageAlert)
class CoverageAlertAdmin(ReadOnly):
    list_display = ("region", "tier", "kind", "definition", "opened_on", "closed_on", "firms")
    list_filter = ("kind", "tier")
    list_select_related = ("region", "definition")


@admin.register(CubeDay)
class CubeDayAdmin(ReadOnly):
    list_display = ("on", "built_at", "changed_at")


@admin.register(StageSnapshot)
class StageSnapshotAdmin(ReadOnly):
    list_display = ("on", "region", "kind", "name", "firms", "median_days")
    list_filter = ("kind",)
    list_select_related = ("region",)


@admin.register(LevelSnapshot)
class LevelSnapshotAdmin(ReadOnly):
    list_display = ("on", "region", "tier", "none", "level_0", "level_1", "level_2")
    list_filter = ("tier",)
    list_select_related = ("region",)


@admin.register(Forecast)
class ForecastAdmin(ReadOnly):
    list_display = ("made_on", "region", "tier", "definition", "method", "middle", "due", "chance")
    list_filter = ("tier", "method")
    list_select_related = ("region", "definition")


@admin.register(HelpTask)
class HelpTaskAdmin(ReadOnly):
    list_display = ("enterprise", "kind", "tier", "state", "due_on", "made_on", "closed_on")
    list_filter = ("state", "kind", "tier")
    list_select_related = ("enterprise",)
    exclude = ("note",)  # read by officers alone


@admin.register(Target)
class TargetAdmin(ReadOnly):
    list_display = ("code", "name_zh", "unit", "value", "due_on", "confidence")


@admin.register(TargetFigure)
class TargetFigureAdmin(ReadOnly):
    list_display = ("target", "region", "on", "reported", "value", "done", "total")
    list_filter = ("target", "reported")
    list_select_related = ("target", "region")


@admin.register(ParkItem)
class ParkItemAdmin(ReadOnly):
    list_display = ("code", "pillar", "text_zh", "share", "confidence")


@admin.register(ParkFinding)
class ParkFindingAdmin(ReadOnly):
    list_display = ("park", "item", "state", "value", "on", "current")
    list_filter = ("state", "current")
    list_select_related = ("park", "item")


class Cities(Rows):
    model = PilotCity


@admin.register(PilotBatch)
class PilotBatchAdmin(ReadOnly):
    list_display = ("number", "year", "cities", "term_years", "confidence")
    inlines = (Cities,)
