"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from cultivation.standards import views

app_name = "standards"
urlpatterns = [
    path("standards/", views.editions, name="editions"),
    path("standards/judge/", views.judge, name="judge"),
    path("standards/<slug:code>/", views.edition, name="edition"),
    path("enterprises/<int:pk>/standards/", views.of_enterprise, name="of_enterprise"),
    path(
        "enterprises/<int:pk>/standards/<slug:code>/",
        views.explanation,
        name="explanation",
    ),
]
