"""What lies over an edition: composed in order, within its reach, and never changed once used."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from cultivation.standards import composing, editions, loading
from cultivation.standards.models import (
    Edition,
    Judgement,
    JudgingRun,
    Overlay,
    Scenario,
    Snapshot,
)
from cultivation.standards.policy import Case, Criterion, PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_django import DjangoAssertNumQueries

    from cultivation.standards.policy import Policy
    from enterprises.registry.models import Enterprise

BASE = """
tier = "srdi"
title_zh = "标准"
title_en = "Standard"
document = "文号"
in_force = 2022-01-01

[[criterion]]
code = "A"
label_zh = "全部"
label_en = "All"
need = "all"

[[criterion]]
code = "A1"
part_of = "A"
label_zh = "收入"
label_en = "Revenue"
figure = "revenue"
at_least = 1000
"""
HEAD = """
amends = "base"
sort = "annex"
title_zh = "细则"
title_en = "Annex"
document = "省文号"
in_force = {since}
{more}
"""
RAISED = '\n[[amendment]]\nof = "A1"\nat_least = {}\n'
ADDED = """
[[criterion]]
code = "{}"
part_of = "A"
label_zh = "甲"
label_en = "B"
manual = true
"""


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "overlays").mkdir()
    (tmp_path / "base.toml").write_text(BASE, encoding="utf-8")
    lay(tmp_path, "south", 'units = ["44"]', RAISED.format(1500) + ADDED.format("B"))
    return tmp_path


def lay(folder: Path, code: str, more: str, text: str, *, since: str = "2024-01-01") -> None:
    said = HEAD.format(since=since, more=more) + text
    (folder / "overlays" / f"{code}.toml").write_text(said, encoding="utf-8")


def asked(policy: Policy, on: str, path: str) -> dict[str, int | None]:
    """Return the criteria that apply, each with its threshold in 万元."""

    def threshold(criterion: Criterion) -> int | None:
        bound = criterion.comparison.threshold if criterion.comparison else None
        return int(bound / 10**6) if bound else None  # type: ignore[operator]

    standard = policy.standard(Case("recognition", day(on), path))
    return {c.code: threshold(c) for c in standard.walk() if not c.parts}


def loaded_policy(folder: Path) -> Policy:
    (edition,) = editions.load_all(folder)
    return editions.policy(Edition.objects.get(pk=edition.pk))


def test_an_overlay_reaches_no_further_than_its_days_and_units(db: None, folder: Path) -> None:
    policy = loaded_policy(folder)
    assert asked(policy, "2024-01-01", "440100") == {"A1": 1500, "B": None}
    assert asked(policy, "2023-12-31", "440100") == {"A1": 1000}
    assert asked(policy, "2024-01-01", "SZ03") == {"A1": 1000}
    assert policy.order == ("A", "A1", "B")
    assert policy.root.parts[1].source.document == "省文号"
    assert policy.units == {"44"}


def test_of_two_overlays_the_later_wins_and_digits_stay_in_order(db: None, folder: Path) -> None:
    lay(folder, "a_later", "", RAISED.format(2000) + ADDED.format("C"), since="2025-01-01")
    policy = loaded_policy(folder)
    assert asked(policy, "2025-01-01", "440100") == {"A1": 2000, "B": None, "C": None}
    assert asked(policy, "2025-01-01", "330100") == {"A1": 2000, "C": None}
    assert policy.order == ("A", "A1", "B", "C")
    parts = editions.rules(Edition.objects.get()).parts
    assert [code for code, _ in parts] == ["base", "south", "a_later"]


def test_an_overlay_that_supersedes_one_ends_it(db: None, folder: Path) -> None:
    more = 'units = ["33", "44"]\nsupersedes = "south"'
    lay(folder, "south_2", more, RAISED.format(3000) + ADDED.format("C"), since="2025-06-01")
    policy = loaded_policy(folder)
    assert asked(policy, "2025-05-31", "440100") == {"A1": 1500, "B": None}
    assert asked(policy, "2025-06-01", "440100") == {"A1": 3000, "C": None}


def test_an_overlay_that_supersedes_from_the_first_day_leaves_nothing(
    db: None, folder: Path
) -> None:
    lay(folder, "mended", 'units = ["44"]\nsupersedes = "south"', RAISED.format(1600))
    policy = loaded_policy(folder)
    assert asked(policy, "2024-01-01", "440100") == {"A1": 1600}
    assert policy.order == ("A", "A1")


MISFITS = {
    "nothing there": ("x", "", 'amends = "nought"', "header: amends 'nought', which is not"),
    "a name of an edition": ("base", "", "", "header: an edition bears this name"),
    "a code of another overlay": ("x", ADDED.format("B"), "", "B: the code stands in ov"),
    "superseding nothing": ("x", "", 'supersedes = "north"', "header: supersedes 'north'"),
    "superseding one that reaches further": (
        "x", "", 'supersedes = "south"\nunits = ["33"]', "header: supersedes 'south', which",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "text", "more", "complaint"), MISFITS.values(), ids=MISFITS)
def test_an_overlay_that_does_not_fit_is_refused_and_nothing_loaded(
    db: None, folder: Path, code: str, text: str, more: str, complaint: str
) -> None:
    lay(folder, code, more, text or RAISED.format(3))
    if "amends" in more:
        path = folder / "overlays" / f"{code}.toml"
        path.write_text(
            path.read_text(encoding="utf-8").replace('amends = "base"\n', "", 1), "utf-8"
        )
    with pytest.raises(PolicyError) as refused:
        editions.load_all(folder)
    assert str(refused.value).startswith(f"overlays/{code}.toml: {complaint}")
    assert not Edition.objects.exists()


def test_loading_again_changes_nothing(db: None, folder: Path) -> None:
    editions.load_all(folder)
    before = list(Overlay.objects.values())
    assert [overlay["code"] for overlay in before] == ["south"]
    assert (before[0]["sort"], before[0]["units"], before[0]["document"]) == (
        "annex",
        ["44"],
        "省文号",
    )
    editions.load_all(folder)
    assert list(Overlay.objects.values()) == before


def test_an_overlay_nobody_used_may_change(db: None, folder: Path) -> None:
    editions.load_all(folder)
    lay(folder, "south", 'units = ["44"]', RAISED.format(1600))
    assert asked(loaded_policy(folder), "2024-01-01", "440100") == {"A1": 1600}


def use(by: str, edition: Edition, enterprise: Enterprise) -> None:
    """Let something be judged by an edition as it is composed now."""
    rules = editions.rules(edition)
    parts = [list(part) for part in rules.parts]
    on = day("2026-05-01")
    if by == "run":
        snapshot = Snapshot.objects.create(sha256="0", as_of=on, rows=1, columns=1)
        JudgingRun.objects.create(snapshot=snapshot, as_of=on, rules={rules.sha256: parts})
    elif by == "judgement":
        Judgement.objects.create(
            enterprise=enterprise, edition=edition, rules=parts, rules_hash=rules.sha256, as_of=on,
            kind="recognition", facts={}, facts_hash="", result={}, result_hash="", verdict=0,
            engine="1",
        )  # fmt: skip
    else:
        Scenario.objects.create(name="x", edition=edition, as_of=on, rules_hash=rules.sha256)


@pytest.mark.parametrize("by", ["run", "judgement", "scenario"])
def test_an_overlay_that_was_used_is_never_changed(
    db: None, folder: Path, firm: Callable[..., Enterprise], by: str
) -> None:
    (edition,) = editions.load_all(folder)
    use(by, edition, firm())
    editions.load_all(folder)  # the same bytes
    lay(folder, "south", 'units = ["44"]', RAISED.format(1600))
    with pytest.raises(PolicyError) as refused:
        editions.load_all(folder)
    assert str(refused.value) == (
        "overlays/south.toml: header: it was already used and may not change; put the change into "
        'a new file with a new name that states supersedes = "south"'
    )
    assert "1500" in Overlay.objects.get().text
    lay(folder, "south", 'units = ["44"]', RAISED.format(1500) + ADDED.format("B"))
    lay(folder, "south_2", 'units = ["44"]\nsupersedes = "south"', RAISED.format(1600))
    assert asked(loaded_policy(folder), "2024-01-01", "440100") == {"A1": 1600}


def test_what_was_judged_is_composed_again_of_what_there_was_then(db: None, folder: Path) -> None:
    (edition,) = editions.load_all(folder)
    then = editions.rules(edition)
    before = editions.policy(edition)
    lay(folder, "late", "", RAISED.format(9000), since="2022-01-01")
    now = loaded_policy(folder)
    assert asked(now, "2023-01-01", "330100") == {"A1": 9000}
    again = editions.policy_by(then.parts)
    assert again == before
    assert again.sha256 == then.sha256 != now.sha256


def test_rules_that_are_gone_or_altered_are_named(db: None, folder: Path) -> None:
    (edition,) = editions.load_all(folder)
    (base, south) = editions.rules(edition).parts
    with pytest.raises(LookupError, match="north is not loaded"):
        editions.policy_by([base, ("north", "0" * 64)])
    with pytest.raises(LookupError, match="south is not the text of 000000000000"):
        editions.policy_by([base, ("south", "0" * 64)])
    with pytest.raises(LookupError, match="no rules are recorded"):
        editions.policy_by([])
    Overlay.objects.update(text=BASE)
    with pytest.raises(LookupError, match="south is not the text of"):
        editions.policy_by([base, south])


def test_a_published_edition_supersedes_and_may_keep_the_overlays(db: None, folder: Path) -> None:
    (old,) = editions.load_all(folder)
    text = BASE.replace("at_least = 1000", "at_least = 1100")
    text = text.replace('document = "文号"', 'supersedes = "base"\nkeep_overlays = true')
    new = loading.publish(text.replace("2022-01-01", "2024-06-01"), code="base_2")
    assert new.supersedes == old
    codes = [
        editions.edition_for("srdi", kind="recheck", on=day(on)).code
        for on in ("2024-05-31", "2024-06-01")
    ]
    assert codes == ["base", "base_2"]
    policy = editions.policy(new)
    assert asked(policy, "2024-06-01", "440100") == {"A1": 1500, "B": None}
    assert asked(policy, "2024-06-01", "330100") == {"A1": 1100}
    assert [code for code, _ in editions.rules(new).parts] == ["base_2", "south"]
    assert editions.policy_by(editions.rules(new).parts) == policy


def test_a_published_edition_needs_a_name_of_its_own_and_no_conflict(
    db: None, folder: Path
) -> None:
    editions.load_all(folder)
    with pytest.raises(PolicyError, match=r"south\.toml: name; it is taken already"):
        loading.publish(BASE, code="south")
    with pytest.raises(PolicyError, match=r"base_2\.toml: period: it claims"):
        loading.publish(BASE, code="base_2")
    with pytest.raises(PolicyError, match="small letters"):
        loading.publish(BASE, code="Base 2")
    assert Edition.objects.count() == 1


def test_all_policies_take_two_queries_and_parse_nothing_twice(
    loaded: list[Edition],
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    editions.all_policies()

    def parsed(*_args: Any, **_named: Any) -> None:
        raise AssertionError("a text was read again")

    monkeypatch.setattr(composing, "read_policy", parsed)
    monkeypatch.setattr(composing, "read_supplement", parsed)
    with django_assert_num_queries(2):
        pairs = editions.all_policies()
    with django_assert_num_queries(0):  # the overlays came with the editions
        assert [editions.policy(edition) for edition, _ in pairs] == [said for _, said in pairs]
    with django_assert_num_queries(2):
        editions.in_force(day("2026-04-10"))
    with django_assert_num_queries(2):
        editions.edition_for("srdi", kind="recheck", on=day("2026-04-10"), path="140100")


def test_a_region_sees_only_what_counts_there(loaded: list[Edition]) -> None:
    def codes(path: str | None) -> list[str]:
        found = editions.in_force(day("2026-04-10"), path=path)
        return [edition.code for edition, _, kind in found if edition.tier == "srdi" and kind]

    assert codes("140100") == ["srdi_2026", "srdi_2022"]
    assert codes("320500") == ["srdi_2026", "srdi_2026"]
    assert codes(None) == ["srdi_2026", "srdi_2026", "srdi_2022"]
    edition = Edition.objects.get(code="srdi_2022")
    on = day("2026-04-10")
    assert editions.counts_for(edition, kind="recheck", on=on, path="140100")
    assert not editions.counts_for(edition, kind="recheck", on=on, path="320500")
    assert not editions.counts_for(edition, kind="recheck", on=day("2022-01-01"), path="140100")
