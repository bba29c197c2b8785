"""Large panels: lists closed and drawn by a run, their dates, papers that come in late (任务)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.utils.html import escape

from cultivation.pipeline import tasks
from cultivation.pipeline.calendar.sources import dates_of
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import CaseDocument, Move, PanelTask
from cultivation.pipeline.panels import draws, evidence, running
from enterprises.audit.models import AuditRecord
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from cultivation.pipeline.models import Panel

    from .conftest import Bench

pytestmark = pytest.mark.django_db


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let six cases be too many for a page to wait for."""
    monkeypatch.setattr(running, "AT_ONCE", 5)


def sealed(bench: Bench) -> Panel:
    panel = bench.opened()
    draws.commit(panel, by=bench.user("nation"))
    bench.clock.shift(60)
    panel.refresh_from_db()
    return panel


def run(job: JobRun | None) -> JobRun:
    assert job is not None
    getattr(tasks, job.kind)(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.usefixtures("large")
def test_a_large_panel_is_listed_and_drawn_by_runs_that_may_be_run_again(bench: Bench) -> None:
    nation, panel = bench.user("nation"), sealed(bench)
    with pytest.raises(PermissionDenied):
        running.close(panel, by=bench.user("province"))
    asked = running.close(panel, by=nation)
    assert running.close(panel, by=bench.user("nation2")) == asked  # one run for the panel
    assert running.current(panel) == asked
    closed = run(asked)
    panel.refresh_from_db()
    assert (closed.status, panel.state, closed.done) == ("done", "listed", 6)
    lists = panel.draw.lists
    JobRun.objects.update(status="waiting")  # its worker was killed after the commit
    assert run(closed).result == {"cases": 6, "barred": closed.result["barred"]}
    panel.draw.refresh_from_db()
    assert (panel.draw.lists, panel.draw.tries) == (lists, 1)
    drawn = run(running.draw(panel, by=nation, word=" 31 "))
    panel.refresh_from_db()
    panel.draw.refresh_from_db()
    assert (panel.state, panel.draw.word, drawn.result["tasks"]) == ("drawn", "31", 18)
    outcome = panel.draw.outcome
    JobRun.objects.filter(pk=drawn.pk).update(status="waiting")
    run(drawn)
    panel.draw.refresh_from_db()
    assert (panel.draw.outcome, PanelTask.objects.count()) == (outcome, 18)
    said = AuditRecord.objects.filter(action__startswith="panel.").order_by("pk")
    assert list(said.values_list("action", flat=True))[-4:] == [
        "panel.lists_asked_for", "panel.lists_closed", "panel.draw_asked_for", "panel.drawn",
    ]  # fmt: skip


@pytest.mark.usefixtures("large")
def test_a_run_that_finds_the_panel_changed_or_not_fit_says_so_and_does_nothing(
    bench: Bench, client: Client
) -> None:
    nation, panel = bench.user("nation"), sealed(bench)
    asked = running.close(panel, by=nation)
    draws.cancel(panel, by=nation, reason="begun too early")
    assert run(asked).result == {
        "refused_because": ["The panel was changed meanwhile; look at it and ask anew."]
    }
    few = bench.opened(name="few", seats=3, most=1)
    draws.commit(few, by=nation)
    bench.clock.shift(60)
    few.refresh_from_db()
    (why,) = run(running.close(few, by=nation)).result["refused_because"]
    few.refresh_from_db()
    assert (few.state, few.cases.count()) == ("committed", 0)
    with pytest.raises(MoveError, match="this step is not possible now"):
        running.draw(few, by=nation)
    client.force_login(nation)
    assert escape(why) in client.get(f"/panels/{few.pk}/").content.decode()


@pytest.mark.usefixtures("large")
def test_the_page_of_a_panel_follows_its_run(
    bench: Bench, client: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    panel = sealed(bench)
    client.force_login(bench.user("nation"))
    path = f"/panels/{panel.pk}/"
    assert client.post(f"{path}steps/close/").status_code == 302
    page = client.get(path).content.decode()
    assert ('hx-select="#draw-steps"' in page, f"{path}steps/close/" in page) == (True, False)
    run(JobRun.objects.get(kind="close_panel_lists"))
    page = client.get(path).content.decode()
    assert ('hx-select="#draw-steps"' in page, f"{path}steps/draw/" in page) == (False, True)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{path}steps/draw/", {"word": "seven"}).status_code == 302
    panel.refresh_from_db()
    assert (panel.state, panel.draw.word) == ("drawn", "seven")


def test_phases_of_a_panel_are_dates_of_its_experts_and_its_office(bench: Bench) -> None:
    panel = bench.drawn()
    closes = {one.kind: one.closes_at for one in panel.phases.all()}
    seated = bench.seated()[0]

    def own(name: str) -> dict[str, Any]:
        return {
            one.key.split(":", 2)[2]: one.at
            for one in dates_of(bench.user(name))
            if one.key.startswith(f"panel:{panel.token}:")
        }

    assert own(seated) == {f"{kind}:mine": at for kind, at in closes.items()}
    office = {key: at for key, at in own("nation").items() if key.endswith(":closes")}
    assert office == {f"{kind}:closes": at for kind, at in closes.items()}
    assert len(own("nation")) == 6
    for stranger in ("province", "owner", "auditor", "nobody"):
        assert own(stranger) == {}
    for one in dates_of(bench.user(seated)):
        assert not any(name in f"{one.what}{one.about}" for name in bench.firms)
    PanelTask.objects.update(state="replaced")
    assert own(seated) == {}


def document(bench: Bench, name: str, number: int) -> Document:
    firm = bench.applications[0].enterprise
    return Document.objects.create(
        enterprise=firm, name=name, media_type="application/pdf", size=8, sha256=f"{number:064d}",
        file=ContentFile(b"%PDF-1.7 neutral", name=f"{number}.pdf"),
    )  # fmt: skip


def test_papers_handed_in_after_the_draw_are_withheld_and_marked(
    bench: Bench, client: Client, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    application, nation = bench.applications[0], bench.user("nation")
    early = document(bench, "early.pdf", 1)
    application.documents.add(early)
    Move.objects.create(
        application=application, name="submit", source="draft", target="at_county", version=1,
        note={"documents": [early.sha256]},
    )  # fmt: skip
    panel = bench.drawn()
    bench.clock.shift(60)
    application.documents.add(document(bench, "late.pdf", 2))
    case = panel.cases.get(application=application)
    assert evidence.handed_in_later(case) == set()
    evidence.list_handed_in_later([application])
    evidence.list_handed_in_later([application])
    rows = {row.document.name: row for row in CaseDocument.objects.filter(case=case)}
    assert {name: (row.number, row.release) for name, row in rows.items()} == {
        "early.pdf": (1, "withheld"), "late.pdf": (2, "withheld"),
    }  # fmt: skip
    assert evidence.handed_in_later(case) == {2}
    for row in rows.values():
        evidence.release(row, "shown", by=nation)
    bench.at("score")
    task = case.tasks.order_by("pk")[0]
    bench.clear(task)
    client.cookies["django_language"] = "en"
    client.force_login(task.member.profile.user)
    page = client.get(f"/reviews/{task.token}/").content.decode()
    assert (page.count("handed in after the draw"), "late.pdf" in page) == (1, False)
    client.force_login(nation)
    page = client.get(f"/panels/{panel.pk}/cases/{case.token}/").content.decode()
    assert page.count("handed in after the draw") == 1
