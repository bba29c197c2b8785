"""Addresses of all rooms (网址)."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from config.start import start

admin.site.site_header = _("Little-giant cultivation tracker")
admin.site.site_title = _("Little-giant cultivation tracker")
admin.site.index_title = _("Administration")

urlpatterns = [
    path("", start, name="start"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("enterprises.jobs.urls")),
    path("", include("enterprises.accounts.urls")),
    path("", include("enterprises.registry.urls")),
    path("", include("enterprises.notifications.urls")),
    path("", include("cultivation.standards.urls")),
    path("", include("cultivation.pipeline.urls")),
    path("", include("cultivation.digital.urls")),
]
