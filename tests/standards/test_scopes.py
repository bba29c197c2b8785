"""Who comes to which page of standards and pipeline, whoever it is: one table, one set-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from cultivation.standards import drafting, manuscript, plans
from cultivation.standards.draft_forms import CaseForm
from cultivation.standards.models import JudgingRun, Plan, Replay, Scenario, Snapshot
from cultivation.standards.policy import PolicyError
from cultivation.standards.reading import toml
from cultivation.standards.scenario_changes import number
from enterprises.registry.forms.fields import ScaledField

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from cultivation.standards.models import Edition
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

OFFICES = ("county", "city", "province", "far_city", "province_reader", "nation_reader", "nation")
READING = {*OFFICES, "auditor"}
ALL = {*READING, "newcomer", "other_owner", "owner", "expert"}
NEAR = READING - {"far_city"} | {"owner"}  # who sees the enterprise
NATION = {"nation"}
TRYING = {"province", "nation"}
PAGES = {  # page: (method, who is let in; the others get 403 or 404)
    "standards:editions": ("get", ALL),
    "standards:edition code": ("get", ALL),
    "standards:runs": ("get", READING),
    "standards:run run": ("get", READING),
    "standards:run_export run": ("post", READING),
    "standards:drafts": ("get", NATION),
    "standards:draft draft": ("get", NATION),
    "standards:draft_check draft": ("post", NATION),
    "standards:draft_trial draft": ("post", NATION),
    "standards:draft_approve draft": ("get", NATION),
    "standards:draft_propose draft": ("post", NATION),
    "standards:draft_send_back draft": ("post", NATION),
    "standards:draft_withdraw draft": ("post", NATION),
    "standards:draft_event draft event": ("get", NATION),
    "standards:draft_restore draft event": ("post", NATION),
    "standards:draft_edition draft": ("get", NATION),
    "standards:draft_cases draft": ("get", NATION),
    "standards:replays": ("get", {"nation", "nation_reader", "auditor"}),
    "standards:replay replay": ("get", {"nation", "nation_reader", "auditor"}),
    "standards:simulations": ("get", TRYING),
    "standards:simulation_compare": ("get", TRYING),
    "standards:simulation_new code": ("get", TRYING),
    "standards:simulation national": ("get", NATION),
    "standards:simulation_edit national": ("get", NATION),
    "standards:simulation_copy national": ("post", NATION),
    "standards:simulation_export national": ("post", NATION),
    "standards:simulation_firms national": ("get", NATION),
    "standards:simulation_firms_export national": ("post", NATION),
    "standards:simulation_delete national": ("post", NATION),
    "standards:what_if firm": ("get", NEAR),
    "standards:plans firm": ("get", {"owner"}),
    "standards:plan firm plan": ("get", {"owner"}),
    "standards:plan_rename firm plan": ("post", {"owner"}),
    "standards:plan_delete firm plan": ("post", {"owner"}),
    "standards:of_enterprise firm": ("get", NEAR),
    "standards:explanation firm code": ("get", NEAR),
    "pipeline:of_enterprise firm": ("get", NEAR),
    "pipeline:discovery": ("get", READING),
    "pipeline:discovery_invite": ("post", set(OFFICES)),
    "pipeline:discovery_export": ("post", READING),
    "pipeline:invitations": ("get", READING),
}
GONE = {"standards:draft_withdraw draft", "standards:simulation_delete national"}


HUGE = "9" * 5000


@pytest.fixture
def people(user: Callable[..., User], firm: Callable[..., Enterprise]) -> dict[str, User]:
    """Give somebody of every role; the enterprise looked at lies in 320500."""
    own, other = firm("320500"), firm("440100")
    found = {
        "other_owner": user("owner", enterprise=other),
        "owner": user("owner", enterprise=own),
        "county": user("county", "320500"),
        "city": user("city", "3205"),
        "far_city": user("city", "4401"),
        "province": user("province", "32"),
        "nation": user("nation"),
        "auditor": user("auditor", "32"),
        "expert": user("expert"),
    }
    users = type(found["nation"]).objects
    found["newcomer"] = users.create_user("newcomer")
    for name, of in (("province_reader", "province"), ("nation_reader", "nation")):
        found[name] = users.create_user(name)
        seat = found[of].seats.get()
        seat.pk, seat.user, seat.may_decide, seat._state.adding = None, found[name], False, True
        seat.save()
    return found


@pytest.fixture
def things(loaded: list[Edition], people: dict[str, User]) -> dict[str, int | str]:
    """Give one of everything that has an address."""
    edition, nation, today = loaded[-1], people["nation"], timezone.localdate()
    (firm,) = people["owner"].scope.enterprises
    plan = Plan.objects.create(
        enterprise_id=firm, edition=edition, kind="recognition", name="a", as_of=today
    )
    draft = drafting.begin(edition, code="scope_2099", by=nation)
    national = Scenario.objects.create(
        name="a", edition=edition, region_path="", as_of=today, changes=[], made_by=nation
    )
    replay = Replay.objects.create(finished_at=timezone.now())
    facts = Snapshot.objects.create(as_of=today, rows=0, columns=0)
    run = JudgingRun.objects.create(
        snapshot=facts, as_of=today, finished_at=timezone.now(), judged=987_654, stored=876_543
    )
    return {
        "code": edition.code, "firm": firm, "plan": plan.pk, "draft": draft.pk,
        "event": draft.events.get().pk, "national": national.pk, "replay": replay.pk, "run": run.pk,
    }  # fmt: skip


def address(page: str, things: dict[str, int | str]) -> str:
    name, *parts = page.split()
    return reverse(name, args=[things[part] for part in parts])


def test_every_page_lets_in_whom_it_concerns_and_nobody_else(
    client: Client, people: dict[str, User], things: dict[str, int | str]
) -> None:
    wrong = []
    for page, (method, _allowed) in PAGES.items():
        sent = getattr(client, method)(address(page, things))
        assert sent.status_code == 302, page
        assert "login" in sent.url, page
        assert method == "get" or client.get(address(page, things)).status_code == 405, page
    for who, person in people.items():
        client.force_login(person)
        for page, (method, allowed) in PAGES.items():
            if page in GONE and who in allowed:
                continue
            status = getattr(client, method)(address(page, things)).status_code
            if (status not in {403, 404}) != (who in allowed):
                wrong.append((page, who, status))
    assert not wrong


def test_how_much_a_national_run_judged_is_told_to_the_nation_alone(
    client: Client, people: dict[str, User], things: dict[str, int | str]
) -> None:
    pages = ("standards:editions", "standards:runs", "standards:run run")
    for who in ("newcomer", "owner", "county", "province", "auditor", "nation", "nation_reader"):
        client.force_login(people[who])
        for page in pages:
            sent = client.get(address(page, things))
            text = sent.text.replace(",", "") if sent.status_code == 200 else ""
            told = "987654" in text or "876543" in text
            assert told == (who in {"nation", "nation_reader"}), (who, page)


def test_pathological_numbers_are_refused_and_break_nothing(
    client: Client, people: dict[str, User], things: dict[str, int | str]
) -> None:
    what_if = address("standards:what_if firm", things)
    asked: list[tuple[str, str, str, dict[str, str], int]] = [
        ("owner", "post", what_if, {"year": "²"}, 400),
        ("owner", "post", what_if, {"year": HUGE}, 400),
        ("owner", "post", what_if, {"plan": HUGE}, 404),
        ("nation", "get", reverse("standards:simulation_compare"), {"s": HUGE}, 302),
        ("nation", "post", reverse("pipeline:discovery_invite"), {"row": "9" * 30}, 400),
        ("nation", "post", reverse("standards:judge"), {"kind": "no such"}, 302),
    ]
    for who, method, where, data, status in asked:
        client.force_login(people[who])
        assert getattr(client, method)(where, data).status_code == status, (where, data)
    with pytest.raises(ValidationError):
        ScaledField().clean("1e9999999")
    for typed in ("1e9999999", "-1e999999999999", "1e-9999999"):
        assert number(typed, "ratio")[1]


@pytest.mark.parametrize(
    "text",
    [
        "a = 1e999999999",
        "a = 1e-9999999",
        f"a = 0x{'f' * 5000}",
        f"a = [[0x{'f' * 5000}]]",
        f"{'.'.join('a' * 5000)} = 1",
        "a = " + "[" * 5000,
        "#" * 400_001,
    ],
    ids=["huge", "tiny", "hexadecimal", "nested", "dotted", "deep", "long"],
)
def test_a_text_that_would_eat_the_machine_is_refused_at_once(text: str) -> None:
    with pytest.raises(PolicyError):
        toml(text, origin="x")
    assert manuscript.line_of(text, "x: a: b; c") is None


def test_very_many_tables_are_not_looked_at() -> None:
    assert manuscript.blocks("[[a]]\n" * 60_000) == []


@pytest.mark.parametrize("said", ["nan", "inf", "1e99999999", "[" * 1900, f"0x{'f' * 3900}"])
def test_a_case_typed_on_the_page_takes_plain_facts_alone(said: str) -> None:
    data = {"name": "a", "kind": "recognition", "facts": f"revenue_y1 = {said}"}
    form = CaseForm({f"case-{key}": value for key, value in data.items()}, criteria=[])
    assert "facts" in form.errors


def test_plans_are_bounded(things: dict[str, int | str], people: dict[str, User]) -> None:
    plan = Plan.objects.get(pk=things["plan"])
    for note in ("a\0", "a" * 2001):
        with pytest.raises(ValidationError):
            plans.rename(plan, name="b", note=note, by=people["owner"], version=1)
    assert Plan.objects.get(pk=plan.pk).name == "a"
