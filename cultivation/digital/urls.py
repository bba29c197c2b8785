"""Addresses of this room (网址)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from cultivation.digital.views import coverage, enterprise

if TYPE_CHECKING:
    from django.urls import URLPattern

OF = "enterprises/<int:pk>/digital/"

app_name = "digital"
urlpatterns: list[URLPattern] = [
    path("coverage/", coverage.overview, name="coverage"),
    path("coverage/firms/", coverage.firms, name="firms"),
    path("coverage/run/", coverage.run, name="coverage_run"),
    path("coverage/sources/", coverage.sources, name="sources"),
    path(OF, enterprise.of_enterprise, name="of_enterprise"),
    path(f"{OF}assess/<slug:way>/", enterprise.assess, name="assess"),
    path(f"{OF}result/", enterprise.result, name="result"),
    path(f"{OF}assessments/<int:number>/", enterprise.assessment, name="assessment"),
    path(f"{OF}projects/new/", enterprise.project_new, name="project_new"),
    path(f"{OF}projects/<int:number>/<slug:step>/", enterprise.project_step, name="project_step"),
]
