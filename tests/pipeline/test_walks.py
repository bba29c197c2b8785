"""Random walks: whatever anybody tries, what must hold holds (随机流转)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from cultivation.pipeline import moves, opinions
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import (
    ExpertProfile,
    Panel,
    PanelCase,
    PanelDuty,
    PanelMember,
    PanelTask,
    Proposal,
    Quota,
    QuotaPlace,
)
from cultivation.pipeline.opinions import Word
from cultivation.pipeline.panels import rubrics
from cultivation.pipeline.releasing import proposing, releasing
from enterprises.registry.models import Enterprise, Title

from .conftest import TODAY
from .test_quotas import share
from .test_rounds import days, hold

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application, Round

    from .conftest import World

pytestmark = pytest.mark.django_db

# The ways of a little giant of Binjiang written down once more, apart from the table under test.
LEVELS = ["county", "city", "province", "nation"]
WAYS: dict[tuple[str, str], str] = {
    ("draft", "submit"): "at_county",
    ("at_county", "recommend"): "at_city",
    ("at_city", "recommend"): "at_province",
    ("at_province", "put_on_notice"): "on_notice:province",
    ("on_notice:province", "recommend"): "at_nation",
    ("at_nation", "put_on_notice"): "on_notice:nation",
    ("on_notice:nation", "recognise"): "recognised",
}
for _place in [f"at_{level}" for level in LEVELS] + ["on_notice:province", "on_notice:nation"]:
    WAYS[_place, "return"] = f"returned:{_place.replace('on_notice:', 'at_')}"
    WAYS[WAYS[_place, "return"], "resubmit"] = _place.replace("on_notice:", "at_")
    WAYS[WAYS[_place, "return"], "lapse"] = "withdrawn"
    WAYS[_place, "refuse"] = "refused"
    for _there in (_place, WAYS[_place, "return"]):
        WAYS[_there, "hand_over"] = _there  # from one county of Hangzhou to another
for _place in {place for place, _ in WAYS}:
    WAYS[_place, "withdraw"] = "withdrawn"
OWNERS = {"submit", "resubmit", "withdraw"}
STAGED = {"recommend", "recognise", "refuse"}
WHO = [
    "owner", "editor", "county", "city", "province", "province2", "nation", "nation2", "clerk",
    "other_county", "jiangsu", "ningbo", "auditor", "expert", "other_owner", "nobody",
]  # fmt: skip
ALL = [*sorted(moves.STEPS), *(f"propose:{name}" for name in sorted(STAGED)), "release"]
BACK = {"refuse", "propose:refuse", "withdraw", "return", "ban"}
ENDS = {"recognised", "refused", "withdrawn"}
ONWARD = {"submit", "resubmit", "recommend", "put_on_notice", "recognise"}
MERITS = ONWARD - {"submit"} | {"refuse"}
COUNTIES = {"330108": "county", "330110": "other_county"}


def place(application: Application) -> str:
    if application.status == "on_notice":
        return f"on_notice:{application.notice_level}"
    if application.status == "returned":
        return f"returned:{application.returned_from}"
    return application.status


def level_of(at: str) -> str:
    return at.removeprefix("returned:").removeprefix("at_").removeprefix("on_notice:")


def rightful(at: str, name: str, region: str) -> set[str]:
    """Return who may take a move: the owner, or the office of the level that holds it."""
    if name in OWNERS:
        return {"owner"}
    if level_of(at) not in LEVELS:
        return set()
    reach = LEVELS[LEVELS.index(level_of(at)) :]  # those above hand a case over as well
    deciding = name in {"refuse", "put_on_notice", "recognise"}
    found: set[str] = set()
    for level in reach if name == "hand_over" else reach[:1]:
        found |= {COUNTIES[region] if level == "county" else level}
        found |= {"clerk"} if level == "province" and not deciding else set()
        found |= {f"{level}2"} if level in {"province", "nation"} else set()
    return found


def takes_two(at: str, name: str) -> bool:
    """Tell whether a step is the nation's decision, for a little giant the level that decides."""
    return name == "recognise" or (name == "refuse" and at.endswith("nation"))


def check(application: Application) -> None:
    """Fail where the history has a gap, a level was skipped or a title came twice."""
    history = list(application.moves.all())
    assert [m.source for m in history] == ["draft", *[m.target for m in history[:-1]]][
        : len(history)
    ]
    versions = [move.version for move in history]
    assert versions == sorted(set(versions))
    if history:
        assert history[-1].target == application.status
    passed = [move.source for move in history if move.name == "recommend"]
    if application.status == "recognised":
        assert {"at_county", "at_city", "on_notice"} <= set(passed)
        notices = {m.note["level"] for m in history if m.name == "put_on_notice"}
        assert notices == {"province", "nation"}
    given = Title.objects.filter(enterprise=application.enterprise, tier="little_giant")
    assert given.count() == (1 if application.status == "recognised" else 0)
    assert (application.title_id is not None) is (application.status == "recognised")
    application.enterprise.refresh_from_db()
    below = "" if is_barred(application) else "srdi"
    expected = "little_giant" if application.status == "recognised" else below
    assert application.enterprise.tier == expected
    assert all(move.reason for move in history if move.name in {"return", "refuse"})
    for move in history:
        at = move.source
        if at == "on_notice":
            at = f"on_notice:{move.note.get('level', '')}"
        assert move.decides is takes_two(at, move.name)
        assert move.proposed_by_id is not None or not move.decides
        assert move.proposed_by_id != move.made_by_id
    waiting = Proposal.objects.open().filter(application=application)
    assert all(one.version == application.version for one in waiting)
    assert waiting.count() <= 1
    check_places(application)


