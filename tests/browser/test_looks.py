"""Every main page in both languages, light and dark, wide and narrow (页面外观)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from config.fiction.people import OWNED
from cultivation.pipeline.models import Application, Status
from cultivation.standards import drafting, scenarios
from cultivation.standards.models import Draft, Edition, JudgingRun, Scenario
from enterprises.accounts.models import User
from enterprises.jobs.models import JobRun
from enterprises.jobs.runs import Progress
from enterprises.registry.models import Title

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

FIRM = OWNED["owner"]
ABOUT_A_FIRM = (
    "",
    "reports/",
    "facts/",
    "documents/",
    "standards/",
    "applications/",
    "digital/",
    "history/",
)
PAGES = {
    "": ["/accounts/login/", "/accounts/signup/"],
    "owner": [
        "/",
        *(f"/enterprises/{FIRM}/{part}" for part in ABOUT_A_FIRM),
        f"/enterprises/{FIRM}/edit/",
        f"/enterprises/{FIRM}/reports/2025/",
        f"/enterprises/{FIRM}/standards/little_giant_2026/",
        f"/enterprises/{FIRM}/digital/assess/self/",
        f"/enterprises/{FIRM}/what-if/?tier=little_giant&kind=recognition&year=2027",
        f"/enterprises/{FIRM}/plans/",
        "/seats/",
    ],
    "county": ["/", "/enterprises/", "/enterprises/new/", "/review/", "/claims/", "/imports/"],
    "province": [
        "/",
        "/enterprises/",
        "/review/",
        "/coverage/",
        "/coverage/firms/",
        "/coverage/sources/",
        "/titles/",
        "/notices/",
        "/runs/",
        "/seats/",
        "/standards/",
        "/standards/?on=2026-04-10",
        "/standards/little_giant_2026/",
        "/standards/srdi_2022/?on=2025-06-01&unit=37&kind=recognition",
        "/discovery/",
        "/discovery/invitations/",
    ],
    "nation": [
        "/",
        "/review/",
        "/coverage/",
        "/enterprises/?tier=little_giant",
        "/standards/runs/",
        "/standards/simulations/",
        "/standards/simulations/new/srdi_2026/",
        "/standards/drafts/",
    ],
    "auditor": ["/", "/readings/", "/enterprises/", "/standards/replays/"],
    "expert": ["/", "/reviews/", "/expertise/"],
    "newcomer": ["/", "/claim/"],
}
DRAFT = "little_giant_2030"
LANGUAGES = {"zh-hans": "zh-CN", "en": "en-GB"}
LOOKS = [(scheme, width) for width in (1280, 390) for scheme in ("light", "dark")]
SEEN = """() => ({
    wide: document.documentElement.scrollWidth,
    window: window.innerWidth,
    broken: [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src),
    language: document.documentElement.lang,
    headings: document.querySelectorAll("h1").length,
    text: document.body.innerText,
})"""
UNTRANSLATED = re.compile(r"%\([a-z_]+\)s|\{\{|\{%")


def _faults(page: Page, path: str, language: str) -> list[str]:
    """Return what is wrong with the page as it stands."""
    found = []
    seen = page.evaluate(SEEN)
    if seen["wide"] > seen["window"]:
        beyond = seen["wide"] - seen["window"]
        found.append(f"{path}: {beyond} pixels wider than the window of {seen['window']}")
    if seen["broken"]:
        found.append(f"{path}: broken picture")
    if seen["language"] != {"zh-hans": "zh-Hans", "en": "en"}[language]:
        found.append(f"{path}: language {seen['language']}")
    if seen["headings"] != 1:
        found.append(f"{path}: {seen['headings']} main headings")
    if UNTRANSLATED.search(seen["text"]):
        found.append(f"{path}: a placeholder shows")
    return found


def _more_pages() -> dict[str, list[str]]:
    """Return pages whose address depends on what the registry holds."""
    waiting = Application.objects.filter(status=Status.AT_PROVINCE).first()
    title = Title.objects.filter(tier="little_giant").first()
    run = JudgingRun.objects.latest("pk")
    assert waiting is not None
    assert title is not None
    draft, scenario = _law_in_the_making()
    draft_of_a_firm = Application.objects.get(enterprise=OWNED["owner2"], status=Status.DRAFT)
    return {
        "nation": [
            f"/titles/{title.pk}/",
            f"/standards/runs/{run.pk}/",
            f"/standards/drafts/{draft.pk}/",
            f"/standards/simulations/{scenario.pk}/",
            f"/standards/simulations/{scenario.pk}/firms/?list=gains",
        ],
        "admin": [
            *(f"/applications/{waiting.pk}/{part}" for part in ("", "receipt/", "print/")),
            f"/review/{waiting.pk}/",
        ],
        "owner2": [
            f"/applications/{draft_of_a_firm.pk}/form/{part}"
            for part in ("", "criteria/E26/", "criteria/S26-3/", "documents/", "check/")
        ],
    }


def _law_in_the_making() -> tuple[Draft, Scenario]:
    """Return a draft of a standard and a computed scenario of the nation."""
    if drafts := Draft.objects.filter(code=DRAFT):  # made for the other language
        return drafts.get(), Scenario.objects.latest("pk")
    edition = Edition.objects.get(code="little_giant_2026")
    nation = User.objects.get(username="nation")
    draft = drafting.begin(edition, code=DRAFT, by=nation)
    changes = [{"of": "L26-2a", "at_least": "2000"}]
    day = JudgingRun.objects.latest("pk").as_of
    said = {"name": "2000", "region_path": "", "as_of": day, "changes": changes, "note": ""}
    scenario = scenarios.create(edition, said, by=nation)
    job = JobRun.objects.create(kind=scenarios.KIND, task=scenarios.TASK)
    scenarios.compute(scenario.pk, progress=Progress(job))
    return draft, scenario


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_look_right(
    visitor: Callable[..., Visitor], registry: dict[str, str], shots: Path | None, language: str
) -> None:
    more = _more_pages()
    faults: list[str] = []
    for username in [*PAGES, *more.keys() - PAGES.keys()]:
        one = visitor(locale=LANGUAGES[language])
        if username:
            one.sign_in(username, registry[username])
        for path in PAGES.get(username, []) + more.get(username, []):
            name = f"{username or 'nobody'}{path}"
            faults += _looked_at(one, path, language, shots and shots / _file_name(name))
        one.context.close()

    assert faults == []


def _file_name(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_")


def _looked_at(one: Visitor, path: str, language: str, shot: Path | None) -> list[str]:
    """Return what is wrong with a page in any of its looks."""
    one.go(path)
    found = []
    for scheme, width in LOOKS:
        one.page.emulate_media(color_scheme=scheme)
        one.page.set_viewport_size({"width": width, "height": 900})
        found += [
            f"{language} {scheme} {width} {fault}" for fault in _faults(one.page, path, language)
        ]
        if shot:
            file = shot.with_name(f"{shot.name}-{language}-{scheme}-{width}.png")
            one.page.screenshot(path=file, full_page=True)
    return found
