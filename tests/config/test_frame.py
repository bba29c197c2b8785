"""The frame of every page: policy, language, theme, navigation, pages of errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from config.templatetags import tracker
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATES = {
    path: path.read_text(encoding="utf-8")
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html"))
}


@pytest.fixture
def sitting(db: None) -> Callable[[str], Client]:
    """Give a function that signs somebody in with one seat, or without any."""

    def sit(role: str) -> Client:
        nation, _new = Region.objects.get_or_create(
            code="000000", defaults={"path": "", "level": "nation", "name_zh": "全国"}
        )
        user = User.objects.create_user(role)
        if role == "expert":
            Seat.objects.create(user=user, role=role)
        elif role != "newcomer":
            Seat.objects.create(user=user, role=role, region=nation)
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sit


def test_every_page_carries_the_strict_policy(db: None) -> None:
    policy = Client().get(reverse("account_login"))["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


FORBIDDEN = (
    r"\sstyle\s*=",
    r"\son[a-z]+\s*=\s*[\"']",
    r"<script(?![^>]*\bsrc=)",
    r"https?://(?!www\.w3\.org/2000/svg\")",
)


def test_templates_hold_nothing_that_the_policy_forbids() -> None:
    found = [
        (path.name, hit)
        for path, text in TEMPLATES.items()
        for pattern in FORBIDDEN
        for hit in re.findall(pattern, text)
    ]
    assert found == []


def test_templates_keep_their_comments_to_themselves() -> None:
    """A one-line comment that runs over two lines would be shown to everybody."""
    found = [
        (path.name, line)
        for path, text in TEMPLATES.items()
        for line in text.splitlines()
        if line.count("{#") != line.count("#}")
    ]
    assert found == []


def test_every_posting_form_carries_a_token() -> None:
    forms = [
        (path.name, form)
        for path, text in TEMPLATES.items()
        for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL)
        if re.search(r'method="post"|hx-post', form)
    ]
    assert len(forms) > 10
    assert [name for name, form in forms if "csrf" not in form] == []


def test_language_follows_the_switch(db: None) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    assert '<html lang="zh-Hans"' in client.get(reverse("account_login")).text
    answer = client.post(reverse("set_language"), {"language": "en", "next": "/accounts/login/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert '<html lang="en"' in client.get(reverse("account_login")).text


@pytest.mark.parametrize(
    ("cookie", "shown"), [("dark", ' data-theme="dark"'), ('"><script>', ""), ("", "")]
)
def test_theme_is_taken_from_the_cookie_and_nothing_else_is(
    cookie: str, shown: str, db: None
) -> None:
    client = Client(headers={"accept-language": "en"})
    client.cookies["theme"] = cookie
    text = client.get(reverse("account_login")).text
    assert f'<html lang="en"{shown}>' in text


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (
            "nation",
            [
                "Start", "Enterprises", "Review", "Rounds", "Discovery", "Titles", "Coverage",
                "Standards", "Notices", "Imports", "Runs", "Claims", "Seats",
            ],
        ),
        (
            "auditor",
            [
                "Start", "Enterprises", "Review", "Rounds", "Titles", "Coverage", "Standards",
                "Notices", "Runs", "Audit log",
            ],
        ),
        ("expert", ["Start", "My reviews", "My expert profile", "Standards", "Notices"]),
        ("newcomer", ["Start", "Standards", "Notices", "Claim an enterprise"]),
    ],
)  # fmt: skip
def test_navigation_is_what_a_role_has_a_use_for_and_leads_somewhere(
    role: str, names: list[str], sitting: Callable[[str], Client]
) -> None:
    client = sitting(role)
    navigation = client.get("/").context["navigation"]
    assert [item.label for item in navigation] == names
    assert [item.current for item in navigation] == [True] + [False] * (len(names) - 1)
    assert [client.get(item.url).status_code for item in navigation] == [200] * len(names)


def test_unknown_address_is_told_in_the_frame(sitting: Callable[[str], Client]) -> None:
    response = sitting("newcomer").get("/nothing/here/")
    assert response.status_code == 404
    assert "Page not found" in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_without_a_request_speak_both_languages(name: str) -> None:
    text = render_to_string(name)
    assert 'lang="en"' in text
    assert "返回首页" in text


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (0, "0.00 元", "CNY 0.00"),
        (99, "0.99 元", "CNY 0.99"),
        (999_999, "9,999.99 元", "CNY 9,999.99"),
        (1_000_000, "1.00 万元", "CNY 10,000.00"),
        (1_234_500, "1.23 万元", "CNY 12,345.00"),
        (1_235_000, "1.24 万元", "CNY 12,350.00"),
        (10_000_000_000, "1.00 亿元", "CNY 100.00 million"),
        (-250_000_000, "-250.00 万元", "CNY -2.50 million"),
        (100_000_000_000, "10.00 亿元", "CNY 1.00 billion"),
    ],
)
def test_money_is_written_as_readers_count(fen: int, zh: str, en: str) -> None:
    with translation.override("zh-hans"):
        assert tracker.money(fen) == zh
    with translation.override("en"):
        assert tracker.money(fen) == en


def test_a_missing_figure_is_a_dash_and_nought_is_nought() -> None:
    with translation.override("en"):
        for write in (tracker.money, tracker.yuan, tracker.percent, tracker.score, tracker.number):
            assert "—" in write(None)
            assert "—" not in write(0)
        assert (tracker.stated(False), tracker.stated(True), tracker.stated(0)) == (
            "No",
            "Yes",
            "0",
        )


def test_shares_are_rounded_half_up_in_whole_numbers() -> None:
    assert tracker.percent(155_050) == "15.51%"
    assert tracker.percent(154_949) == "15.49%"
    assert tracker.score(8_550) == "85.50"
    assert tracker.share(1, 3) == "33.3%"
    assert tracker.width(2, 3) == "66.667"
    assert tracker.width(1, 0) == "0"


def test_verdicts_have_a_word_and_a_colour() -> None:
    with translation.override("en"):
        shown = [(tracker.verdict_label(v), tracker.tone(v)) for v in range(4)]
    assert shown == [("unmet", "bad"), ("unknown", "warn"), ("by hand", "manual"), ("met", "good")]
