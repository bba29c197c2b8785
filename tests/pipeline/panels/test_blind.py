"""Blind review: nothing that an expert can open, post or guess tells the firm (盲审)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver

from cultivation.pipeline.models import CaseDocument, PanelPhase, PanelTask
from cultivation.pipeline.panels import blinding, evidence
from enterprises.notifications.models import Notification
from enterprises.registry.models import Document, NameRecord

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from .conftest import Bench

pytestmark = pytest.mark.django_db
PLACES = ("昆山", "苏州", "滨江", "余杭", "杭州", "海曙", "宁波", "江苏", "浙江")
NOT_FOLLOWED = ("/static/", "/accounts/", "/i18n/", "/admin/")


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def with_documents(bench: Bench) -> None:
    """Let each application bring a document whose name and path say the firm."""
    for application in bench.applications:
        firm = application.enterprise
        document = Document.objects.create(
            enterprise=firm, name=f"{firm.name}审计报告.pdf", media_type="application/pdf",
            size=8, sha256=f"{firm.pk:064d}",
            file=ContentFile(b"%PDF-1.7 neutral", name=f"{firm.credit_code}.pdf"),
        )  # fmt: skip
        application.documents.add(document)


def secrets(bench: Bench) -> set[str]:
    """Return all words that name one of the firms."""
    found: set[str] = set()
    for name, firm in bench.firms.items():
        found |= {
            name, name[:4], name[2:4], firm.credit_code, firm.credit_code[8:], firm.address,
            firm.contact_name, firm.contact_phone, firm.contact_email,
        }  # fmt: skip
    found -= {"昆山", "杭州", "滨江", "余杭", "海曙"}
    return found | {one.receipt for one in bench.applications}


def said(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return (
        body.decode("utf-8", "replace") + "\n" + "\n".join(f"{k}: {v}" for k, v in answer.items())
    )


def crawl(client: Client, *starts: str) -> dict[str, str]:
    """Open every page that links lead to, and return what each said, headers and all."""
    seen: dict[str, str] = {}
    queue = list(starts)
    for path in queue:
        if path in seen or path.startswith(NOT_FOLLOWED) or len(seen) > 200:
            continue
        answer = client.get(path)
        seen[path] = said(answer)
        for link in re.findall(r'(?:href|action|src)="([^"#]+)"', seen[path]):
            target = urlsplit(urljoin(path, link.replace("&amp;", "&")))
            if not target.netloc:
                queue.append(target.path + (f"?{target.query}" if target.query else ""))
    return seen


def leaks(pages: dict[str, str], words: set[str]) -> list[tuple[str, str]]:
    return [(path, word) for path, text in pages.items() for word in sorted(words) if word in text]


@pytest.mark.parametrize("kind", ["declare", "score", "discuss"])
def test_nothing_an_expert_can_open_tells_the_firm(client: Client, bench: Bench, kind: str) -> None:
    with_documents(bench)
    bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    mine = bench.tasks_of(who)
    for row in CaseDocument.objects.all():
        evidence.release(row, "shown", by=bench.user("nation"))
    for task in PanelTask.objects.exclude(pk=mine[0].pk):
        bench.score(task)
    bench.at(kind)
    client.force_login(bench.user(who))
    for language in ("zh-hans", "en"):
        client.cookies["django_language"] = language
        pages = crawl(client, "/", "/reviews/", "/draws/", "/expertise/", "/review/")
        assert {f"/reviews/{one.token}/" for one in mine} <= pages.keys()
        assert leaks(pages, secrets(bench)) == []
        cases = {path: text for path, text in pages.items() if path.startswith("/reviews/")}
        assert leaks(cases, set(PLACES)) == []
        assert "▇▇" in cases[f"/reviews/{mine[0].token}/"]
    documents = [path for path in pages if "/documents/" in path]
    assert len(documents) == len(mine) - 1  # the first is not declared yet
    for path in documents:
        assert 'filename="document-1.pdf"' in pages[path]
        assert "%PDF-1.7 neutral" in pages[path]


def test_searching_finds_the_same_for_a_firm_and_for_nobody(client: Client, bench: Bench) -> None:
    bench.drawn()
    bench.at("score")
    client.force_login(bench.user(bench.seated()[0]))
    code = next(iter(bench.firms.values())).credit_code
    for path in ("/review/?show=all&q=", "/notices/?q=", "/reviews/?q=", "/titles/?q="):
        pages = {
            re.sub(r'nonce="[^"]+"|csrf\w*["\w: =-]+value="\w+"|"X-CSRFToken": "\w+"', "", text)
            for word in ("晶衡", "无此企业", code)
            for text in [client.get(path + word).content.decode().replace(word, "")]
        }
        bare = {re.sub(r"%[0-9A-F]{2}", "", text) for text in pages}
        assert len(bare) == 1, path


def test_the_firm_is_told_where_the_phase_shows_it(client: Client, bench: Bench) -> None:
    bench.drawn()
    PanelPhase.objects.filter(kind="score").update(hide_firm=False)
    bench.at("score")
    who = bench.seated()[0]
    (task, *_rest) = bench.tasks_of(who)
    client.force_login(bench.user(who))
    page = client.get(f"/reviews/{task.token}/").content.decode()
    firm = task.case.application.enterprise
    assert (firm.name in page, firm.credit_code in page, "▇▇" in page) == (True, True, False)


def named_paths(patterns: list[Any], before: str = "") -> list[str]:
    found = []
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            if not route.startswith(("admin", "accounts/", "i18n")):
                found += named_paths(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            found.append(route)
    return found


def test_no_address_that_an_expert_guesses_tells_the_firm(client: Client, bench: Bench) -> None:
    """Every address of the system, with the numbers of firms, applications, panels and cases."""
    with_documents(bench)
    panel = bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    other = PanelTask.objects.exclude(member__profile__user=bench.user(who)).first()
    assert other is not None
    application = other.case.application
    client.force_login(bench.user(who))
    words = secrets(bench)
    tried = 0
    for route in named_paths(get_resolver().url_patterns):
        for number in {application.pk, application.enterprise_id, panel.pk, 1}:
            path = "/" + re.sub(r"<int:\w+>", str(number), route)
            for token in (other.token, other.case.token, panel.token):
                tried += 1
                filled = re.sub(r"<(?:slug|str):\w+>", token, path)
                answer = client.get(filled)
                assert answer.status_code in {200, 302, 400, 403, 404, 405, 429}, filled
                assert leaks({filled: said(answer)}, words) == []
                if "<slug" not in path and "<str" not in path:
                    break
    assert tried > 200


def test_an_expert_posts_to_no_case_but_his_own(client: Client, bench: Bench) -> None:
    bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    task = PanelTask.objects.exclude(member__profile__user=bench.user(who)).first()
    assert task is not None
    client.force_login(bench.user(who))
    for end in ("", "declare/", "abstain/", "remark/"):
        answer = client.post(f"/reviews/{task.token}/{end}", {"version": 1, "reason": "x"})
        assert answer.status_code == 404
    task.refresh_from_db()
    assert (task.state, task.version) == ("open", 1)


def test_own_cases_are_there_only_while_a_phase_is_open(client: Client, bench: Bench) -> None:
    panel = bench.drawn()
    who = bench.seated()[0]
    client.force_login(bench.user(who))
    bench.at("score")
    path = f"/reviews/{bench.tasks_of(who)[0].token}/"
    assert client.get(path).status_code == 200
    phases = list(panel.phases.order_by("opens_at"))
    bench.clock.move_to(phases[0].opens_at)
    assert client.get(path).status_code == 200
    bench.clock.shift(-1)
    assert client.get(path).status_code == 404
    bench.clock.move_to(phases[-1].closes_at)
    assert client.get(path).status_code == 404
    bench.at("score")
    task = bench.tasks_of(who)[0]
    task.case.application.status = "withdrawn"
    task.case.application.save()
    assert client.get(path).status_code == 404


def test_withheld_documents_stay_closed_and_redacted_copies_go_out(
    client: Client, bench: Bench
) -> None:
    with_documents(bench)
    bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    task = bench.tasks_of(who)[0]
    path = f"/reviews/{task.token}/documents/1/"
    client.force_login(bench.user(who))
    assert client.get(path).status_code == 403  # nothing was declared yet
    task = bench.clear(task)
    assert client.get(path).status_code == 404
    row = CaseDocument.objects.get(case=task.case)
    copy = ContentFile(b"%PDF-1.7 black", name="copy of 晶衡.pdf")
    evidence.release(row, "redacted", by=bench.user("nation"), copy=copy)
    answer = client.get(path)
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 black"
    assert answer["Content-Disposition"] == 'attachment; filename="document-1.pdf"'
    evidence.release(row, "withheld", by=bench.user("nation"))
    assert client.get(path).status_code == 404


def test_notices_to_experts_name_no_firm(bench: Bench) -> None:
    bench.drawn()
    rows = Notification.objects.filter(kind="panel_drawn")
    assert rows.count() == 8
    for row in rows:
        assert (row.url, row.params, row.enterprise_id) == (
            "/reviews/", {"panel": "第一组"}, None,
        )  # fmt: skip


def test_others_are_numbered_and_shown_as_the_phase_says(client: Client, bench: Bench) -> None:
    bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    mine = bench.tasks_of(who)[0]
    for task in mine.case.tasks.exclude(pk=mine.pk):
        bench.score(task, 9, 9, 7)
    names = {t.member.profile.user.username for t in mine.case.tasks.exclude(pk=mine.pk)}
    mine = bench.clear(mine)
    client.force_login(bench.user(who))
    client.cookies["django_language"] = "en"

    def shown() -> tuple[bool, bool, bool]:
        page = client.get(f"/reviews/{mine.token}/").content.decode()
        others = "What the others gave" in page
        return others, "Expert 1" in page, any(f">{name}<" in page for name in names)

    assert shown() == (False, False, False)  # never, while scoring
    bench.at("discuss")  # after mine
    assert shown() == (False, False, False)
    bench.score(mine)
    assert shown() == (True, True, False)
    PanelPhase.objects.filter(kind="discuss").update(hide_experts=False)
    assert shown()[2] is True
    PanelPhase.objects.filter(kind="score").update(others="always")
    bench.at("score")
    assert shown() == (True, True, False)


def test_the_list_of_cases_is_in_the_order_of_numbers_that_say_nothing(
    client: Client, bench: Bench
) -> None:
    bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    client.force_login(bench.user(who))
    page = client.get("/reviews/").content.decode()
    listed = re.findall(r'/reviews/([0-9a-f]{16})/"', page)
    assert listed == sorted(one.token for one in bench.tasks_of(who))


@pytest.mark.parametrize(
    ("text", "blinded"),
    [
        ("苏州晶衡精密传动股份有限公司是龙头", "▇▇是龙头"),
        ("苏州晶衡精密传动（现名）", "▇▇（现名）"),
        ("晶 衡 精密的产品", "▇▇的产品"),
        ("位于江苏省苏州市昆山市虚构大道0 88号", "位于▇▇"),
        ("代码 91330108MA2PANEL00，MA2PANEL0", "代码 ▇▇，▇▇"),
        ("someone@firm0.example 或 www.FIRM0.example", "▇▇ 或 www.▇▇"),
        ("原名昆山旧名传动厂", "原名▇▇"),
        ("减速器与轴承", "减速器与轴承"),
        ("", ""),
    ],
)
def test_what_names_a_firm_is_blacked_out(bench: Bench, text: str, blinded: str) -> None:
    application = bench.applications[0]
    NameRecord.objects.create(
        enterprise=application.enterprise, name="昆山旧名传动厂", name_key="昆山旧名传动厂"
    )
    assert blinding.blinder(application)(text) == blinded


def test_a_result_tree_is_blinded_throughout(bench: Bench) -> None:
    blind = blinding.blinder(bench.applications[0])
    node = {
        "value_zh": "晶衡精密",
        "parts": [{"label_en": "of 晶衡精密", "points": [1, 2]}],
        "n": 3,
    }
    assert blinding.blind_node(node, blind) == {
        "value_zh": "▇▇", "parts": [{"label_en": "of ▇▇", "points": [1, 2]}], "n": 3,
    }  # fmt: skip


def test_a_redacted_copy_is_checked_like_any_document(bench: Bench) -> None:
    from cultivation.pipeline.errors import MoveError

    with_documents(bench)
    bench.drawn()
    row = CaseDocument.objects.first()
    assert row is not None
    nation = bench.user("nation")
    with pytest.raises(MoveError, match="redacted copy"):
        evidence.release(row, "redacted", by=nation)
    with pytest.raises(MoveError):
        evidence.release(row, "redacted", by=nation, copy=ContentFile(b"MZ", name="x.exe"))
    with pytest.raises(MoveError):
        evidence.release(row, "burned", by=nation)
    with row.document.file.open("rb") as kept:
        assert kept.read() == b"%PDF-1.7 neutral"
