"""Drawing a panel: 10,000 cases, three experts each, out of 500 with conflicts (双随机抽取基准).

The baseline shuffles and deals the same cases to the same experts under the same lots, as a plain
script would: no conflict is heeded, nobody looks at who has how many.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from config.benchmarks import Figure
from cultivation.pipeline.models import (
    Application,
    ExpertProfile,
    ExpertTie,
    Panel,
    PanelBar,
    PanelCase,
    PanelMember,
    PanelPhase,
    PanelTask,
    Round,
)
from cultivation.pipeline.panels import conflicts, drawing, draws, pools, redrawing, rubrics
from cultivation.standards.models import Edition
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable

CASES, EXPERTS, EACH = 10_000, 500, 3
COUNTIES = 300
MOST_SECONDS = 5.0
TIMES_BASELINE = 10.0
TIMES_BARE = 8.0
SEED = bytes(range(32))


def figures(size: int | None) -> Iterable[Figure]:
    """Yield what the draw takes in memory, beside a plain deal, and with the database around it."""
    cases = size or CASES
    experts = max(EACH * 2, cases * EXPERTS // CASES)
    lists = invented(cases, experts)
    begun = time.perf_counter()
    outcome = drawing.deal(lists, SEED)
    taken = time.perf_counter() - begun
    begun = time.perf_counter()
    plain = shuffled(lists)
    baseline = time.perf_counter() - begun
    loads = outcome.loads.values()
    yield Figure("drawn in memory", taken, MOST_SECONDS, "s")
    yield Figure("shuffled baseline", baseline, None, "s")
    yield Figure("drawn against the baseline", taken / baseline, TIMES_BASELINE, "times")
    yield Figure("load difference", max(loads) - min(loads), 1, "cases")
    yield Figure("conflicts broken", broken(lists, outcome.held), 0, "pairs")
    yield Figure("conflicts broken by the baseline", broken(lists, plain), None, "pairs")
    yield from stored(cases, experts)


def invented(cases: int, experts: int) -> drawing.Lists:
    """Return lists where an expert is barred from his county's cases and from some others."""
    dice = random.Random(8)
    names = tuple(f"e{n:06}" for n in range(experts))
    numbers = tuple(f"c{n:06}" for n in range(cases))
    living = {name: dice.randrange(COUNTIES) for name in names}
    county = {number: dice.randrange(COUNTIES) for number in numbers}
    barred = {(e, c) for c in numbers for e in names if living[e] == county[c]}
    barred |= {(dice.choice(names), dice.choice(numbers)) for _ in range(cases * 2)}
    most = -(-cases * EACH // experts) + 5
    return drawing.Lists(names, numbers, frozenset(barred), experts, EACH, most)


def shuffled(lists: drawing.Lists) -> dict[str, tuple[str, ...]]:
    """Deal the cases from a deck of experts shuffled anew for each round, heeding nothing."""
    lot = drawing.Lots(lists.digest, SEED)
    order = sorted(lists.cases, key=lambda case: lot("case", case))
    deck: list[str] = []
    rounds = 0
    held = {}
    for case in order:
        if len(deck) < lists.each:
            deck = sorted(lists.experts, key=lambda one, n=rounds: lot("load", n, one))  # type: ignore[misc]
            rounds += 1
        held[case] = tuple(deck.pop() for _ in range(lists.each))
    return held


def broken(lists: drawing.Lists, held: dict[str, tuple[str, ...]]) -> int:
    """Count the pairs that a conflict bars."""
    return sum((one, case) in lists.barred for case, experts in held.items() for one in experts)


def stored(cases: int, experts: int) -> Iterable[Figure]:
    """Yield what the same takes with conflicts found in tables and tasks written to them."""
    panel, nation = _ground(cases, experts)
    draws.commit(panel, by=nation)
    reverse("pipeline:panel_work")  # the addresses are read in once, by whoever is first
    begun = time.perf_counter()
    found = conflicts.find(
        pools.experts(panel), pools.applications(panel),
        conflicts.rule_of(panel, timezone.localdate()),
    )  # fmt: skip
    detecting = time.perf_counter() - begun
    begun = time.perf_counter()
    draws.close_lists(panel, by=nation)
    closing = time.perf_counter() - begun
    begun = time.perf_counter()
    draws.draw(panel, by=nation)
    drawn = time.perf_counter() - begun
    panel.refresh_from_db()
    begun = time.perf_counter()
    differences = redrawing.differences(panel)
    again = time.perf_counter() - begun
    bare = _bare(panel)
    whole = closing + drawn
    yield Figure("conflicts found", len(found), None, "conflicts")
    yield Figure("finding conflicts", detecting, None, "s")
    yield Figure("the whole draw with its tables", whole, None, "s")
    yield Figure("bare inserts of the same rows", bare, None, "s")
    yield Figure("whole draw against bare inserts", whole / bare, TIMES_BARE, "times")
    yield Figure("tasks written", PanelTask.objects.count(), None, "tasks")
    yield Figure("drawing again and comparing", again, None, "s")
    yield Figure("differences when drawn again", len(differences), 0, "differences")


def _bare(panel: Panel) -> float:
    """Return the seconds in which the same rows go into the same tables, and nothing else."""
    tables: list[Any] = [
        PanelMember.objects.filter(panel=panel), PanelCase.objects.filter(panel=panel),
        PanelBar.objects.filter(case__panel=panel), PanelTask.objects.filter(case__panel=panel),
    ]  # fmt: skip
    rows = [list(one) for one in tables]
    for one in reversed(tables):
        one.delete()
    begun = time.perf_counter()
    for one, there in zip(tables, rows, strict=True):
        one.model.objects.bulk_create(there, batch_size=draws.BATCH)
    return time.perf_counter() - begun


def _ground(cases: int, experts: int) -> tuple[Panel, User]:
    """Make a country of counties, firms with applications, experts with ties, and a panel."""
    now = timezone.now()
    nation = Region.objects.create(code="000000", path="", level="nation", name_zh="全国")
    counties = Region.objects.bulk_create(
        Region(code=f"{n:06}", path=f"{n:06}", level="county", name_zh=f"{n}", parent=nation)
        for n in range(110_000, 110_000 + COUNTIES)
    )
    officer = User.objects.create(username="nation")
    Seat.objects.create(user=officer, role="nation", region=nation)
    firms = Enterprise.objects.bulk_create(
        Enterprise(
            credit_code=f"{n:018}", name=f"虚构{n}", name_key=f"虚构{n}", fictional=True,
            region=counties[n % COUNTIES], region_path=counties[n % COUNTIES].path,
        )
        for n in range(cases)
    )  # fmt: skip
    _experts(experts, counties, officer, firms)
    round_ = Round.objects.create(
        tier="little_giant", year=2026, name="批次", region=nation, state="open", published_at=now
    )
    edition = Edition.objects.create(
        code="x", tier="little_giant", title_zh="x", in_force=dt.date(2020, 1, 1), document="x"
    )
    Application.objects.bulk_create(
        Application(
            enterprise=firm, tier="little_giant", year=2026, edition=edition, round=round_,
            status="at_nation", region_path=firm.region_path, submitted_at=now,
        )
        for firm in firms
    )  # fmt: skip
    made = rubrics.write(
        None, [rubrics.Line("甲", "A", 10_000)], by=None, code="r", title_zh="表", title_en=""
    )
    panel = Panel.objects.create(
        round=round_, level="nation", region=nation, name="组", token="bench",
        rubric=rubrics.publish(made, by=None), seats=experts, each=EACH, least=2,
        most=-(-cases * EACH // experts) + 5,
    )  # fmt: skip
    PanelPhase.objects.create(
        panel=panel, kind="score", opens_at=now, closes_at=now + dt.timedelta(days=9)
    )
    return panel, User.objects.get(pk=officer.pk)


def _experts(experts: int, counties: list[Region], officer: User, firms: list[Enterprise]) -> None:
    dice = random.Random(9)
    users = User.objects.bulk_create(User(username=f"e{n}") for n in range(experts))
    Seat.objects.bulk_create(Seat(user=user, role="expert") for user in users)
    profiles = ExpertProfile.objects.bulk_create(
        ExpertProfile(
            user=user, county=dice.choice(counties), state="approved", checked_by=officer,
            declared_at=timezone.now(),
        )
        for user in users
    )  # fmt: skip
    ties = []
    for profile in profiles:
        for firm in dice.sample(firms, min(20, len(firms))):
            ties.append(  # noqa: PERF401
                ExpertTie(
                    profile=profile, kind="work", name=firm.name, name_key=firm.name_key,
                    credit_code=firm.credit_code,
                )
            )  # fmt: skip
    ExpertTie.objects.bulk_create(ties)
