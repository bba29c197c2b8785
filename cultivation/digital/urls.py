"""Addresses of this room (网址)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from cultivation.digital.views import (
    alerts,
    assessing,
    assessing_saves,
    cities,
    coverage,
    dashboard,
    enterprise,
    forecast,
    help_tasks,
    helping,
    level_rules,
    parks,
    project_lists,
    projects,
    targets,
)

if TYPE_CHECKING:
    from django.urls import URLPattern

OF = "enterprises/<int:pk>/digital/"

app_name = "digital"
urlpatterns: list[URLPattern] = [
    path("coverage/", coverage.overview, name="coverage"),
    path("coverage/alerts/", alerts.alerts, name="alerts"),
    path("coverage/alerts/<int:pk>/", alerts.acknowledge, name="alert_acknowledge"),
    path("coverage/firms/", coverage.firms, name="firms"),
    path("coverage/run/", coverage.run, name="coverage_run"),
    path("coverage/forecast/", forecast.forecast, name="forecast"),
    path("coverage/forecast/export/", forecast.export, name="forecast_export"),
    path("coverage/forecast/run/", forecast.run, name="forecast_run"),
    path("coverage/help/", helping.next_firms, name="help"),
    path("coverage/help/export/", helping.export, name="help_export"),
    path("coverage/tasks/", help_tasks.tasks_list, name="help_tasks"),
    path("coverage/tasks/give/", help_tasks.give, name="help_give"),
    path("coverage/tasks/export/", help_tasks.export, name="help_tasks_export"),
    path("coverage/tasks/<int:pk>/", help_tasks.task, name="help_task"),
    path("coverage/tasks/<int:pk>/close/", help_tasks.close, name="help_close"),
    path("coverage/sources/", coverage.sources, name="sources"),
    path("coverage/dashboard/", dashboard.dashboard, name="dashboard"),
    path("coverage/dashboard/export/", dashboard.export, name="dashboard_export"),
    path("coverage/targets/", targets.targets, name="targets"),
    path("coverage/targets/<slug:code>/", targets.target, name="target"),
    path("coverage/targets/<slug:code>/firms/", targets.firms, name="target_firms"),
    path("coverage/parks/", parks.park_list, name="parks"),
    path("coverage/parks/export/", parks.park_export, name="parks_export"),
    path("coverage/parks/<int:pk>/", parks.park, name="park"),
    path("coverage/parks/<int:pk>/firms/", parks.park_firms, name="park_firms"),
    path("coverage/parks/<int:pk>/<str:code>/", parks.park_find, name="park_find"),
    path("coverage/cities/", cities.city_list, name="cities"),
    path("coverage/cities/<int:pk>/", cities.city, name="city"),
    path("coverage/cities/<int:pk>/firms/", cities.city_firms, name="city_firms"),
    path("coverage/level-rules/", level_rules.level_rules, name="level_rules"),
    path("coverage/projects/", project_lists.projects, name="projects"),
    path("coverage/projects/export/", project_lists.export, name="projects_export"),
    path("coverage/providers/", project_lists.provider_list, name="providers"),
    path("coverage/providers/new/", project_lists.provider_new, name="provider_new"),
    path("coverage/providers/<int:number>/", project_lists.provider_edit, name="provider_edit"),
    path(OF, enterprise.of_enterprise, name="of_enterprise"),
    path(f"{OF}assess/<slug:way>/", assessing.draft, name="assess"),
    path(f"{OF}assess/<slug:way>/save/", assessing_saves.save, name="draft_save"),
    path(f"{OF}assess/<slug:way>/here/", assessing_saves.here, name="draft_here"),
    path(f"{OF}assess/<slug:way>/check/", assessing.check, name="draft_check"),
    path(f"{OF}assess/<slug:way>/<slug:key>/", assessing.step, name="draft_step"),
    path(f"{OF}compare/", enterprise.compare, name="compare"),
    path(f"{OF}result/", enterprise.result, name="result"),
    path(f"{OF}assessments/<int:number>/", enterprise.assessment, name="assessment"),
    path(f"{OF}projects/new/", projects.new, name="project_new"),
    path(f"{OF}projects/<int:number>/", projects.project, name="project"),
    path(f"{OF}projects/<int:number>/edit/", projects.edit, name="project_edit"),
    path(f"{OF}projects/<int:number>/milestone/", projects.milestone, name="project_milestone"),
    path(f"{OF}projects/<int:number>/items/<int:item>/", projects.tick, name="project_tick"),
    path(
        f"{OF}projects/<int:number>/parts/<int:part>/<slug:do>/", projects.part, name="project_part"
    ),
    path(f"{OF}projects/<int:number>/<slug:step>/", projects.step, name="project_step"),
]