def check_places(application: Application) -> None:
    """Fail where a quota is exceeded, or a place is not where the case says it is."""
    quota, taken = Quota.objects.get(), QuotaPlace.objects.count()
    assert quota.used == taken <= quota.places
    level = level_of(place(application))
    if level in {"province", "nation"} or application.status == "recognised":
        assert taken == 1
    if level in {"county", "city"} or application.status in {"draft", "withdrawn"}:
        assert taken == 0


def is_barred(application: Application) -> bool:
    return Title.objects.filter(enterprise=application.enterprise, end_kind="revoked").exists()


def has_moved(application: Application) -> bool:
    firm = Enterprise.objects.get(pk=application.enterprise_id)
    return application.submitted_at is not None and firm.region_path != application.region_path


def scores(application: Application) -> int:
    """Return how many scores of the application as it stands its panel gave."""
    of_it = PanelTask.objects.filter(case__application=application, state="final")
    return of_it.filter(submission=application.submission_id).count()


def check_taken(application: Application, at: str, name: str, before: tuple[bool, bool]) -> None:
    """Fail where a step was taken that a bar, a move of the firm, or a panel owed stood against."""
    barred, moved = before
    assert not (barred and name in ONWARD), (at, name)
    assert not (moved and name in MERITS), (at, name)
    if level_of(at) == "nation" and name in {"put_on_notice", "recognise"}:
        assert scores(application) >= 2


def state(application: Application) -> tuple[object, ...]:
    application.refresh_from_db()
    return (application.status, application.version, application.moves.count())


def attempt(world: World, application: Application, name: str, who: str, reason: str) -> None:
    """Try a move or a proposal, check that it was rightful, that a refused one changed nothing."""
    at, before = place(application), state(application)
    way, _, verdict = name.partition(":")
    region, stood = application.region_path, (is_barred(application), has_moved(application))
    try:
        with transaction.atomic():
            if way == "propose":
                proposing.propose(application, verdict, by=world.user(who), reason=reason)
            elif way == "release":
                _release(world, application, who, at, stood)
                return
            elif way in {"return", "resubmit"}:
                world.step(application, way, who, reason)
            else:
                moves.advance(application, way, by=world.user(who), reason=reason)
    except (PermissionDenied, MoveError):
        assert state(application) == before
        return
    assert who in rightful(at, verdict or way, region), (at, name, who)
    if way == "propose":
        assert state(application) == before
        assert who != "clerk"
        return
    assert not takes_two(at, way)
    assert place(application) == WAYS[at, way]
    check_taken(application, at, way, stood)


def _release(
    world: World, application: Application, who: str, at: str, stood: tuple[bool, bool]
) -> None:
    """Let what is proposed go, whoever it is; where it went, it was a second one's to let go."""
    (open_now,) = Proposal.objects.open().filter(application=application) or (None,)
    before = state(application)
    done = releasing.release([open_now] if open_now else [], by=world.user(who))
    after = state(application)
    assert (after == before) is (not done.taken)
    if done.taken:
        assert open_now is not None
        assert who in rightful(at, open_now.verdict, application.region_path) - {"clerk"}
        assert open_now.proposed_by != world.user(who)
        assert place(application) == WAYS[at, open_now.verdict]
        check_taken(application, at, open_now.verdict, stood)


def _ban(world: World, _application: Application) -> None:
    """Let the province revoke the title below for cause, where that was not done yet."""
    if held := Title.objects.filter(tier="srdi", ended_on__isnull=True).first():
        world.end(held, "province")


def _move(world: World, application: Application) -> None:
    """Let the firm go to the other county."""
    firm = Enterprise.objects.get(pk=application.enterprise_id)
    other = next(code for code in COUNTIES if code != firm.region_path)
    rows = Enterprise.objects.filter(pk=firm.pk)
    rows.update(region=world.places[other], region_path=other)


def _score(world: World, application: Application) -> None:
    """Let the nation's panel have scored the application as it stands, by two experts."""
    if not Panel.objects.exists():
        _seat(world, application)
    PanelTask.objects.update(submission=application.submission)


