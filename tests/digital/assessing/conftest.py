"""Signing in for the pages of assessments and projects (页面登录)."""

from __future__ import annotations

import pytest


@pytest.fixture
def signed_in(client, seated):
    """Give a function that signs a seat's user in, reading English, and returns the client."""

    def sign_in(role: str, **seat):
        client.force_login(seated(role, **seat))
        client.cookies["django_language"] = "en"
        return client

    return sign_in
