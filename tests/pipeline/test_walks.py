"""Random walks: whatever anybody tries, what must hold holds (随机流转)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from cultivation.pipeline import moves, opinions
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Proposal
from cultivation.pipeline.opinions import Word
from cultivation.pipeline.releasing import proposing, releasing
from enterprises.registry.models import Title

from .conftest import TODAY

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application

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
for _place in {place for place, _ in WAYS}:
    WAYS[_place, "withdraw"] = "withdrawn"
OWNERS = {"submit", "resubmit", "withdraw"}
STAGED = {"recommend", "recognise", "refuse"}
WHO = [
    "owner", "editor", "county", "city", "province", "province2", "nation", "nation2", "clerk",
    "other_county", "jiangsu", "ningbo", "auditor", "expert", "other_owner", "nobody",
]  # fmt: skip
ALL = [*sorted(moves.STEPS), *(f"propose:{name}" for name in sorted(STAGED)), "release"]
BACK = {"refuse", "propose:refuse", "withdraw", "return"}


def place(application: Application) -> str:
    if application.status == "on_notice":
        return f"on_notice:{application.notice_level}"
    if application.status == "returned":
        return f"returned:{application.returned_from}"
    return application.status


def rightful(at: str, name: str) -> set[str]:
    """Return who may take a move: the owner, or the office of the level that holds it."""
    if name in OWNERS:
        return {"owner"}
    level = at.removeprefix("returned:").removeprefix("at_").removeprefix("on_notice:")
    deciding = name in {"refuse", "put_on_notice", "recognise"}
    found = {level} | ({"clerk"} if level == "province" and not deciding else set())
    return found | ({f"{level}2"} if level in {"province", "nation"} else set())


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
    expected = "little_giant" if application.status == "recognised" else "srdi"
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


def state(application: Application) -> tuple[object, ...]:
    application.refresh_from_db()
    return (application.status, application.version, application.moves.count())


def attempt(world: World, application: Application, name: str, who: str, reason: str) -> None:
    """Try a move or a proposal, check that it was rightful, that a refused one changed nothing."""
    at, before = place(application), state(application)
    way, _, verdict = name.partition(":")
    try:
        with transaction.atomic():
            if way == "propose":
                proposing.propose(application, verdict, by=world.user(who), reason=reason)
            elif way == "release":
                _release(world, application, who, at)
                return
            elif way in {"return", "resubmit"}:
                world.step(application, way, who, reason)
            else:
                moves.advance(application, way, by=world.user(who), reason=reason)
    except (PermissionDenied, MoveError):
        assert state(application) == before
        return
    assert who in rightful(at, verdict or way), (at, name, who)
    if way == "propose":
        assert state(application) == before
        assert who != "clerk"
        return
    assert not takes_two(at, way)
    assert place(application) == WAYS[at, way]


def _release(world: World, application: Application, who: str, at: str) -> None:
    """Let what is proposed go, whoever it is; where it went, it was a second one's to let go."""
    (open_now,) = Proposal.objects.open().filter(application=application) or (None,)
    before = state(application)
    done = releasing.release([open_now] if open_now else [], by=world.user(who))
    after = state(application)
    assert (after == before) is (not done.taken)
    if done.taken:
        assert open_now is not None
        assert who in rightful(at, open_now.verdict) - {"clerk"}
        assert open_now.proposed_by != world.user(who)
        assert place(application) == WAYS[at, open_now.verdict]


@settings(
    max_examples=25,
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
        application = world.draft("little_giant")
        for _ in range(data.draw(st.integers(4, 22), label="length")):
            at = place(application)
            ways = [name for found, name in WAYS if found == at]
            sensible = [
                (f"propose:{name}" if takes_two(at, name) else name, who)
                for name in ways
                for who in sorted(rightful(at, name))
            ]
            if proposed := Proposal.objects.open().filter(application=application).first():
                level = at.removeprefix("at_").removeprefix("on_notice:")
                seconds = {level, f"{level}2"} - {proposed.proposed_by.username}
                sensible += [("release", who) for who in sorted(seconds)] * 3
            elif at.startswith("on_notice:"):
                verdict = "recognise" if at.endswith("nation") else "recommend"
                sensible += [(f"propose:{verdict}", who) for who in sorted(rightful(at, verdict))]
            onward = [pair for pair in sensible if pair[0] not in BACK]
            wild = st.tuples(st.sampled_from(ALL), st.sampled_from(WHO))
            choice = wild
            if sensible:
                choice = st.one_of(
                    st.sampled_from(onward or sensible),
                    st.sampled_from(onward or sensible),
                    st.sampled_from(sensible),
                    wild,
                )
            name, who = data.draw(choice, label="move")
            if data.draw(st.booleans(), label="judged and waited"):
                _judge(world, application, who)
                world.wait(9)
            reason = data.draw(st.sampled_from(["", " ", "for a reason"]), label="reason")
            attempt(world, application, name, who, reason)
            check(application)
        event(application.status)
        transaction.set_rollback(True)


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
