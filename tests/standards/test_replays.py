"""Pages of replays: who sees them, what they say, how many queries they take (重演页面)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from cultivation.standards.drift import Cause, Change, Difference
from cultivation.standards.models import Replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

pytestmark = pytest.mark.django_db


@pytest.fixture
def drifted(firm: Callable[..., Enterprise]) -> Replay:
    """Give a replay in which a firm of Suzhou, one of Guangdong and a snapshot drifted."""
    firms = [firm("320500"), firm("440100")]
    change = (Change("T17-2a", "verdict", 3, 0),)
    found = [
        Difference(
            "result", 7 + n, (Cause.STORED,), one.pk, "technology_2017", "recheck", "", change
        )
        for n, one in enumerate(firms)
    ]
    found.append(Difference("snapshot", 5, (Cause.NO_SNAPSHOT,), detail="abc"))
    return Replay.objects.create(
        judgements=3, results=9, drifted=3, drift=[one.as_json() for one in found]
    )


def shown(client: Client, user: User, name: str, *args: Any) -> str:
    client.force_login(user)
    client.cookies["django_language"] = "en"
    answer = client.get(reverse(name, args=args))
    if answer.status_code != 200:
        return str(answer.status_code)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize(
    ("role", "path", "firms"),
    [("nation", "", 2), ("auditor", "", 2), ("auditor", "32", 1), ("province", "32", None),
     ("city", "3205", None), ("county", "320500", None), ("expert", "", None)],
)  # fmt: skip
def test_replays_are_for_the_nation_and_auditors(
    client: Client, user: Callable[..., User], drifted: Replay, role: str, path: str, firms: int
) -> None:
    one = user(role, path)
    listing = shown(client, one, "standards:replays")
    page = shown(client, one, "standards:replay", drifted.pk)
    if firms is None:
        assert (listing, page) == ("403", "403")
        return
    assert "not finished" in listing
    assert page.count("T17-2a verdict: met then, unmet now") == firms
    assert "snapshot 5" in page
    assert "The snapshot is no longer there (abc)" in page
    assert "Take its files from a backup, or judge the registry anew." in page
    assert ("1 more is not listed here." in page) == (firms == 1)


def test_staff_and_strangers_see_no_replay(
    client: Client, user: Callable[..., User], firm: Callable[..., Enterprise], drifted: Replay
) -> None:
    assert shown(client, user("owner", enterprise=firm()), "standards:replays") == "403"
    client.logout()
    answer = client.get(reverse("standards:replay", args=[drifted.pk]))
    assert answer.status_code == 302
    assert shown(client, user("nation"), "standards:replay", 10**9) == "404"


@pytest.mark.parametrize("number", [1, 3])
def test_list_takes_the_same_queries(
    client: Client, user: Callable[..., User], number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        Replay.objects.create(judgements=1)
    client.force_login(user("nation"))
    with django_assert_num_queries(6):
        client.get(reverse("standards:replays"))


def test_drift_stands_on_the_start_page_of_who_may_see_it(
    client: Client, user: Callable[..., User], drifted: Replay
) -> None:
    said = "3 of the last replay came out otherwise than they were kept."
    nation, province = user("nation"), user("province", "32")
    assert said not in shown(client, nation, "start")  # it has not ended
    Replay.objects.update(finished_at="2026-05-06T00:00:00Z")
    assert said in shown(client, nation, "start")
    assert said not in shown(client, province, "start")
    Replay.objects.create(judgements=3, finished_at="2026-05-07T00:00:00Z")
    assert said not in shown(client, nation, "start")
