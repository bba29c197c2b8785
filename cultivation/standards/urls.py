"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from cultivation.standards.views import editions, runs

app_name = "standards"
urlpatterns = [
    path("standards/", editions.editions, name="editions"),
    path("standards/judge/", runs.judge, name="judge"),
    path("standards/<slug:code>/", editions.edition, name="edition"),
    path("enterprises/<int:pk>/standards/", editions.of_enterprise, name="of_enterprise"),
    path(
        "enterprises/<int:pk>/standards/<slug:code>/",
        editions.explanation,
        name="explanation",
    ),
]
