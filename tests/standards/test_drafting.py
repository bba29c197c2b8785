"""From a begun draft to a published edition: every step, every refusal, nothing lost."""

from __future__ import annotations

import datetime as dt
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils.translation import override

from cultivation.standards import drafting, editions, loading
from cultivation.standards.draft_checks import check
from cultivation.standards.explanation import explain
from cultivation.standards.models import Draft, Edition
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

NOW = dt.datetime(2026, 5, 6, 2, 0, tzinfo=dt.UTC)
FIRST = dt.date(2027, 1, 1)
CODE = "little_giant_2027"
CASES = """
[[section]]
case = [
  { name = "40 million", facts = { revenue_y1 = 4000 }, gives = { L26-2a = "met" } },
  { name = "just under", facts = { revenue_y1 = 3999.999999 }, gives = { L26-2a = "unmet" } },
]
"""
WRONG = CASES.replace("3999.999999", "4000")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def base(loaded: list[Edition]) -> Edition:
    return Edition.objects.get(code="little_giant_2026")


@pytest.fixture
def writer(user: Callable[..., User]) -> User:
    return user("nation")


@pytest.fixture
def second(region: Callable[..., object]) -> User:
    from enterprises.accounts.models import Seat, User
    from enterprises.places.models import Region

    found = User.objects.create_user("second", password="x")
    Seat.objects.create(user=found, role="nation", region=Region.objects.get(path=""))
    return found


@pytest.fixture
def draft(base: Edition, writer: User) -> Draft:
    return drafting.begin(base, code=CODE, by=writer, in_force=FIRST)


def named(text: str) -> str:
    """Return a text with titles of its own."""
    return text.replace('（2026）"\n', '（2027）"\n').replace("standard, 2026", "standard, 2027")


def lowered(draft: Draft) -> str:
    return named(draft.text.replace("at_least = 5000\n", "at_least = 4000\n"))


def cases_of(draft: Draft, more: str = CASES) -> str:
    """Return the base enterprise of the draft's cases with others."""
    base, _, _rest = draft.cases.partition("\n[[section]]")
    return base + more


def written(draft: Draft, by: User) -> Draft:
    return drafting.save(
        draft, text=lowered(draft), cases=cases_of(draft), by=by, version=draft.version
    )


def proposed(draft: Draft, by: User) -> Draft:
    draft = written(draft, by)
    return drafting.propose(draft, by=by, version=draft.version)


def said(error: pytest.ExceptionInfo[ValidationError]) -> str:
    return " ".join(error.value.messages)


def test_a_draft_begins_as_the_edition_and_supersedes_it(base: Edition, draft: Draft) -> None:
    found = check(draft)
    assert found.complaint is None
    assert found.after is not None
    assert found.after.supersedes == base.code
    assert found.after.in_force == FIRST
    assert {d.code for d in found.differences} == {""}
    assert {d.what for d in found.differences} <= {"days", "period", "supersedes"}
    assert found.passing == len(found.outcomes) > 50
    assert [e.name for e in draft.events.all()] == ["begun"]
    comments = [line for line in base.text.split("\n") if line.startswith("#")]
    assert [line for line in draft.text.split("\n") if line.startswith("#")] == comments


def test_a_draft_of_every_edition_in_force_reads(loaded: list[Edition], writer: User) -> None:
    for edition in {edition for edition, _, _ in editions.in_force(FIRST)}:
        made = drafting.begin(edition, code=f"{edition.code}_2", by=writer, in_force=FIRST)
        found = check(made)
        assert (found.complaint, found.failing) == (None, [])


