"""A panel from its seed to its outcome: what must come first, what is published, what passes on."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Application,
    ExpertProfile,
    ExpertTie,
    Panel,
    PanelBar,
    PanelDraw,
    PanelTask,
    Relation,
    Replacement,
)
from cultivation.pipeline.panels import drawing, draws, redrawing, replacing, scoring, setting_up
from enterprises.accounts.models import Seat
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification

if TYPE_CHECKING:
    from .conftest import Bench

pytestmark = pytest.mark.django_db
ALONE = Path(__file__).parent / "redraw_alone.py"


def reasons(bench: Bench) -> set[tuple[str, str, str]]:
    """Return who is barred from which firm (by two letters of its name), and why."""
    rows = PanelBar.objects.filter(case__panel=bench.panel)
    fields = ("member__profile__user__username", "case__application__enterprise__name", "reason")
    return {(who, firm[:4], why) for who, firm, why in rows.values_list(*fields)}


def test_the_draw_gives_each_case_three_experts_and_each_expert_as_many(bench: Bench) -> None:
    panel = bench.drawn()
    tasks = PanelTask.objects.filter(case__panel=panel)
    held = {case.token: case.tasks.count() for case in panel.cases.all()}
    assert list(held.values()) == [3] * 6
    loads = sorted(panel.members.filter(seated=True).values_list("pk", flat=True))
    assert len(loads) == 8
    counts = sorted(tasks.filter(member=pk).count() for pk in loads)
    assert counts == [2, 2, 2, 2, 2, 2, 3, 3]


def test_conflicts_on_record_are_found_and_kept_from_the_cases(bench: Bench) -> None:
    firm = bench.firms["余杭沐川阀门有限公司"]
    dan, eli, fan = bench.profile("dan"), bench.profile("eli"), bench.profile("fan")
    year = timezone.localdate().year
    for profile, kind, until in (
        (dan, "work", year - 3), (eli, "employer", year - 4), (fan, "family", None),
    ):  # fmt: skip
        ExpertTie.objects.create(
            profile=profile, kind=kind, name="某公司", name_key="某公司",
            credit_code=firm.credit_code, until=until,
        )  # fmt: skip
    Seat.objects.create(
        user=bench.user("gao"),
        role="editor",
        enterprise=bench.firms["海曙启岳轴承有限公司"],
        active=False,
    )
    panel = bench.drawn()
    assert reasons(bench) == {
        ("ada", "苏州晶衡", "county"),
        ("ada", "昆山砺锋", "county"),
        ("bo", "杭州澜桥", "county"),
        ("bo", "滨江拓维", "county"),
        ("cai", "杭州澜桥", "investor"),
        ("dan", "余杭沐川", "work"),  # three years ago, just within the years of the panel
        ("fan", "余杭沐川", "family"),
        ("gao", "海曙启岳", "seat"),
    }
    for bar in PanelBar.objects.filter(case__panel=panel):
        assert not PanelTask.objects.filter(case=bar.case, member=bar.member).exists()


def test_former_names_and_employers_and_own_handling_count(bench: Bench) -> None:
    from cultivation.pipeline.models import CriterionReview
    from enterprises.registry.models import NameRecord

    firm = bench.firms["余杭沐川阀门有限公司"]
    NameRecord.objects.create(enterprise=firm, name="旧名阀门厂", name_key="旧名阀门厂")
    ExpertTie.objects.create(
        profile=bench.profile("dan"),
        kind="employer",
        name="旧名阀门厂",
        name_key="旧名阀门厂",
        until=2025,
    )
    ExpertTie.objects.create(
        profile=bench.profile("fan"), kind="work", name="砺锋", name_key="昆山砺锋刀具有限公司"
    )
    CriterionReview.objects.create(
        application=bench.applications[5], level="province", criterion="L-1", opinion="agreed",
        made_by=bench.user("eli"),
    )  # fmt: skip
    Relation.objects.create(
        enterprise=firm, other=bench.firms["昆山砺锋刀具有限公司"], kind="controls", source="test"
    )
    bench.drawn(same_county=False)
    assert reasons(bench) == {
        ("cai", "杭州澜桥", "investor"),
        ("fan", "昆山砺锋", "work"),
        ("fan", "余杭沐川", "related"),
        ("dan", "余杭沐川", "past_employer"),
        ("eli", "海曙启岳", "handled"),
    }


def test_seed_is_committed_before_the_lists_and_shown_only_after_the_draw(bench: Bench) -> None:
    nation, panel = bench.user("nation"), bench.opened()
    draw = draws.commit(panel, by=nation)
    assert (draw.seed, draw.lists, len(draw.commitment)) == ("", "", 64)
    with pytest.raises(MoveError, match="only after the seed was sealed"):
        draws.close_lists(panel, by=nation)
    bench.clock.shift(1)
    with pytest.raises(MoveError, match="The panel is seed sealed"):
        draws.draw(panel, by=nation)
    closed = draws.close_lists(panel, by=nation)
    assert closed.listed_at is not None
    assert closed.listed_at > closed.committed_at
    assert (closed.seed, closed.digest) == ("", hashlib.sha256(closed.lists.encode()).hexdigest())
    with transaction.atomic(), pytest.raises(IntegrityError):
        PanelDraw.objects.filter(pk=closed.pk).update(seed="00")  # the lists are closed, no draw
    done = draws.draw(panel, by=nation, word=" 31 ")
    assert hashlib.sha256(bytes.fromhex(done.seed)).hexdigest() == draw.commitment
    assert done.word == "31"
    with pytest.raises(MoveError, match="The panel is drawn"):
        draws.draw(panel, by=nation)
    with transaction.atomic(), pytest.raises(IntegrityError):
        PanelDraw.objects.filter(pk=done.pk).update(listed_at=done.committed_at)


def test_the_sealed_seed_alone_does_not_tell_the_seed(bench: Bench, settings: object) -> None:
    nation, panel = bench.user("nation"), bench.opened()
    draw = draws.commit(panel, by=nation)
    assert hashlib.sha256(bytes.fromhex(draw.sealed)).hexdigest() != draw.commitment
    bench.clock.shift(1)
    draws.close_lists(panel, by=nation)
    settings.SECRET_KEY = "another-key-since"  # type: ignore[attr-defined]
    with pytest.raises(MoveError, match="no longer opens"):
        draws.draw(panel, by=nation)
    assert Panel.objects.get(pk=panel.pk).state == "listed"


def test_the_published_lists_name_nobody(bench: Bench) -> None:
    panel = bench.drawn()
    published = panel.draw.lists + panel.draw.outcome
    for firm in bench.firms.values():
        for word in (firm.name, firm.credit_code, firm.region.name_zh, firm.region_path):
            assert word not in published
    said = json.loads(panel.draw.lists)
    assert all(re.fullmatch(r"e[0-9a-f]{10}", one) for one in said["experts"])
    assert all(re.fullmatch(r"c[0-9a-f]{10}", one) for one in said["cases"])
    tokens = set(PanelTask.objects.values_list("token", flat=True))
    assert len(tokens) == 18
    assert not any(token in published for token in tokens)  # addresses lead to no case number


def test_a_separate_script_draws_the_same_from_what_is_published(
    bench: Bench, tmp_path: Path
) -> None:
    panel = bench.drawn(word="第7号")
    draw = PanelDraw.objects.get(panel=panel)
    file = tmp_path / "lists.json"
    file.write_text(draw.lists)
    alone = subprocess.run(
        [sys.executable, str(ALONE), str(file), draw.seed, "第7号"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert alone.stdout == draw.outcome + "\n"
    held = {
        case.token: sorted(case.tasks.values_list("member__token", flat=True))
        for case in panel.cases.all()
    }
    assert json.loads(alone.stdout)["tasks"] == held


def told(command: str, *args: str) -> tuple[str, str]:
    out = io.StringIO()
    try:
        call_command(command, *args, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_redraw_prints_the_assignment_and_fails_where_it_differs(bench: Bench) -> None:
    panel = bench.drawn()
    out, error = told("redraw", str(bench.round.pk))
    assert error == ""
    cases = json.loads(panel.draw.outcome)["tasks"]
    assert [line for line in out.splitlines() if line.startswith("c")] == [
        f"{case} {' '.join(experts)}" for case, experts in cases.items()
    ]
    task = PanelTask.objects.filter(case__panel=panel).first()
    assert task is not None
    other = panel.members.exclude(tasks__case=task.case).first()
    PanelTask.objects.filter(pk=task.pk).update(member=other)
    out, error = told("redraw", str(bench.round.pk))
    assert (f"Case {task.case.token}: the tasks are not those that were drawn." in out) is True
    assert error == "1 of 1 draws came out otherwise"
    draw = PanelDraw.objects.get(panel=panel)
    PanelDraw.objects.filter(pk=draw.pk).update(lists=draw.lists.replace('"most":6', '"most":7'))
    out, _error = told("redraw", str(bench.round.pk))
    assert "The lists are not the ones whose hash was published." in out
    PanelDraw.objects.filter(pk=draw.pk).update(seed="00" * 32)
    out, _error = told("redraw", str(bench.round.pk))
    assert "The seed is not the one that was committed to." in out
    assert told("redraw", "99999")[1] == "there is no round 99999"


def test_redraw_of_a_round_without_a_draw_says_so(bench: Bench) -> None:
    bench.opened()
    assert told("redraw", str(bench.round.pk)) == ("no panel of this round is drawn yet\n", "")


def test_a_declared_conflict_passes_the_case_on_by_the_same_seed(bench: Bench) -> None:
    panel = bench.drawn()
    bench.at("declare")
    who = bench.seated()[0]
    task = bench.tasks_of(who)[0]
    by = bench.user(who)
    with pytest.raises(MoveError, match="what the conflict is"):
        scoring.declare(task, by=by, conflict=True, true=True, version=task.version)
    with pytest.raises(MoveError, match="Confirm"):
        scoring.declare(task, by=by, conflict=True, true=False, reason="x", version=task.version)
    done = scoring.declare(
        task, by=by, conflict=True, true=True, reason="advised it once", version=task.version
    )
    assert (done.state, done.declared) == ("replaced", "conflict")
    made = Replacement.objects.get(case=task.case)
    assert made.taken is not None
    assert (made.number, made.left, made.stays) == (1, task.member, False)
    lots = drawing.Lots(panel.draw.digest, bytes.fromhex(panel.draw.seed), "")
    loads = drawing.deal(drawing.read(panel.draw.lists), bytes.fromhex(panel.draw.seed)).loads
    loads[task.member.token] -= 1
    able = {e: n for e, n in loads.items() if e not in made.barred and n < 6}
    assert made.taken.token == min(able, key=lambda e: (able[e], lots("again", 1, e)))
    assert redrawing.differences(panel) == []
    assert bench.tasks_of(who) == [one for one in bench.tasks_of(who) if one.pk != task.pk]
    assert PanelBar.objects.get(reason="declared").detail == "advised it once"
    new = PanelTask.objects.get(case=task.case, member=made.taken)
    assert (new.number, new.state, new.declared) == (1, "open", "")
    assert set(Notification.objects.values_list("kind", flat=True)) == {
        "panel_drawn", "panel_task_passed_on",
    }  # fmt: skip
    with pytest.raises(PermissionDenied):
        scoring.declare(done, by=by, conflict=False, true=True, version=done.version)


def test_without_anybody_left_the_office_is_told(bench: Bench) -> None:
    panel = bench.drawn()
    bench.at("declare")
    ExpertProfile.objects.exclude(user__username="ada").update(available=False)
    task = PanelTask.objects.filter(case__application__region_path="320583").first()  # not for ada
    assert task is not None
    by = bench.user(task.member.profile.user.username)
    scoring.declare(task, by=by, conflict=True, true=True, reason="kin", version=task.version)
    made = Replacement.objects.get(case=task.case)
    assert made.taken is None
    lacking = Notification.objects.filter(kind="panel_case_lacks_experts")
    assert {one.recipient.username for one in lacking} == {"nation", "nation2"}
    assert redrawing.differences(panel) == []


def test_the_next_of_the_lots_steps_in_where_nobody_seated_can(bench: Bench) -> None:
    panel = bench.drawn(seats=6, most=3, same_county=False)  # everybody seated is full
    bench.at("declare")
    who = bench.seated()[0]
    task, by = bench.tasks_of(who)[0], bench.user(who)
    scoring.declare(task, by=by, conflict=True, true=True, reason="kin", version=task.version)
    made = Replacement.objects.get(case=task.case)
    barred = set(made.barred)
    waiting = [one for one in panel.members.order_by("place")[6:] if one.token not in barred]
    assert made.taken == waiting[0]
    assert made.taken is not None
    assert made.taken.seated is True
    assert redrawing.differences(panel) == []


def test_a_conflict_stated_after_the_draw_closes_the_case_and_passes_on(bench: Bench) -> None:
    panel = bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    task = bench.score(bench.tasks_of(who)[0])
    firm = task.case.application.enterprise
    ExpertTie.objects.create(
        profile=bench.profile(who), kind="shares", name=firm.name, name_key=firm.name_key
    )
    with pytest.raises(PermissionDenied, match="conflict of interest"):
        scoring.open_task(task, bench.user(who))
    with pytest.raises(PermissionDenied, match="conflict of interest"):
        bench.score(task)
    with pytest.raises(PermissionDenied):
        replacing.pass_on_conflicts(panel, by=bench.user("province"))
    assert replacing.pass_on_conflicts(panel, by=bench.user("nation")) == 1
    task.refresh_from_db()
    assert (task.state, task.total is None) == ("replaced", False)
    assert replacing.found_since(panel) == []
    assert redrawing.differences(panel) == []


def test_one_who_abstained_may_be_followed_by_a_further_expert(bench: Bench) -> None:
    panel = bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    task = bench.clear(bench.tasks_of(who)[0])
    nation = bench.user("nation")
    with pytest.raises(MoveError, match="where one abstained"):
        replacing.add_expert(task, by=nation)
    task = scoring.abstain(task, by=bench.user(who), reason="not my field", version=task.version)
    replacing.add_expert(task, by=nation)
    with pytest.raises(MoveError, match="passed on already"):
        replacing.add_expert(task, by=nation)
    assert task.case.tasks.exclude(state="replaced").count() == 4
    assert redrawing.differences(panel) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seats": 9}, "The pool holds 8 experts, 9 seats are to be drawn."),
        (
            {"most": 2},
            "are 18 readings; 8 seats with at most 2 make 16. Draw at least 9 seats, or",
        ),
        ({"each": 8, "most": 8}, "cannot get"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_the_seed_opens(
    bench: Bench, given: dict[str, int], said: str
) -> None:
    nation, panel = bench.user("nation"), bench.opened(**given)
    draws.commit(panel, by=nation)
    bench.clock.shift(1)
    with pytest.raises(MoveError) as refused:
        draws.close_lists(panel, by=nation)
    assert said in str(refused.value)
    assert panel.members.count() == 0
    assert AuditRecord.objects.filter(action="panel.lists_closed").count() == 0


def test_the_case_that_lacks_experts_is_named_with_what_mends_it(bench: Bench) -> None:
    firm = bench.firms["余杭沐川阀门有限公司"]
    for name in ("ada", "bo", "cai", "dan", "eli", "fan"):
        ExpertTie.objects.create(
            profile=bench.profile(name), kind="work", name=firm.name, name_key=firm.name_key
        )
    nation, panel = bench.user("nation"), bench.opened()
    draws.commit(panel, by=nation)
    bench.clock.shift(1)
    with pytest.raises(MoveError) as refused:
        draws.close_lists(panel, by=nation)
    assert str(refused.value) == (
        "1 case cannot get its experts. 余杭沐川阀门有限公司: 2 of 8 experts have no conflict. "
        "Have more experts without a conflict checked into the pool, draw more seats, or ask fewer "
        "than 3 experts a case."
    )


def test_a_draw_that_comes_up_short_changes_nothing(bench: Bench) -> None:
    """The pool would do, the seats drawn from it do not: the seed stays sealed."""
    firm = bench.firms["余杭沐川阀门有限公司"]
    for name in ("ada", "bo", "cai", "dan", "eli"):
        ExpertTie.objects.create(
            profile=bench.profile(name), kind="work", name=firm.name, name_key=firm.name_key
        )
    nation, panel = bench.user("nation"), bench.opened(seats=3, same_county=False)
    draws.commit(panel, by=nation)
    bench.clock.shift(1)
    draws.close_lists(panel, by=nation)
    with pytest.raises(MoveError, match=r"of 3 seated experts have no conflict"):
        draws.draw(panel, by=nation)
    draw = PanelDraw.objects.get(panel=panel)
    assert (draw.seed, draw.drawn_at, PanelTask.objects.count()) == ("", None, 0)
    with pytest.raises(MoveError, match="Say why"):
        draws.reopen_lists(panel, by=nation, reason=" ")
    draws.reopen_lists(panel, by=nation, reason="draw more seats")
    panel.refresh_from_db()
    setting_up.change(
        panel, bench.settings(seats=8, same_county=False), by=nation, version=panel.version
    )
    draws.close_lists(panel, by=nation)
    assert draws.draw(panel, by=nation).tries == 2


def test_every_step_is_audited_with_its_hashes_and_without_a_firm(bench: Bench) -> None:
    panel = bench.drawn()
    bench.at("score")
    bench.score(bench.tasks_of(bench.seated()[0])[0])
    rows = AuditRecord.objects.order_by("pk")
    actions = [one.action for one in rows if one.action.startswith("panel.")]
    assert actions == [
        "panel.opened", "panel.phases_set", "panel.seed_sealed", "panel.lists_closed",
        "panel.drawn", "panel.no_conflict_declared", "panel.scored",
    ]  # fmt: skip
    assert rows.get(action="panel.seed_sealed").after == {"commitment": panel.draw.commitment}
    assert rows.get(action="panel.drawn").after["seed"] == panel.draw.seed
    assert set(rows.values_list("enterprise_id", flat=True)) == {None}
    kept = json.dumps(list(rows.values("before", "after", "reason")), ensure_ascii=False)
    assert not any(name in kept for name in bench.firms)


@pytest.mark.parametrize("who", ["nation2", "province", "county", "auditor", "ada", "owner"])
def test_who_runs_a_panel(bench: Bench, who: str) -> None:
    panel, by = bench.opened(), bench.user(who)
    bench.clock.shift(1)
    if who == "nation2":
        draws.commit(panel, by=by)
        return
    with pytest.raises(PermissionDenied):
        draws.commit(panel, by=by)
    with pytest.raises(PermissionDenied):
        draws.cancel(panel, by=by, reason="x")
    with pytest.raises(PermissionDenied):
        setting_up.change(panel, bench.settings(), by=by, version=panel.version)
    with pytest.raises(PermissionDenied):
        setting_up.owe(bench.round, "nation", by=by)
    with pytest.raises(PermissionDenied):
        setting_up.open_panel(bench.round, bench.places["000000"], bench.settings(name="x"), by=by)


def test_a_province_holds_a_panel_of_its_own_for_the_nations_round(bench: Bench) -> None:
    Application.objects.update(status="at_province")
    province = bench.user("province")
    panel = setting_up.open_panel(
        bench.round, bench.places["330000"], bench.settings(), by=province
    )
    assert (panel.level, panel.region_path) == ("province", "33")
    with pytest.raises(PermissionDenied):
        setting_up.open_panel(bench.round, bench.places["320000"], bench.settings(), by=province)
    panel = setting_up.set_phases(panel, bench.phases(), by=province, version=panel.version)
    draws.commit(panel, by=province)
    bench.clock.shift(1)
    with pytest.raises(MoveError, match="pool holds 0 experts"):
        draws.close_lists(panel, by=province)  # the library is the nation's
    Seat.objects.filter(role="expert").update(region=bench.places["330000"])
    draws.close_lists(panel, by=province)
    assert panel.cases.count() == 3  # those of Zhejiang, without Ningbo


def test_an_application_is_before_one_panel_of_a_level(bench: Bench) -> None:
    first = bench.drawn()
    nation, second = bench.user("nation"), bench.opened(name="第二组")
    draws.commit(second, by=nation)
    bench.clock.shift(60)
    with pytest.raises(MoveError, match="there is nothing to read"):
        draws.close_lists(second, by=nation)
    draws.cancel(first, by=nation, reason="begun too early")
    draws.close_lists(second, by=nation)
    assert second.cases.count() == 6
    assert bench.tasks_of("ada") == []


def test_settings_have_their_limits_and_their_time(bench: Bench) -> None:
    nation, panel = bench.user("nation"), bench.opened()

    def change(**given: object) -> None:
        panel.refresh_from_db()
        setting_up.change(panel, bench.settings(**given), by=nation, version=panel.version)

    for given, field in (
        ({"seats": 0}, "seats"), ({"each": 16}, "each"), ({"most": 10**9}, "most"),
        ({"least": 4}, "least"), ({"each": 9, "seats": 8}, "each"), ({"name": " "}, "name"),
        ({"line": 10_001}, "line"), ({"years": -1}, "years"),
    ):  # fmt: skip
        with pytest.raises(MoveError) as refused:
            change(**given)
        assert refused.value.field == field
    with pytest.raises(MovedMeanwhileError):
        setting_up.change(panel, bench.settings(), by=nation, version=0)
    drawn = bench.drawn(name="第二组")
    with pytest.raises(MoveError, match="lists are closed"):
        setting_up.change(drawn, bench.settings(name="x"), by=nation, version=drawn.version)
    with pytest.raises(MoveError, match="only the days can move"):
        setting_up.set_phases(
            drawn, bench.phases(hide_firm=False), by=nation, version=drawn.version, reason="x"
        )
    with pytest.raises(MoveError, match="why the days move"):
        setting_up.set_phases(drawn, bench.phases(), by=nation, version=drawn.version)
    setting_up.set_phases(drawn, bench.phases(), by=nation, version=drawn.version, reason="late")
