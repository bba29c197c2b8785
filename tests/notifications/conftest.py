"""A kind to tell, somebody to tell it to, and a mail server (测试数据)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from enterprises.accounts.models import Seat, User
from enterprises.notifications import kinds
from enterprises.places.models import Region
from tests.notifications.mail_server import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import SettingsWrapper

    from tests.notifications.mail_server import MailServer

PLACES = (("000000", "", "nation"), ("330000", "33", "province"), ("320000", "32", "province"))


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def kind() -> Iterator[str]:
    """Give a kind of notification for the test alone."""
    kinds.register(kinds.Kind("test_told", "Told", "%(firm)s was told"))
    yield "test_told"
    del kinds.KINDS["test_told"]


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Give a function that makes somebody, with a mail address of that name."""

    def make(name: str, **more: Any) -> User:
        given = {"email": f"{name}@example.org"} | more
        return User.objects.create(username=name, **given)

    return make


@pytest.fixture
def officers(person: Callable[..., User]) -> dict[str, User]:
    """Give officers of the nation and two provinces, a reviewer without decisions, an auditor."""
    found = {}
    for code, path, level in PLACES:
        region = Region.objects.create(
            code=code, path=path, level=level, name_zh=code, is_unit=level == "province"
        )
        name = path or "nation"
        found[name] = person(name)
        Seat.objects.create(user=found[name], role=level, region=region)
    found["clerk"] = person("clerk")
    zhejiang = Region.objects.get(path="33")
    Seat.objects.create(user=found["clerk"], role="province", region=zhejiang, may_decide=False)
    found["auditor"] = person("auditor")
    Seat.objects.create(user=found["auditor"], role="auditor", region=zhejiang)
    return found


@pytest.fixture
def server(settings: SettingsWrapper) -> Iterator[MailServer]:
    """Run a mail server and send mails to it."""
    with running() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_TIMEOUT = 5
        yield found
