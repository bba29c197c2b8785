"""Officers who help, and firms that lack something (帮扶测试)."""

from __future__ import annotations

import pytest

from cultivation.digital.helping import tasks
from cultivation.digital.models import CoverageDefinition
from tests.digital.conftest import TODAY


@pytest.fixture
def named(firm):
    """Give a function that makes a firm of a name."""

    def make(name: str, code: str = "440106"):
        made = firm(code)
        made.name = name
        made.save(update_fields=["name"])
        return made

    return make


@pytest.fixture
def definition(places) -> CoverageDefinition:
    return CoverageDefinition.objects.get(code="L2_ONSITE")


@pytest.fixture
def county(seated):
    return seated("county", code="440106")


@pytest.fixture
def give(definition, county):
    """Give a function that makes one task for a firm."""

    def make(firm, kind="on_site", *, owner=None, due_on=TODAY, note="", by=None):
        aim = tasks.Aim("little_giant", definition)
        wish = tasks.Wish(owner or county, due_on, note)
        made, _before = tasks.give({firm.pk: kind}, aim=aim, wish=wish, by=by or county)
        return made[0] if made else None

    return make


@pytest.fixture
def signed_in(client, seated):
    """Give a function that signs a seat's user in and returns the client."""

    def sign_in(role: str, language: str = "en", **seat):
        client.force_login(seated(role, **seat))
        client.cookies["django_language"] = language
        return client

    return sign_in
