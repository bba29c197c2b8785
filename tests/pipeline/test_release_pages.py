"""Pages of pending decisions: who may what, what bad input is told, how many queries (发布页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from cultivation.pipeline.correcting import reasons as library
from cultivation.pipeline.models import Proposal, Release
from cultivation.pipeline.releasing import proposing, releasing, sets
from enterprises.registry.models import Title

from .test_pages import EVERYBODY, signed, text
from .test_releasing import many, ready, staged

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db
LISTS = ("undecided", "pending", "releases")


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


def url(name: str, *args: object) -> str:
    return reverse(f"pipeline:{name}", args=args)


def queries(client: Client, path: str, **post: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        response = client.post(path, post) if post else client.get(path)
    assert response.status_code in {200, 302}
    return len(seen)


def prepared(world: World, number: int) -> tuple[list[Proposal], Release]:
    some = staged(world, number)
    made, _left = sets.prepare([one.pk for one in some], by=world.user("province2"))
    return some, made


def test_only_offices_that_decide_come_to_the_pages(client: Client, world: World) -> None:
    proposals, made = prepared(world, 1)
    one = proposals[0]
    paths = {
        "undecided": url("undecided"), "pending": url("pending"), "releases": url("releases"),
        "release": url("release", made.pk), "propose": url("propose", one.application_id),
    }  # fmt: skip
    found = {}
    for who in (*EVERYBODY, "province2"):
        world.user(who)
        signed(client, world, who)
        found[who] = {name: client.get(path).status_code for name, path in paths.items()}
    shut = {"undecided": 403, "pending": 403, "releases": 403, "release": 403, "propose": 404}
    seen = {"undecided": 403, "pending": 403, "releases": 403, "release": 403, "propose": 403}
    other = {"undecided": 200, "pending": 200, "releases": 200, "release": 404, "propose": 404}
    whole = dict.fromkeys(paths, 200)
    reads = {"undecided": 403, "pending": 200, "releases": 200, "release": 200, "propose": 403}
    assert found == {
        **dict.fromkeys(EVERYBODY, shut),
        **dict.fromkeys(("county", "city", "owner", "editor"), seen),
        **dict.fromkeys(("jiangsu", "ningbo"), other),
        "nation": other | {"propose": 403},
        "clerk": reads, "auditor": reads, "province": whole, "province2": whole,
    }  # fmt: skip


def test_a_proposal_is_posted_and_bad_input_is_told(client: Client, world: World) -> None:
    library.load()
    application = ready(world)
    signed(client, world, "province")
    path, version = url("propose", application.pk), application.version
    assert "Recognise" in text(client.get(path))
    for typed, status in (
        ({"verdict": "recommend", "version": version}, 400),
        ({"verdict": "\0", "version": version}, 400),
        ({"verdict": "refuse", "version": version}, 409),  # no reason
        ({"verdict": "recognise", "version": version - 1}, 409),
        ({"verdict": "recognise", "version": "9" * 400}, 409),
        ({"verdict": "recognise", "version": ""}, 409),
        ({"verdict": "refuse", "words": "x" * 4001, "version": version}, 400),
        ({"verdict": "refuse", "words": "no\0", "version": version}, 400),
        ({"verdict": "refuse", "words": "no", "reasons": "I-1|nothing", "version": version}, 400),
    ):
        assert client.post(path, typed).status_code == status, typed
    assert Proposal.objects.count() == 0
    stale = client.post(path, {"verdict": "recognise", "version": version - 1})
    assert "The application was moved meanwhile" in text(stale)
    owed = client.post(path, {"verdict": "refuse", "version": version})
    assert "A proposal to refuse needs a reason" in text(owed)
    assert client.post(path, {"verdict": "recognise", "version": version}).status_code == 302
    assert Proposal.objects.get().verdict == "recognise"


def test_a_proposal_is_withdrawn_by_its_office_alone(client: Client, world: World) -> None:
    (proposal,) = staged(world, 1)
    path = url("unpropose", proposal.pk)
    assert client.get(path).status_code == 405
    for who, status in (("jiangsu", 404), ("owner", 404), ("county", 404), ("clerk", 403)):
        assert signed(client, world, who).post(path).status_code == status, who
    assert Proposal.objects.get().state == "pending"
    world.user("province2")
    signed(client, world, "province2").post(path)
    assert Proposal.objects.get().state == "withdrawn"
    page = client.post(path, follow=True)
    assert "The proposal is withdrawn already." in text(page)


def test_many_are_proposed_after_they_were_looked_at(client: Client, world: World) -> None:
    chosen = [one.pk for one in many(world, ready(world), 3)]
    path = url("propose_many")
    assert signed(client, world, "county").post(path, {"row": chosen}).status_code == 403
    signed(client, world, "province")
    assert client.post(path, {"row": ["x"]}).status_code == 400
    assert client.post(path, {"row": ["9" * 400]}).status_code == 400
    assert client.post(path).status_code == 302  # none ticked
    assert "3" in text(client.post(path, {"row": chosen}))
    asked = {"row": chosen, "confirmed": "1"}
    assert client.post(path, asked).status_code == 400
    assert client.post(path, asked | {"verdict": "refuse"}).status_code == 400
    assert Proposal.objects.count() == 0
    done = client.post(path, asked | {"verdict": "recognise"}, follow=True)
    assert "3 decisions are proposed" in text(done)


def test_who_proposed_neither_prepares_nor_confirms_a_release(client: Client, world: World) -> None:
    proposals, made = prepared(world, 2)
    path = url("prepare_release")
    signed(client, world, "province")
    answer = client.post(path, {"row": [one.pk for one in proposals]}, follow=True)
    assert "None of these is yours to release" in text(answer)
    assert client.post(url("release", made.pk), {"count": "2"}).status_code == 403
    assert client.post(url("release", made.pk), {"count": "2"}).status_code == 403
    for who, status in (("clerk", 403), ("auditor", 403), ("jiangsu", 404), ("county", 403)):
        answered = signed(client, world, who).post(url("release", made.pk), {"count": "2"})
        assert answered.status_code == status, who
        for name in ("look_at_release", "release_cancel"):
            assert client.post(url(name, made.pk)).status_code in {403, 404}
    assert Title.objects.count() == 0


def test_a_release_is_confirmed_by_its_number(
    client: Client, world: World, django_capture_on_commit_callbacks: Any
) -> None:
    _proposals, made = prepared(world, 2)
    signed(client, world, "province2")
    path = url("release", made.pk)
    for typed in (
        {"count": ""}, {"count": "3"}, {"count": "-1"}, {"count": "9" * 400}, {"count": "\0"},
        {"count": "2", "due": "0000-01-01T00:00"}, {"count": "2", "due": "9999-12-31T23:59"},
        {"count": "2", "due": "2020-01-01T00:00"}, {"count": "2", "due": "x"},
    ):  # fmt: skip
        assert client.post(path, typed).status_code == 400, typed
    made.refresh_from_db()
    assert made.state == "prepared"
    wrong = client.post(path, {"count": "3"})
    assert "This release holds 2 decisions now; you typed 3." in text(wrong)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(path, {"count": "2"}).status_code == 302
    assert Title.objects.count() == 2
    assert "The release is done." in text(client.post(path, {"count": "2"}))


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_the_same_queries_for_three_as_for_one(
    client: Client, world: World, name: str
) -> None:
    some = many(world, ready(world), 4)
    pks = [one.pk for one in some]
    by, second = world.user("province"), world.user("province2")
    signed(client, world, "province2")
    client.get(url(name))
    if name != "undecided":
        first = proposing.propose_many(pks[:1], "recognise", by=by).made
        sets.prepare([one.pk for one in first], by=second)
    else:
        proposing.propose_many(pks[1:], "recognise", by=by)
    one = queries(client, url(name))
    if name != "undecided":
        for pk in pks[1:3]:
            made = proposing.propose_many([pk], "recognise", by=by).made
            sets.prepare([each.pk for each in made], by=second)
    else:
        Proposal.objects.filter(application__in=pks[1:3]).update(state="withdrawn")
    assert queries(client, url(name)) == one
    assert one <= MOST[name]


MOST = {"undecided": 14, "pending": 30, "releases": 14}


def test_pages_of_a_release_take_the_same_queries_for_three_as_for_one(
    client: Client, world: World
) -> None:
    keys = [one.pk for one in many(world, ready(world), 5)]
    world.user("province2")
    found = []
    for pks in (keys[:1], keys[1:2], keys[2:]):  # the first reads what is kept for all
        path = url("propose_many")
        signed(client, world, "province")
        asked = queries(client, path, row=pks)
        proposed = queries(client, path, row=pks, confirmed="1", verdict="recognise")
        signed(client, world, "province2")
        rows = list(Proposal.objects.filter(application__in=pks).values_list("pk", flat=True))
        put = queries(client, url("prepare_release"), row=rows)
        made = Release.objects.order_by("-pk")[0]
        shown = queries(client, url("release", made.pk))
        looked = queries(client, url("look_at_release", made.pk), go="1")
        confirmed = queries(client, url("release", made.pk), count=str(len(pks)))
        found.append((asked, proposed, put, shown, looked, confirmed))
    assert found[1] == found[2]
    assert max(found[1]) <= 30


def test_a_chunk_of_a_release_takes_the_same_queries_at_two_sizes(world: World) -> None:
    some = many(world, ready(world), 10)
    by, second = world.user("province"), world.user("province2")
    assert second.scope.decide_paths
    counts = []
    for part in (some[:1], some[1:4], some[4:]):  # the first reads what is kept for all
        done = proposing.propose_many([one.pk for one in part], "recognise", by=by)
        with CaptureQueriesContext(connection) as seen:
            releasing.release(done.made, by=second)
        counts.append(len(seen))
    assert Title.objects.count() == 10
    assert counts[1] == counts[2] <= 48
