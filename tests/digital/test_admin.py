from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from cultivation.digital import projects
from cultivation.digital.models import ServiceProvider
from enterprises.accounts.models import User
from tests.digital.conftest import assess

SETTINGS = {"coveragedefinition", "requiredpath"}  # no page of the product keeps them


@pytest.fixture
def root(client, db):
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


def test_the_admin_lists_the_rows_of_the_room_and_writes_settings_alone(root, places, rf) -> None:
    request = rf.get("/")
    request.user = User.objects.get(username="root")
    models = {one._meta.model_name: one for one in apps.get_app_config("digital").get_models()}
    site = admin.site._registry
    shown = {name: site[one] for name, one in models.items() if one in site}
    assert len(shown) >= 21
    written = {name for name, one in shown.items() if one.has_change_permission(request)}
    assert written == SETTINGS
    for name in sorted(shown):
        assert root.get(reverse(f"admin:digital_{name}_changelist")).status_code == 200, name


def test_the_admin_shows_no_personal_data(root, firm, seated, places) -> None:
    one = firm()
    row = assess(one, 2, assessor="somebody-on-site")
    provider = ServiceProvider.objects.create(
        name="服务商",
        kept_by=places["000000"],
        contact_name="somebody-there",
        contact_phone="139-0",
    )
    project = projects.register(
        one, name="改造", started_on=dt.date(2026, 1, 5), by=seated("owner", of=one),
        due={"diagnosis": None},
    )  # fmt: skip
    pages = {
        "maturityassessment": (row, "somebody-on-site"),
        "serviceprovider": (provider, "somebody-there"),
        "transformationproject": (project, 'name="steps-0-name"'),
    }
    for name, (thing, hidden) in pages.items():
        page = root.get(reverse(f"admin:digital_{name}_change", args=[thing.pk]))
        assert page.status_code == 200
        assert hidden not in page.content.decode(), name
