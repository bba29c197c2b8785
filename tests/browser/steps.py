"""What officers do in a browser, used by more than one test (浏览器操作)."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext

from config.fiction import visits
from cultivation.pipeline import moves
from cultivation.pipeline.models import Application, Status

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor


def zh(text: str) -> str:
    """Return a text as the Chinese page shows it."""
    with translation.override("zh-hans"):
        return gettext(text)


def button(name: str) -> str:
    """Return what the button of a move bears on the Chinese page."""
    with translation.override("zh-hans"):
        return moves.STEPS[name].button


def decide(
    application: Application, verdict: str, first: Visitor, second: Visitor, *, reason: str = ""
) -> None:
    """Let one officer propose a decision, and a second one of the same office release it."""
    first.go(f"/review/{application.pk}/")
    first.follow(zh("Propose a decision"))
    first.fill(verdict=verdict, **({"words": reason} if reason else {}))
    first.press(zh("Propose"))
    first.reads(zh("The decision is proposed; a second officer releases it."))
    second.go("/review/decisions/pending/")
    second.reads(application.enterprise.name)
    second.go(f"/review/{application.pk}/")
    second.press(zh("Release…"))
    second.fill(count="1")
    second.press(zh("Release these decisions"))
    second.reads(zh("The release has begun."))
    wait_for(application, Status.RECOGNISED if verdict == "recognise" else Status.REFUSED)


def wait_for(application: Application, status: Status) -> None:
    """Wait until the worker has taken an application where it is to go."""
    deadline = time.monotonic() + 60
    while application.status != status:
        assert time.monotonic() < deadline, application.status
        time.sleep(0.1)
        application.refresh_from_db()


def recommend(officer: Visitor, application: Application) -> None:
    """Let an officer find the application in the queue and recommend it."""
    open_case(officer, application)
    officer.press(button("recommend"))
    officer.page.wait_for_url(re.compile(r"/review/$"))


def judge_and_put_on_notice(officer: Visitor, application: Application) -> None:
    """Let an officer judge what a person must judge, and put the case on public notice."""
    open_case(officer, application)
    opinions = officer.page.locator("#main details[open]:has(input[type='radio'])")
    for place in range(opinions.count()):
        opinions.nth(place).locator("input[value='agreed']").check()
        opinions.nth(place).locator("textarea").fill("虚构：已核对附件")
    if opinions.count():
        officer.press(zh("Keep the opinions"))
    application.refresh_from_db()
    visits.see(application)
    officer.go(f"/review/{application.pk}/")
    officer.press(button("put_on_notice"))
    wait_for(application, Status.ON_NOTICE)


def put_on_notice(officer: Visitor, application: Application) -> None:
    """Let an officer put a case on public notice, and the days pass."""
    judge_and_put_on_notice(officer, application)
    officer.go(f"/review/{application.pk}/")
    with translation.override("zh-hans"):
        assert officer.page.get_by_role("button", name=button("put_on_notice")).count() == 0
    today = dt.date.today()  # noqa: DTZ011
    Application.objects.filter(pk=application.pk, status=Status.ON_NOTICE).update(
        notice_from=today - dt.timedelta(days=9), notice_to=today - dt.timedelta(days=1)
    )
    application.refresh_from_db()


def open_case(officer: Visitor, application: Application) -> None:
    officer.go("/review/")
    officer.page.locator(f"#main a[href='/review/{application.pk}/']").first.click()
    officer.reads(application.enterprise.name)
