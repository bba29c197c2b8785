"""Signing in for the pages of assessments and projects (页面登录)."""

from __future__ import annotations

import pytest

from cultivation.digital.transforming import accepting
from enterprises.registry.models import Document


@pytest.fixture
def signed_in(client, seated):
    """Give a function that signs a seat's user in, reading English, and returns the client."""

    def sign_in(role: str, **seat):
        client.force_login(seated(role, **seat))
        client.cookies["django_language"] = "en"
        return client

    return sign_in


@pytest.fixture
def accept_all():
    """Give a function that ticks all items of a project's list that an officer ticks."""

    def ticked(project, by):
        rule = accepting.rule_for(project)
        for item in rule.items.filter(found="", required=True):
            document = paper(project.enterprise) if item.document else None
            accepting.tick(project, item, by=by, document=document)

    return ticked


def paper(enterprise):
    """Return a document of an enterprise; its file is nobody's concern here."""
    number = Document.objects.count()
    return Document.objects.create(
        enterprise=enterprise,
        name=f"paper-{number}.pdf",
        file="x.pdf",
        media_type="application/pdf",
        size=1,
        sha256=f"{number:064}",
    )
