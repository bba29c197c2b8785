"""Keeping single fields: each in its home, once, and never over somebody else's hand (保存)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import presence, saving, subjects
from cultivation.pipeline.filling.saving import State, Wish
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Entry, Presence, Status
from enterprises.audit.models import AuditRecord
from enterprises.registry.models import AnnualReport, Change

if TYPE_CHECKING:
    from cultivation.pipeline.filling.saving import Outcome
    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
REVENUE = "report:2025:revenue"
WAN = 1_000_000  # fen


def seen(draft: Application, subject: str) -> str:
    draft.refresh_from_db()
    return Sheet(draft).mark(subject)


def keep(
    world: World, draft: Application, subject: str, value: Any, *, mark: str | None = None,
    who: str = "owner", **more: Any,
) -> Outcome:  # fmt: skip
    mark = seen(draft, subject) if mark is None else mark
    wish = Wish(subject, value, mark)
    return saving.keep(draft, [wish], by=world.user(who), **more)[subject]


def report(world: World) -> AnnualReport:
    return AnnualReport.objects.get(enterprise=world.firm, year=2025)


def test_every_field_is_kept_where_it_lives_and_nowhere_else(
    world: World, draft: Application
) -> None:
    before = draft.version
    for subject, value in (
        ("answer:niche", "sensors"),
        ("answer:declares_truth", True),
        (REVENUE, 6_100 * WAN),
        ("statement:own_brand", True),
        ("statement:niche_since", dt.date(2020, 1, 1)),
    ):
        said = keep(world, draft, subject, value)
        assert (said.state, said.mark) == (State.SAVED, subjects.mark(subject, value)), subject
    draft.refresh_from_db()
    world.firm.refresh_from_db()
    assert (draft.answers["niche"], draft.answers["declares_truth"]) == ("sensors", True)
    assert draft.version == before + 5
    assert report(world).revenue == 6_100 * WAN
    assert (world.firm.own_brand, world.firm.niche_since) == (True, dt.date(2020, 1, 1))
    assert Entry.objects.filter(application=draft, made_by=world.users["owner"]).count() == 5


def test_a_save_sent_twice_is_one_save(world: World, draft: Application) -> None:
    mark = seen(draft, REVENUE)
    for _time in range(3):
        said = keep(world, draft, REVENUE, 6_200 * WAN, mark=mark, save_id="a" * 32)
        assert said.state == State.SAVED
    assert Change.objects.filter(subject="report:2025").count() == 1
    again = keep(world, draft, REVENUE, 6_100 * WAN, save_id="b" * 32)
    assert again.state == State.SAVED
    late = keep(world, draft, REVENUE, 6_200 * WAN, mark=mark, save_id="a" * 32)
    assert late.state == State.SAVED  # it had been, and is not done once more
    assert report(world).revenue == 6_100 * WAN


def test_two_editors_of_different_fields_do_not_collide(world: World, draft: Application) -> None:
    marks = {name: seen(draft, name) for name in ("answer:niche", "answer:product", REVENUE)}
    for name, value, who in (
        ("answer:niche", "mine", "owner"),
        ("answer:product", "yours", "editor"),
        (REVENUE, 5_900 * WAN, "editor"),
    ):
        assert keep(world, draft, name, value, mark=marks[name], who=who).state == State.SAVED


def test_the_second_editor_of_a_field_is_told_both_values(world: World, draft: Application) -> None:
    mark = seen(draft, "answer:niche")
    keep(world, draft, "answer:niche", "first", mark=mark, who="editor")
    said = keep(world, draft, "answer:niche", "second", mark=mark)
    assert (said.state, said.value, said.by) == (State.CLASH, "first", "editor")
    assert "editor changed “Niche market” meanwhile" in said.message
    draft.refresh_from_db()
    assert draft.answers["niche"] == "first"
    chosen = keep(world, draft, "answer:niche", "second", mark=said.mark)
    assert chosen.state == State.SAVED


def test_who_changed_a_figure_on_another_page_is_not_guessed(
    world: World, draft: Application
) -> None:
    mark = seen(draft, REVENUE)
    keep(world, draft, REVENUE, 5_900 * WAN, mark=mark, who="editor")
    AnnualReport.objects.update(revenue=5_800 * WAN)
    said = keep(world, draft, REVENUE, 1, mark=mark)
    assert (said.state, said.by, said.value) == (State.CLASH, "", 5_800 * WAN)


def test_the_same_value_from_two_hands_is_no_clash(world: World, draft: Application) -> None:
    mark = seen(draft, "answer:niche")
    keep(world, draft, "answer:niche", "same", mark=mark, who="editor")
    assert keep(world, draft, "answer:niche", " same\r\n", mark=mark).state == State.SAVED


def test_an_unusual_figure_wants_a_sentence_which_travels(world: World, draft: Application) -> None:
    said = keep(world, draft, "report:2025:main_business_revenue", 7_000 * WAN)
    assert said.state == State.DOUBTED
    (doubt,) = said.doubts
    key = f"{doubt.code}:{doubt.figure}"
    assert key == "part_above_whole:main_business_revenue"
    assert report(world).main_business_revenue is None
    kept = keep(
        world, draft, "report:2025:main_business_revenue", 7_000 * WAN,
        reasons={key: "merged in May"},
    )  # fmt: skip
    assert kept.state == State.SAVED
    (warning,) = report(world).warnings
    assert (warning["figure"], warning["reason"]) == ("main_business_revenue", "merged in May")


def test_an_answered_doubt_is_not_asked_again_in_another_language(
    world: World, draft: Application
) -> None:
    from django.utils import translation

    subject = "report:2025:main_business_revenue"
    reason = {"part_above_whole:main_business_revenue": "merged in May"}
    keep(world, draft, subject, 7_000 * WAN, reasons=reason)
    with translation.override("zh-hans"):
        assert keep(world, draft, "report:2025:market_share", 120_000).state == State.SAVED
    (warning,) = report(world).warnings
    assert warning["reason"] == "merged in May"


def test_what_cannot_be_is_refused_and_nothing_kept(world: World, draft: Application) -> None:
    before = draft.version
    for subject, value in (
        ("report:2025:revenue", -5),
        ("report:2025:market_share", 1_000_001),
        ("statement:industry_class", "x" * 80),
    ):
        said = keep(world, draft, subject, value)
        assert (said.state, bool(said.message)) == (State.REFUSED, True)
    draft.refresh_from_db()
    assert draft.version == before
    assert Entry.objects.count() == 0


def test_what_the_rules_do_not_ask_for_is_not_kept(world: World, draft: Application) -> None:
    for subject in (
        "answer:chain_role", "report:2025:tax_paid", "report:1990:revenue", "statement:name",
        "statement:contact_phone", "statement:pk", "statement:delete", "paper:licence", "x", "",
    ):  # fmt: skip
        wish = Wish(subject, "x", "")
        said = saving.keep(draft, [wish], by=world.user("owner"))[subject]
        assert said.state == State.REFUSED


def test_nobody_else_fills_in(world: World, draft: Application) -> None:
    for who in ("county", "nation", "other_owner", "auditor", "nobody"):
        with pytest.raises(PermissionDenied):
            keep(world, draft, "answer:niche", "x", who=who)


def test_a_closed_application_is_not_changed(world: World, draft: Application) -> None:
    type(draft).objects.update(status=Status.AT_COUNTY)
    with pytest.raises(MoveError, match="can no longer be changed"):
        keep(world, draft, "answer:niche", "x")
    type(draft).objects.update(status=Status.RETURNED)
    assert keep(world, draft, "answer:niche", "x").state == State.SAVED


def test_the_log_names_fields_and_not_what_is_written(world: World, draft: Application) -> None:
    for text in ("a secret", "a secret plan", "a plan"):
        keep(world, draft, "answer:niche", text)
    keep(world, draft, "answer:niche", "another hand", who="editor")
    rows = AuditRecord.objects.filter(action="application.fill")
    assert [list(row.after) for row in rows] == [["answer:niche"], ["answer:niche"]]
    assert "secret" not in str([row.after for row in rows])


def test_presence_fades(world: World, draft: Application) -> None:
    owner, editor = world.user("owner"), world.user("editor")
    presence.enter(draft, owner, "F-1")
    presence.enter(draft, editor, "F-1")
    presence.enter(draft, editor, "F-2")
    assert [(one.user, one.section) for one in presence.others(draft, owner)] == [(editor, "F-2")]
    world.clock.shift(dt.timedelta(seconds=3 * presence.BEAT + 1))
    assert presence.others(draft, owner) == []
    world.clock.shift(dt.timedelta(days=2))
    presence.enter(draft, owner, "F-1")
    assert [one.user for one in Presence.objects.all()] == [owner]
