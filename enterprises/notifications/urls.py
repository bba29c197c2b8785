"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from enterprises.notifications.views import outbox, reading

app_name = "notifications"
urlpatterns = [
    path("notifications/", reading.listing, name="list"),
    path("notifications/read/", reading.read_all, name="read_all"),
    path("notifications/settings/", reading.settings, name="settings"),
    path("notifications/settings/address/", reading.address_again, name="address_again"),
    path("notifications/<int:pk>/", reading.open_one, name="open"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.batch, name="batch"),
    path("outbox/<int:pk>/release/", outbox.release, name="batch_release"),
    path("outbox/<int:pk>/cancel/", outbox.cancel, name="batch_cancel"),
    path("outbox/mails/", outbox.mails, name="mails"),
    path("outbox/mails/<int:pk>/again/", outbox.again, name="again"),
]
