"""Addresses of this room (网址)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.urls import URLPattern

app_name = "registry"
urlpatterns: list[URLPattern] = []