def _seat(world: World, application: Application) -> None:
    now, line = world.now(), rubrics.Line("甲", "A", 10_000)
    made = rubrics.write(None, [line], by=None, code="r", title_zh="表", title_en="")
    panel = Panel.objects.create(
        round=application.round, level="nation", region=world.places["000000"], name="组",
        token="walk", rubric=rubrics.publish(made, by=None), seats=2, each=2, least=2, most=9,
        state="drawn",
    )  # fmt: skip
    case = PanelCase.objects.create(panel=panel, application=application, level="nation", token="c")
    for name in ("expert", "nobody"):
        profile = ExpertProfile.objects.create(
            user=world.users[name], state="approved", checked_by=world.users["nation"],
            declared_at=now,
        )  # fmt: skip
        member = PanelMember.objects.create(panel=panel, profile=profile, token=name, seated=True)
        PanelTask.objects.create(
            case=case, member=member, token=name, declared="clear", declared_at=now, state="final",
            total=80, final_at=now,
        )  # fmt: skip


def begin(world: World, places: int) -> Round:
    """Hold a round with so many places for the city, whose nation owes a panel."""
    wanted: dict[str, Any] = {"company": days("2026-05-04", "2027-12-31")}
    round_ = hold(world, wanted, tier="little_giant", unit="000000", who="nation")
    share(world, round_, places)
    PanelDuty.objects.create(round=round_, level="nation")
    return round_


def bring(world: World, start: str) -> Application:
    """Begin an application, and bring it where its notice at a level is over."""
    if start == "draft":
        return world.draft("little_giant")
    application = world.on_notice("little_giant")
    if start == "nation":
        world.wait(9)
        world.step(application, "recommend", "province")
        _score(world, application)
        world.judge(application, "nation")
        world.step(application, "put_on_notice", "nation")
    return application


def choices(application: Application, at: str) -> list[tuple[str, str]]:
    """Return what makes sense where a case stands, and who may; what is likely more than once."""
    region = application.region_path
    found = [
        (f"propose:{name}" if takes_two(at, name) else name, who)
        for place_, name in WAYS
        if place_ == at and (name != "hand_over" or has_moved(application))
        for who in sorted(rightful(at, name, region))
    ]
    if proposed := Proposal.objects.open().filter(application=application).first():
        seconds = {level_of(at), f"{level_of(at)}2"} - {proposed.proposed_by.username}
        found += [("release", who) for who in sorted(seconds)] * 3
    elif at.startswith("on_notice:"):
        verdict = "recognise" if at.endswith("nation") else "recommend"
        found += [(f"propose:{verdict}", who) for who in sorted(rightful(at, verdict, region))]
    if has_moved(application):
        found += [one for one in found if one[0] == "hand_over"] * 2
    if at == "at_nation" and scores(application) < 2:
        found += [("score", "panel")] * 4
    if at in HELD_AT and not has_moved(application):
        found += [("move", "registry")] * 2
    return [*found, ("ban", "province")] if at in HELD_AT else found


NOT_MOVES = {"ban": _ban, "move": _move, "score": _score}
HELD_AT = {f"at_{level}" for level in LEVELS} | {"on_notice:province", "on_notice:nation"}


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_walk_breaks_what_must_hold(world: World, data: st.DataObject) -> None:
    world.clock.move_to(TODAY, tick=False)
    for name in ("province2", "nation2"):
        world.user(name)
    with transaction.atomic():
        world.holds("srdi")
        start = data.draw(st.sampled_from(["draft", "province", "nation"]), label="start")
        places = data.draw(st.sampled_from([1, 1, 0]), label="places") if start == "draft" else 1
        begin(world, places)
        application = bring(world, start)
        beyond = 0
        for _ in range(data.draw(st.integers(4, 14), label="length")):
            at = place(application)
            beyond += at in ENDS
            if beyond > 2:  # tried often enough
                break
            sensible = choices(application, at)
            onward = [pair for pair in sensible if pair[0] not in BACK]
            wild = st.tuples(st.sampled_from(ALL), st.sampled_from(WHO))
            choice = wild
            if sensible:
                likely = st.sampled_from(onward or sensible)
                choice = st.one_of(likely, likely, st.sampled_from(sensible), wild)
            name, who = data.draw(choice, label="move")
            if name in NOT_MOVES:
                NOT_MOVES[name](world, application)
                check(application)
                continue
            if data.draw(st.booleans(), label="judged and waited"):
                _judge(world, application, who)
                world.wait(9)
            reason = data.draw(st.sampled_from(["", " ", "for a reason"]), label="reason")
            attempt(world, application, name, who, reason)
            check(application)
        _tell(application)
        transaction.set_rollback(True)


def _tell(application: Application) -> None:
    """Note what a walk came to, for the statistics."""
    event(application.status)
    for name in {one.name for one in application.moves.all()} & {"hand_over", "recognise"}:
        event(name)
    if is_barred(application):
        event("barred")
    if Proposal.objects.filter(state="lapsed").exists():
        event("laid aside")


def _judge(world: World, application: Application, who: str) -> None:
    code = f"{application.submitted_result.get('code', 'L')}-3"
    user = world.user(who)
    allowed = opinions.may_review(application, user)
    try:
        with transaction.atomic():
            opinions.record(application, [Word(code, "agreed", "seen on site")], by=user)
    except PermissionDenied:
        assert not allowed
    else:
        assert allowed
