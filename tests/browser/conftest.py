"""A real browser against a real web server and a real worker (浏览器测试环境)."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf.global_settings import PASSWORD_HASHERS
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

from config import fiction
from config.services import free_port
from enterprises.registry.models import Enterprise
from tests.conftest import WORKER, end, launch, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page
    from pytest_django import DjangoDbBlocker

    from enterprises.accounts.models import User

# Playwright keeps an event loop in this thread; the tests look into the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
COOKIES: dict[tuple[str, str], list[Any]] = {}  # of who signed in, by site and username
FIRMS = 64  # of the fictional registry: the demo's own firms are among the first 61


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the machine's own Chromium; none is downloaded."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine; name one in CHROMIUM")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Open the database that the servers see too, and leave in it what the test wrote."""
    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture
def registry(transactional_db: None) -> dict[str, str]:
    """Fill the database with reference data and fictional firms; give passwords by username.

    They are filled in once a process, and what tests change stays: let a test make its own firm.
    """
    if not Enterprise.objects.filter(fictional=True).exists():
        with override_settings(PASSWORD_HASHERS=PASSWORD_HASHERS):
            call_command("flush", verbosity=0, interactive=False)
            call_command("load_seeds", verbosity=0, stdout=io.StringIO())
            fiction.build(FIRMS)
    return {username: password for _label, username, password in fiction.signins()}


@pytest.fixture(scope="session")
def site(
    django_db_setup: None, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run gunicorn and a worker on the test database and give the address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    logs = tmp_path_factory.mktemp("site")
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    gunicorn += ["--workers=1", "--threads=4"]
    worker = launch(WORKER, logs / "worker.log", valkey_url)
    web = launch(gunicorn, logs / "web.log", valkey_url)
    try:
        wait_until(lambda: _answers(f"{address}/accounts/login/"), web, logs / "web.log")
        yield address
    finally:
        end(web)
        end(worker)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return True
    except OSError:
        return False


@dataclass
class Visitor:
    """Somebody with a browser of their own, who notes whatever goes wrong in it (访问者)."""

    context: BrowserContext
    page: Page
    site: str
    trouble: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open an address of the site; anything but success is trouble."""
        answer = self.page.goto(self.site + path)
        if answer is None or not answer.ok:
            self.trouble.append(f"{path}: {answer.status if answer else 'no answer'}")

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the first button of a name in the content of the page."""
        self._click("button", name)

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the first link of a name in the content of the page."""
        self._click("link", name)

    def _click(self, role: Any, name: str | re.Pattern[str]) -> None:
        from playwright.sync_api import TimeoutError as NotSeenError  # not on a bare machine

        found = self.page.locator("#main").get_by_role(role, name=name).first
        try:
            found.wait_for(state="visible")
        except NotSeenError:
            pytest.fail(f"no {role} {name!r} on {self.page.url}:\n{self.text()}")
        found.click()
        self.page.wait_for_load_state()

    def text(self) -> str:
        """Return the text of the content of the page."""
        return self.page.locator("#main").inner_text()

    def fill(self, **values: Any) -> None:
        """Fill the fields of a form by name: texts, choices by value or by a part of the label."""
        for name, value in values.items():
            box = self.page.locator(f"#main [name='{name}']").first
            kind = box.evaluate("e => e.tagName + ':' + (e.type || '')")
            if kind.startswith("SELECT"):
                box.select_option(_choice(box, value))
            elif kind.endswith(":checkbox"):
                box.set_checked(bool(value))
            elif kind.endswith(":radio"):
                self.page.locator(f"#main [name='{name}'][value='{value}']").check()
            else:
                box.fill(str(value))

    def reads(self, text: str) -> None:
        """Fail where a text is not on the page."""
        from playwright.sync_api import TimeoutError as NotSeenError  # not on a bare machine

        found = self.page.locator("#main").get_by_text(text).first
        try:
            found.wait_for(state="visible")
        except NotSeenError:
            pytest.fail(f"{text!r} is not on {self.page.url}:\n{self.text()}")

    def sign_in(self, username: str, password: str) -> None:
        """Sign in by the page; whoever did so before comes with the cookie of then."""
        self.context.add_cookies(COOKIES.get((self.site, username), []))
        self.go("/accounts/login/")
        if "/accounts/login" in self.page.url:
            self._sign_in_by_the_page(username, password)

    def come_in(self, user: User) -> None:
        """Come with a session of one's own, without the page of the sign-in."""
        client = Client()
        client.force_login(user)
        kept = client.cookies["sessionid"].value
        self.context.add_cookies([{"name": "sessionid", "value": kept, "url": self.site}])
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _sign_in_by_the_page(self, username: str, password: str) -> None:
        self.fill(login=username, password=password)
        self.press(re.compile("登录|Sign in"))
        assert "/accounts/login" not in self.page.url, self.text()
        cookies = self.context.cookies()
        COOKIES[self.site, username] = [one for one in cookies if one["name"] == "sessionid"]


def _choice(box: Locator, wanted: str | re.Pattern[str]) -> str:
    """Return the value of the option wanted, by itself or by a pattern of what it reads."""
    if isinstance(wanted, str):
        return wanted
    options = box.locator("option").filter(has_text=wanted)
    assert options.count() == 1, f"{options.count()} options read {wanted.pattern}"
    return options.first.get_attribute("value") or ""


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Callable[..., Visitor]]:
    """Give a function that opens a browser window for somebody; all must end without trouble."""
    visitors: list[Visitor] = []

    def open_window(**options: Any) -> Visitor:
        context = browser.new_context(**{"locale": "zh-CN", **options})
        context.set_default_timeout(30_000)
        page = context.new_page()
        one = Visitor(context, page, site)
        page.on("pageerror", lambda error: one.trouble.append(f"script: {error}"))
        page.on("console", lambda said: _listen(one, said.type, said.text))
        page.on("requestfailed", lambda asked: _lost(one, asked.url, asked.failure))
        page.on("response", lambda got: _answered(one, got.url, got.status))
        visitors.append(one)
        return one

    yield open_window
    for one in visitors:
        one.context.close()
    assert [said for one in visitors for said in one.trouble] == []


def _listen(visitor: Visitor, kind: str, text: str) -> None:
    if kind in {"error", "warning"} and "status of 4" not in text:
        visitor.trouble.append(f"{visitor.page.url} console {kind}: {text}")


def _lost(visitor: Visitor, url: str, failure: str | None) -> None:
    if "ERR_ABORTED" not in (failure or ""):
        visitor.trouble.append(f"lost: {url} {failure}")


def _answered(visitor: Visitor, url: str, status: int) -> None:
    if status >= 500 or (status >= 400 and "/static/" in url):
        visitor.trouble.append(f"{url}: {status}")


@pytest.fixture
def shots() -> Path | None:
    """Give the folder for screenshots, if SHOTS names one."""
    named = os.environ.get("SHOTS")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
