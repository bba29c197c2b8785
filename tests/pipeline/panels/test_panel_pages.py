"""The office's pages and the public page of a draw: who comes in, what they show (评审页面)."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cultivation.pipeline.models import (
    Application,
    ExpertProfile,
    Panel,
    PanelDraw,
    PanelTask,
    Rubric,
)
from cultivation.pipeline.panels import draws, rubrics, setting_up
from enterprises.accounts.models import Seat, User
from enterprises.audit.models import AuditRecord

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import Bench

pytestmark = pytest.mark.django_db
EVERYBODY = (
    "nation", "nation2", "province", "jiangsu", "city", "county", "auditor", "zhejiang_auditor",
    "ada", "owner", "nobody",
)  # fmt: skip
OFFICES = {"province", "jiangsu", "city", "county", "zhejiang_auditor"}


def signed(client: Client, bench: Bench, who: str) -> Client:
    client.force_login(bench.user(who))
    client.cookies["django_language"] = "en"
    return client


def text(answer: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", bare).replace("&#x27;", "'")


def scored(bench: Bench) -> Panel:
    panel = bench.drawn()
    bench.at("score")
    for task in PanelTask.objects.all():
        bench.score(task)
    return panel


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_comes_into_the_pages_of_the_nations_panel(
    client: Client, bench: Bench, who: str
) -> None:
    panel = scored(bench)
    case = panel.cases.first()
    assert case is not None
    signed(client, bench, who)
    reads = who in {"nation", "nation2", "auditor"}
    expected = 200 if reads else 404 if who in OFFICES else 403
    for end in ("", "pool/", "results/", "experts/", f"cases/{case.token}/"):
        assert client.get(f"/panels/{panel.pk}/{end}").status_code == expected, end
    assert client.post(f"/panels/{panel.pk}/results/export/").status_code == expected
    writes = 200 if who in {"nation", "nation2"} else 403 if who == "auditor" else expected
    for end in ("settings/", "phases/"):
        assert client.get(f"/panels/{panel.pk}/{end}").status_code == writes, end
    new = client.get(f"/panels/new/{bench.round.pk}/").status_code
    assert new == (200 if who in {"nation", "nation2"} else 403)
    own = client.get(f"/panels/new/{bench.round.pk}/33/").status_code
    assert own == (200 if who == "province" else 403)
    assert client.get("/panels/").status_code == (200 if reads or who in OFFICES else 403)
    assert client.get("/rubrics/").status_code == (403 if who in {"owner", "nobody"} else 200)
    for step in ("commit", "close", "draw", "conflicts", "cancel", "reopen"):
        answer = client.post(f"/panels/{panel.pk}/steps/{step}/", {"reason": "x"})
        if who not in {"nation", "nation2"}:
            assert answer.status_code == (403 if reads else expected), step
    release = client.post(f"/panels/{panel.pk}/cases/{case.token}/1/", {"release": "shown"})
    assert release.status_code in {403, 404}
    for path in ("/draws/", f"/draws/{panel.token}/", f"/draws/{panel.token}/lists.json"):
        assert client.get(path).status_code == 200


def test_the_firm_never_sees_who_read_it(client: Client, bench: Bench) -> None:
    panel = scored(bench)
    application = bench.applications[0]
    task = PanelTask.objects.filter(case__application=application).first()
    assert task is not None
    signed(client, bench, "owner")
    names = {one.user.username for one in ExpertProfile.objects.select_related("user")}
    tokens = set(panel.members.values_list("token", flat=True))
    for path in (
        f"/applications/{application.pk}/", f"/enterprises/{application.enterprise_id}/",
        f"/enterprises/{application.enterprise_id}/applications/", "/",
        f"/enterprises/{application.enterprise_id}/history/",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert [one for one in {*names, *tokens, task.token} if f">{one}<" in page] == []
    for path in (f"/reviews/{task.token}/", "/reviews/", f"/panels/{panel.pk}/"):
        assert client.get(path).status_code == 403


def test_a_whole_panel_is_run_from_the_pages(client: Client, bench: Bench) -> None:
    signed(client, bench, "nation")
    answer = client.post(
        f"/panels/new/{bench.round.pk}/",
        {"name": "第一组", "rubric": bench.rubric.pk, "seats": 8, "each": 3, "most": 6,
         "least": 2, "line": "60", "years": 3, "same_county": "on", "may_abstain": "on"},
    )  # fmt: skip
    panel = Panel.objects.get()
    assert answer["Location"] == f"/panels/{panel.pk}/phases/"
    answer = client.post(
        f"/panels/{panel.pk}/phases/",
        {"version": panel.version, "score_opens_at": "2026-05-07T09:00",
         "score_closes_at": "2026-05-09T18:00", "score_hide_firm": "on", "score_others": "never",
         "declare_others": "never", "discuss_others": "never"},
    )  # fmt: skip
    assert answer.status_code == 302
    for step, said in (
        ("commit", "The seed is sealed"),
        ("close", "The lists are closed"),
        ("draw", "The panel is drawn"),
    ):
        bench.clock.shift(60)
        data = {"word": "7"} if step == "draw" else {}
        answer = client.post(f"/panels/{panel.pk}/steps/{step}/", data, follow=True)
        assert (answer.status_code, said in text(answer)) == (200, True)
    assert PanelDraw.objects.get().word == "7"
    again = client.post(f"/panels/{panel.pk}/steps/draw/", {"word": "7"})
    assert (again.status_code, "The panel is drawn; this step" in text(again)) == (409, True)
    assert client.post(f"/panels/{panel.pk}/steps/burn/").status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        {"seats": "0"}, {"seats": "9" * 400}, {"each": "-1"}, {"name": "\x00"}, {"line": "101"},
        {"line": "NaN"}, {"rubric": "9" * 30}, {"years": "31"}, {"least": "4"},
        {"industries": ["Z"]}, {"most": "三"},
    ],
)  # fmt: skip
def test_odd_settings_are_refused_in_words(client: Client, bench: Bench, typed: Any) -> None:
    signed(client, bench, "nation")
    good = {"name": "甲", "rubric": bench.rubric.pk, "seats": 8, "each": 3, "most": 6, "least": 2,
            "years": 3}  # fmt: skip
    answer = client.post(f"/panels/new/{bench.round.pk}/", good | typed)
    assert (answer.status_code, Panel.objects.count()) == (400, 0)
    assert "field__error" in answer.content.decode()


@pytest.mark.parametrize(
    "moment", ["0000-01-01T00:00", "9999-12-31T23:59", "1066-10-14T09:00", "x" * 99, "\x00"]
)
def test_odd_moments_are_refused_in_words(client: Client, bench: Bench, moment: str) -> None:
    panel = bench.opened()
    signed(client, bench, "nation")
    typed = {"version": panel.version, "score_opens_at": moment, "score_closes_at": moment}
    typed |= {f"{kind}_others": "never" for kind in ("declare", "score", "discuss")}
    answer = client.post(f"/panels/{panel.pk}/phases/", typed)
    assert (answer.status_code, panel.phases.count()) == (400, 3)


def test_the_public_page_shows_commitment_lists_and_seed_in_their_time(
    client: Client, bench: Bench
) -> None:
    nation, panel = bench.user("nation"), bench.opened()
    path = f"/draws/{panel.token}/"
    assert client.get(path).status_code == 404
    draw = draws.commit(panel, by=nation)
    page = client.get(path).content.decode()
    assert draw.commitment in page
    assert client.get(f"{path}lists.json").status_code == 404
    bench.clock.shift(60)
    draws.close_lists(panel, by=nation)
    draw.refresh_from_db()
    page = client.get(path).content.decode()
    assert draw.digest in page
    assert client.get(f"{path}lists.json").content.decode() == draw.lists
    assert client.get(f"{path}outcome.json").status_code == 404
    draws.draw(panel, by=nation)
    draw.refresh_from_db()
    page = client.get(path).content.decode()
    assert draw.seed in page
    assert client.get(f"{path}outcome.json").content.decode() == draw.outcome
    assert client.get("/draws/").content.decode().count(f"/draws/{panel.token}/") == 1
    assert client.get("/draws/nothing/").status_code == 404
    for name, firm in bench.firms.items():
        assert (name in page, firm.credit_code in page) == (False, False)


def test_results_are_shown_and_handed_out_with_a_record(client: Client, bench: Bench) -> None:
    panel = scored(bench)
    signed(client, bench, "nation")
    page = text(client.get(f"/panels/{panel.pk}/results/"))
    assert "all cases 6" in page
    answer = client.post(f"/panels/{panel.pk}/results/export/")
    assert answer["Content-Disposition"] == (
        f'attachment; filename="panel-{panel.token}-20260509.csv"'
    )
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["Case", "Enterprise", "Credit code"]
    assert {row[1] for row in rows[1:]} == set(bench.firms)
    assert {tuple(row[3:7]) for row in rows[1:]} == {("3", "64.3333", "64.3333", "0.0000")}
    assert AuditRecord.objects.filter(action="panel.results_exported").count() == 1
    for show in ("flips", "hangs", "short", "x" * 500):
        assert client.get(f"/panels/{panel.pk}/results/", {"show": show}).status_code == 200
    assert "Calibration" in text(client.get(f"/panels/{panel.pk}/experts/"))


def test_scores_are_taken_from_the_page_and_kept_quietly(client: Client, bench: Bench) -> None:
    bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    task, following, *_rest = bench.tasks_of(who)
    signed(client, bench, who)
    path = f"/reviews/{task.token}/"
    page = text(client.get(path))
    assert ("Declare first" in page, "Submit and next" in page) == (True, False)
    declared = client.post(f"{path}declare/", {"version": 1, "conflict": "no"})
    assert (declared.status_code, "This field is required" in text(declared)) == (400, True)
    client.post(f"{path}declare/", {"version": 1, "conflict": "no", "true": "on"})
    quiet = client.post(
        path, {"version": 2, "v1": "6", "do": "keep"}, headers={"X-Keeping": "quiet"}
    )
    assert json.loads(quiet.content) == {"version": 3, "said": "Kept at 11:00"}
    late = client.post(path, {"version": 2, "v1": "7"}, headers={"X-Keeping": "quiet"})
    assert (late.status_code, "another window" in json.loads(late.content)["said"]) == (409, True)
    odd = client.post(path, {"version": 3, "v1": "9" * 400}, headers={"X-Keeping": "quiet"})
    assert odd.status_code == 400
    assert PanelTask.objects.get(pk=task.pk).scores == {"1": {"value": 6, "comment": ""}}
    lacking = client.post(path, {"version": 3, "v1": "6", "v2": "7", "do": "next"})
    assert (lacking.status_code, "Chain has no score yet." in text(lacking)) == (400, True)
    done = client.post(
        path, {"version": 3, "v1": "6", "v2": "7", "c2": "so", "v3": "4", "do": "next"}
    )
    assert done["Location"] == f"/reviews/{following.token}/"
    assert PanelTask.objects.get(pk=task.pk).state == "final"
    assert "1 / " in text(client.get("/reviews/"))
    for typed in ({"version": "x"}, {"version": "9" * 99}, {"version": 4, "v1": "\x00"}):
        assert client.post(path, typed).status_code == 400
    abstained = client.post(f"{path}abstain/", {"version": 4, "reason": "tired"})
    assert abstained["Location"] == f"/reviews/{following.token}/"


def test_a_conflict_declared_on_the_page_leads_back_to_the_list(
    client: Client, bench: Bench
) -> None:
    bench.drawn()
    bench.at("declare")
    who = bench.seated()[0]
    task = bench.tasks_of(who)[0]
    signed(client, bench, who)
    answer = client.post(
        f"/reviews/{task.token}/declare/",
        {"version": 1, "conflict": "yes", "reason": "kin", "true": "on"},
    )
    assert answer["Location"] == "/reviews/"
    assert client.get(f"/reviews/{task.token}/").status_code == 404


def test_a_case_says_who_reads_it_to_the_office_alone(client: Client, bench: Bench) -> None:
    panel = scored(bench)
    case = panel.cases.first()
    assert case is not None
    signed(client, bench, "nation")
    page = text(client.get(f"/panels/{panel.pk}/cases/{case.token}/"))
    for task in case.tasks.all():
        assert task.member.profile.user.username in page
        assert task.token not in page
    assert client.get(f"/panels/{panel.pk}/cases/c0000000000/").status_code == 404


def test_rubrics_are_written_published_and_followed_by_the_next(
    client: Client, bench: Bench
) -> None:
    signed(client, bench, "nation")
    head = {"code": "new", "title_zh": "新表", "line-TOTAL_FORMS": 3, "line-INITIAL_FORMS": 0}
    one = {"line-0-label_zh": "甲", "line-0-weight": "99.99", "line-0-comment": "never"}
    answer = client.post("/rubrics/new/", head | one)
    made = Rubric.objects.get(code="new")
    assert answer["Location"] == f"/rubrics/{made.pk}/"
    assert "The weights add up to 99.99 %" in text(client.get(f"/rubrics/{made.pk}/"))
    client.post(f"/rubrics/{made.pk}/publish/")
    assert Rubric.objects.get(pk=made.pk).state == "draft"
    one |= {"line-0-weight": "100", "line-0-anchors": "8 | 好 | good\n"}
    assert client.post(f"/rubrics/{made.pk}/edit/", head | one).status_code == 302
    for typed in (
        {"line-0-anchors": "good"}, {"line-0-weight": "1e400"}, {"line-0-low": "9" * 400},
        {"line-TOTAL_FORMS": "9" * 30}, {"code": "§"},
    ):  # fmt: skip
        assert client.post(f"/rubrics/{made.pk}/edit/", head | one | typed).status_code == 400
    client.post(f"/rubrics/{made.pk}/publish/")
    assert client.get(f"/rubrics/{made.pk}/edit/").status_code == 404
    answer = client.post(f"/rubrics/{made.pk}/next/")
    draft = Rubric.objects.get(code="new", version=2)
    assert answer["Location"] == f"/rubrics/{draft.pk}/edit/"
    assert rubrics.lines_of(draft) == rubrics.lines_of(made)
    signed(client, bench, "ada")
    assert client.get(f"/rubrics/{made.pk}/").status_code == 200
    assert client.get(f"/rubrics/{draft.pk}/").status_code == 404
    assert client.post(f"/rubrics/{draft.pk}/publish/").status_code == 403


def test_what_a_round_owes_is_said_by_who_holds_it(client: Client, bench: Bench) -> None:
    typed = {"round": bench.round.pk, "level": "nation", "owed": "1"}
    assert signed(client, bench, "province").post("/panels/owed/", typed).status_code == 403
    assert signed(client, bench, "nation").post("/panels/owed/", typed).status_code == 302
    assert bench.round.panel_duties.get().level == "nation"
    for odd in ({"round": "9" * 30}, {"level": "moon"}, {"round": "x"}):
        assert client.post("/panels/owed/", typed | odd).status_code == 404


def count(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(path).status_code == 200
    return len(found)


def test_lists_take_the_same_queries_whatever_their_length(client: Client, bench: Bench) -> None:
    """With one row and with three: panels, draws, experts, rubrics."""
    for name in ("一", "二"):
        draws.commit(bench.opened(name=name), by=bench.user("nation"))
    Panel.objects.exclude(name="一").update(state="cancelled")
    paths = ("/panels/", "/draws/", "/experts/?state=submitted", "/rubrics/")
    ExpertProfile.objects.filter(user__username="ada").update(state="submitted")
    first = Panel.objects.filter(name="二")
    signed(client, bench, "nation")
    several = [count(client, path) for path in paths]
    for panel in first:
        panel.draw.delete()
        panel.phases.all().delete()
        panel.delete()
    fewer = [count(client, path) for path in paths]
    ExpertProfile.objects.filter(user__username__in=["bo", "cai"]).update(state="submitted")
    rubrics.next_version(bench.rubric, by=bench.user("nation"))
    more = [count(client, path) for path in paths]
    assert several == fewer
    assert more[2:] == fewer[2:]


def test_pages_of_a_panel_take_the_same_queries_with_more_cases(
    client: Client, bench: Bench
) -> None:
    Application.objects.filter(pk__in=[one.pk for one in bench.applications[3:]]).update(
        status="at_province"
    )
    few = scored(bench)
    signed(client, bench, "nation")
    ends = ("pool/", "results/", "experts/", "")
    before = [count(client, f"/panels/{few.pk}/{end}") for end in ends]
    who = bench.seated()[0]
    own = User.objects.get(username=who)
    client.force_login(own)
    mine = count(client, "/reviews/")
    Application.objects.filter(status="at_province").update(status="at_nation")
    bench.clock.move_to(few.made_at)
    many = bench.drawn(name="第二组")
    bench.at("score")
    for task in PanelTask.objects.filter(case__panel=many):
        bench.score(task)
    signed(client, bench, "nation")
    assert many.cases.count() == 3
    assert [count(client, f"/panels/{many.pk}/{end}") for end in ends] == before
    client.force_login(own)
    assert count(client, "/reviews/") <= mine + 1


def test_an_expert_without_cases_is_told_what_to_do(client: Client, bench: Bench) -> None:
    page = text(signed(client, bench, "ada").get("/reviews/"))
    assert "No case is before you now" in page
    Seat.objects.filter(user__username="ada").update(active=False)
    assert signed(client, bench, "ada").get("/reviews/").status_code == 403
    assert setting_up.NUMBERS["seats"] == (1, 2000)
