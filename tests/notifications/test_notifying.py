"""Telling users something, once each (通知)."""

from __future__ import annotations

import pytest

from enterprises.accounts.models import Seat, User
from enterprises.notifications import kinds
from enterprises.notifications.addressees import officers_of
from enterprises.notifications.models import Notification
from enterprises.notifications.notifying import notify
from enterprises.places.models import Region

pytestmark = pytest.mark.django_db


def test_the_same_key_is_told_once(kind: str) -> None:
    users = [User.objects.create(username=name) for name in ("a", "b")]
    assert notify(users[:1], kind, key="thing:1") == 1
    assert notify(users, kind, key="thing:1", params={"firm": "虚构"}) == 1
    assert notify(users, kind, key="thing:1") == 0
    told = Notification.objects.values_list("recipient__username", "key").order_by("pk")
    assert list(told) == [("a", "thing:1"), ("b", "thing:1")]
    assert Notification.objects.visible_to(users[0]).count() == 1


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(LookupError):
        notify([], "nothing", key="thing:1")


def test_a_kind_is_registered_once(kind: str) -> None:
    with pytest.raises(ValueError, match="test_told"):
        kinds.register(kinds.Kind("test_told", "Told", "otherwise"))


def test_officers_are_those_of_the_level_with_the_right() -> None:
    rows = (("000000", "", "nation"), ("330000", "33", "province"), ("330100", "3301", "city"))
    for code, path, level in rows:
        region = Region.objects.create(code=code, path=path, level=level, name_zh=code)
        user = User.objects.create(username=level)
        Seat.objects.create(user=user, role=level, region=region, may_decide=level != "city")
    found = {
        (level, right): [user.username for user in officers_of("330108", level, right=right)]
        for level in ("nation", "province", "city")
        for right in ("may_review", "may_decide")
    }
    assert found == {
        ("nation", "may_review"): ["nation"],
        ("nation", "may_decide"): ["nation"],
        ("province", "may_review"): ["province"],
        ("province", "may_decide"): ["province"],
        ("city", "may_review"): ["city"],
        ("city", "may_decide"): [],
    }
