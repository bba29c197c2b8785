"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from enterprises.jobs import views

app_name = "jobs"
urlpatterns = [
    path("runs/", views.run_list, name="list"),
    path("runs/<int:pk>/", views.run_detail, name="detail"),
    path("runs/<int:pk>/cancel/", views.run_cancel, name="cancel"),
]