@pytest.mark.parametrize("code", ["", "drafts", "A_2027", "x" * 41, "a_2027;", "srdi_2026", CODE])
def test_a_name_that_is_none_or_is_taken_is_refused(
    base: Edition, draft: Draft, writer: User, code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        drafting.begin(base, code=code, by=writer)
    assert "code" in refused.value.message_dict
    assert Draft.objects.count() == 1


def test_only_those_who_decide_for_the_nation_write(
    base: Edition, draft: Draft, user: Callable[..., User], second: User
) -> None:
    second.seats.update(may_decide=False)
    others = [user("province", "32"), user("county", "320583"), user("expert"), user("auditor")]
    for other in [*others, second]:
        with pytest.raises(PermissionDenied):
            drafting.begin(base, code="x_2027", by=other)
        with pytest.raises(PermissionDenied):
            written(draft, other)
        for step in (drafting.propose, drafting.withdraw, drafting.send_back):
            with pytest.raises(PermissionDenied):
                step(draft, by=other, version=draft.version, reason="x")
        with pytest.raises(PermissionDenied):
            drafting.approve(draft, by=other, seen="")
    draft.refresh_from_db()
    assert (draft.version, draft.status) == (1, "draft")


def test_a_text_that_does_not_read_is_kept_but_not_proposed(draft: Draft, writer: User) -> None:
    broken = draft.text.replace('figure = "revenue"', 'figure = "revenu"', 1)
    draft = drafting.save(draft, text=broken, cases="", by=writer, version=1)
    found = check(draft)
    assert found.complaint is not None
    line = broken.split("\n")[found.complaint.line - 1 if found.complaint.line else 0]
    assert line == "[[criterion]]"
    assert "L26-2a" in found.complaint.said
    with pytest.raises(ValidationError) as refused:
        drafting.propose(draft, by=writer, version=2)
    assert "write 'revenue'" in said(refused)
    draft.refresh_from_db()
    assert (draft.status, draft.text) == ("draft", broken)


REFUSED = {
    "no case": (lowered, "", "No worked case shows what is changed in: L26-2a"),
    "a case that fails": (lowered, WRONG, "1 worked case fails: just under"),
    "cases that do not read": (lowered, "[[section]]\nx = 1\n", "worked cases"),
    "in force already": (
        lambda d: lowered(d).replace("in_force = 2027-01-01", "in_force = 2026-05-06"),
        CASES,
        "already past",
    ),
}


@pytest.mark.parametrize(("edit", "cases", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_well_is_not_proposed(
    draft: Draft, writer: User, edit: Callable[[Draft], str], cases: str, complaint: str
) -> None:
    kept = cases and cases_of(draft, "\n" + cases)
    draft = drafting.save(draft, text=edit(draft), cases=kept, by=writer, version=1)
    with override("en"), pytest.raises(ValidationError) as refused:
        drafting.propose(draft, by=writer, version=draft.version)
    assert complaint in said(refused)
    draft.refresh_from_db()
    assert draft.status == "draft"


@pytest.mark.parametrize(
    ("kept", "given"),
    [
        ("", ""),
        ("zh", "Little giant standard, 2027"),
        ("en", "专精特新“小巨人”企业认定标准（2027）"),
    ],
)
def test_two_editions_of_one_name_are_refused(
    kept: str, given: str, draft: Draft, writer: User
) -> None:
    text = lowered(draft)
    other = Edition.objects.get(code="little_giant_2026")
    if kept != "en":
        text = text.replace("专精特新“小巨人”企业认定标准（2027）", other.title_zh)
    if kept != "zh":
        text = text.replace("Little giant standard, 2027", other.title_en.upper())
    assert given in text
    draft = drafting.save(draft, text=text, cases=cases_of(draft), by=writer, version=1)
    with pytest.raises(ValidationError) as error, override("en"):
        drafting.propose(draft, by=writer, version=draft.version)
    assert said(error) == (
        "The edition little_giant_2026 goes by this name already. "
        "Give this one a Chinese and an English title of its own."
    )


def test_a_day_past_may_be_proposed_with_a_reason(draft: Draft, writer: User) -> None:
    text = lowered(draft).replace("in_force = 2027-01-01", "in_force = 2026-05-06")
    draft = drafting.save(draft, text=text, cases=cases_of(draft), by=writer, version=1)
    draft = drafting.propose(draft, by=writer, version=2, reason="印发之日起施行")
    assert draft.status == "proposed"


def test_an_older_version_saves_nothing(draft: Draft, writer: User, second: User) -> None:
    draft = written(draft, writer)
    with pytest.raises(StaleError):
        drafting.save(draft, text="mine", cases="", by=second, version=1)
    draft.refresh_from_db()
    assert draft.text == lowered(draft)


def test_a_text_keeps_its_bytes_whatever_line_ends_a_form_sends(draft: Draft, writer: User) -> None:
    sent = lowered(draft).replace("\n", "\r\n")
    draft = drafting.save(draft, text=sent, cases=draft.cases, by=writer, version=1)
    assert "\r" not in draft.text
    again = drafting.save(draft, text=sent, cases=draft.cases, by=writer, version=2)
    assert again.version == 2
    with pytest.raises(ValidationError):
        drafting.save(draft, text="a\0b", cases="", by=writer, version=2)


def test_every_text_can_be_read_and_brought_back(draft: Draft, writer: User) -> None:
    first = draft.text
    draft = written(draft, writer)
    begun = draft.events.get(name="begun")
    draft = drafting.restore(draft, begun, by=writer, version=draft.version)
    assert draft.text == begun.text == first
    assert [e.name for e in draft.events.all()] == ["restored", "saved", "begun"]
    saved = draft.events.get(name="saved")
    assert "at_least = 4000" in saved.text


def test_the_second_person_is_another_one(draft: Draft, writer: User, second: User) -> None:
    draft = proposed(draft, writer)
    with pytest.raises(PermissionDenied):
        drafting.approve(draft, by=writer, seen=drafting.digest(draft))
    helped = drafting.save(
        draft, text=draft.text + "# well\n", cases=draft.cases, by=second, version=draft.version
    )
    assert helped.status == "draft"
    draft = drafting.propose(helped, by=writer, version=helped.version)
    with pytest.raises(PermissionDenied):
        drafting.approve(draft, by=second, seen=drafting.digest(draft))
    assert not Edition.objects.filter(code=CODE).exists()


def test_what_is_approved_is_what_was_read(draft: Draft, writer: User, second: User) -> None:
    draft = proposed(draft, writer)
    with pytest.raises(StaleError):
        drafting.approve(draft, by=second, seen="0" * 64)
    Draft.objects.filter(pk=draft.pk).update(text=draft.text + "# slipped in\n")
    draft.refresh_from_db()
    with pytest.raises(StaleError):
        drafting.approve(draft, by=second, seen=drafting.digest(draft))
    assert Edition.objects.filter(code=CODE).count() == 0


def test_sending_back_and_giving_up_need_a_reason(draft: Draft, writer: User, second: User) -> None:
    draft = proposed(draft, writer)
    for step in (drafting.send_back, drafting.withdraw):
        with pytest.raises(ValidationError) as refused:
            step(draft, by=second, version=draft.version, reason=" ")
        assert "reason" in refused.value.message_dict
    draft = drafting.send_back(draft, by=second, version=draft.version, reason="标签未改")
    assert draft.status == "draft"
    draft = drafting.withdraw(draft, by=writer, version=draft.version, reason="另拟")
    assert draft.status == "withdrawn"
    with pytest.raises(ValidationError):
        written(draft, writer)
    assert drafting.begin(draft.base, code=CODE, by=writer).status == "draft"


def test_a_published_edition_is_chosen_from_its_first_day(
    draft: Draft, writer: User, second: User, base: Edition, firm: Callable[..., Enterprise]
) -> None:
    one = firm(reports={2025: {"revenue": 4500 * 10**6}, 2026: {"revenue": 4500 * 10**6}})
    before = explain(one, base, kind="recognition", as_of=dt.date(2026, 12, 31)).as_json()
    draft = proposed(draft, writer)
    edition = drafting.approve(draft, by=second, seen=drafting.digest(draft))
    assert edition.supersedes == base
    assert (edition.text, edition.cases) == (draft.text, draft.cases)
    draft.refresh_from_db()
    assert (draft.status, draft.edition) == ("published", edition)

    def chosen(on: dt.date, kind: str = "recognition") -> str:
        return editions.edition_for("little_giant", kind=kind, on=on, path="320500").code

    assert chosen(FIRST - dt.timedelta(days=1)) == base.code
    assert chosen(FIRST) == chosen(FIRST, "recheck") == CODE
    codes = {edition.code for edition, _, _ in editions.in_force(FIRST)}
    assert CODE in codes
    assert base.code not in codes
    after = explain(one, base, kind="recognition", as_of=dt.date(2026, 12, 31)).as_json()
    assert after == before
    told = explain(one, edition, kind="recognition", as_of=dt.date(2027, 1, 1))
    assert {n.code: n.verdict for n in told.root.walk()}["L26-2a"] == 3
    with pytest.raises(ValidationError):
        written(draft, writer)


def test_the_file_of_a_published_edition_is_the_same_edition(
    draft: Draft, writer: User, second: User, tmp_path: Path
) -> None:
    draft = proposed(draft, writer)
    edition = drafting.approve(draft, by=second, seen=drafting.digest(draft))
    editions.load_all()
    for folder, text in (("editions", edition.text), ("cases", edition.cases)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{CODE}.toml").write_text(text, encoding="utf-8")
    (again,) = editions.load_all(tmp_path / "editions")
    assert (again.pk, again.sha256, again.cases) == (edition.pk, edition.sha256, edition.cases)
    (tmp_path / "editions" / f"{CODE}.toml").write_text(edition.text + "# x\n", encoding="utf-8")
    with pytest.raises(loading.PolicyError, match="already used"):
        editions.load_all(tmp_path / "editions")


def test_a_name_taken_meanwhile_is_refused_at_approval(
    draft: Draft, writer: User, second: User, base: Edition
) -> None:
    draft = proposed(draft, writer)
    Edition.objects.create(
        code=CODE, tier=base.tier, title_zh="x", title_en="x", in_force=FIRST, text=base.text,
        sha256=base.sha256,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="taken"):
        drafting.approve(draft, by=second, seen=drafting.digest(draft))
    draft.refresh_from_db()
    assert draft.status == "proposed"


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_publish_once(
    base: Edition, draft: Draft, writer: User, second: User
) -> None:
    draft = proposed(draft, writer)
    seen, found = drafting.digest(draft), list[str]()

    def approve() -> None:
        try:
            with time_machine.travel(NOW, tick=True):
                drafting.approve(Draft.objects.get(pk=draft.pk), by=second, seen=seen)
            found.append("done")
        except ValidationError as error:
            found.append(f"refused: {error.code}")
        finally:
            connection.close()

    threads = [Thread(target=approve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == ["done", "refused: published"]
    assert Edition.objects.filter(code=CODE).count() == 1
    assert draft.events.filter(name="published").count() == 1
