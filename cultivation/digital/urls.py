"""Addresses of this room (网址)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from cultivation.digital.views import (
    alerts,
    cities,
    coverage,
    dashboard,
    enterprise,
    parks,
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
    path(OF, enterprise.of_enterprise, name="of_enterprise"),
    path(f"{OF}assess/<slug:way>/", enterprise.assess, name="assess"),
    path(f"{OF}result/", enterprise.result, name="result"),
    path(f"{OF}assessments/<int:number>/", enterprise.assessment, name="assessment"),
    path(f"{OF}projects/new/", enterprise.project_new, name="project_new"),
    path(f"{OF}projects/<int:number>/<slug:step>/", enterprise.project_step, name="project_step"),
]
