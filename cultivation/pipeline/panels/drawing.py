"""The draw: experts into the panel and tasks to the experts by a seed known later (双随机抽取).

Nothing here but arithmetic: the same lists and the same seed give the same outcome everywhere, and
a script of twenty lines finds it too (tests/pipeline/panels/redraw_alone.py).

A **lot** is the HMAC-SHA256 of some words under the seed. The experts are seated in the order of
their lots, as many as there are seats. The cases come up in the order of their lots. Each place of
a case goes to the expert with the least load who can be had: directly where he may read the case,
by lot among equals; else by the shortest exchange, in which somebody gives up a case to him and
takes this one.

Why the load is even: an exchange path to the least loaded expert is a shortest augmenting path of
a flow whose cost is the sum of the squares of the loads, and shortest paths keep such a flow at its
least cost. So no chain of exchanges can bring two loads nearer: they differ by one at most wherever
the conflicts permit it at all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ENOUGH = 20  # cases that lack experts: so many are named, then the draw stops


@dataclass(frozen=True, slots=True)
class Lists:
    """What a draw is made from, by opaque numbers alone (抽取名单)."""

    experts: tuple[str, ...]
    cases: tuple[str, ...]
    barred: frozenset[tuple[str, str]]  # (expert, case)
    seats: int  # experts drawn into the panel
    each: int  # experts a case
    most: int  # cases an expert
    panel: str = ""  # the number of the panel on its public page

    @property
    def text(self) -> str:
        """Return the lists as published: JSON with one spelling only (规范文本)."""
        said = {
            "panel": self.panel,
            "experts": sorted(self.experts),
            "cases": sorted(self.cases),
            "barred": sorted(self.barred),
            "seats": self.seats,
            "each": self.each,
            "most": self.most,
        }
        return json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read(text: str) -> Lists:
    """Return the lists that a published text states."""
    said = json.loads(text)
    return Lists(
        experts=tuple(said["experts"]),
        cases=tuple(said["cases"]),
        barred=frozenset((expert, case) for expert, case in said["barred"]),
        seats=said["seats"],
        each=said["each"],
        most=said["most"],
        panel=said["panel"],
    )


@dataclass(frozen=True, slots=True)
class Lots:
    """Lots under a seed for certain lists; `word` is what a witness called before the draw."""

    digest: str
    seed: bytes
    word: str = ""

    def __call__(self, *words: object) -> str:
        """Return the lot of some words."""
        said = ":".join((self.digest, *map(str, words)))
        return hmac.new(self.seed + self.word.encode(), said.encode(), "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Short:
    """A case that cannot get its experts, and what stands in the way (无法满足的案卷)."""

    case: str
    lacking: int
    open_to: int  # seated experts without a conflict
    circle: int  # experts within reach by any exchange, all at their most
    contenders: int  # cases that share this circle


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who is seated, in order, and who reads what (抽取结果)."""

    seated: tuple[str, ...]
    held: Mapping[str, tuple[str, ...]]
    short: tuple[Short, ...] = ()

    @property
    def loads(self) -> dict[str, int]:
        """Return how many cases each seated expert has."""
        found = dict.fromkeys(self.seated, 0)
        for experts in self.held.values():
            for expert in experts:
                found[expert] += 1
        return found

    @property
    def text(self) -> str:
        """Return the outcome as published."""
        said = {
            "seated": list(self.seated),
            "tasks": {case: sorted(self.held[case]) for case in sorted(self.held)},
        }
        return json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def deal(lists: Lists, seed: bytes, *, word: str = "") -> Outcome:
    """Draw the experts and give out the cases (抽取与分派)."""
    lot = Lots(lists.digest, seed, word)
    seated = sorted(lists.experts, key=lambda expert: lot("expert", expert))[: lists.seats]
    table = _Table(lists, tuple(seated), lot)
    for case in sorted(lists.cases, key=lambda case: lot("case", case)):
        table.serve(case)
        if len(table.short) == ENOUGH:
            break
    names = table.seated
    held = {case: tuple(names[one] for one in table.held[case]) for case in table.held}
    return Outcome(tuple(seated), held, tuple(table.short))


def again(
    lots: Lots,
    number: int,
    *,
    loads: Mapping[str, int],
    barred: frozenset[str],
    most: int,
) -> str:
    """Return who takes a case over in the replacement of a number: the least loaded, by lot (补抽).

    `barred` are those who may not have the case or had it already. Empty where nobody is left.
    """
    able = [one for one, load in loads.items() if one not in barred and load < most]
    return min(able, key=lambda one: (loads[one], lots("again", number, one)), default="")


@dataclass
class _Table:
    """Who holds what while the cases are given out; experts by their place on the panel."""

    lists: Lists
    seated: tuple[str, ...]
    lot: Lots
    held: dict[str, list[int]] = field(default_factory=dict)
    short: list[Short] = field(default_factory=list)
    barred: dict[str, set[int]] = field(default_factory=dict)  # by case
    tasks: list[list[int]] = field(default_factory=list)  # by expert: numbers of cases, rising
    order: list[str] = field(default_factory=list)  # the cases as they came up
    number: dict[str, int] = field(default_factory=dict)  # a case's place in that order
    decks: list[list[tuple[str, int]]] = field(default_factory=list)  # by load: who has it, by lot
    shut: set[int] = field(default_factory=set)  # nobody can hand anything to these for now
    swapped: bool = False  # whether the last place took an exchange

    def __post_init__(self) -> None:
        place = {expert: number for number, expert in enumerate(self.seated)}
        self.barred = {case: set() for case in self.lists.cases}
        for expert, case in self.lists.barred:
            if expert in place and case in self.barred:
                self.barred[case].add(place[expert])
        self.tasks = [[] for _ in self.seated]
        self.decks = [sorted((self.lot("load", 0, one), n) for n, one in enumerate(self.seated))]

    def serve(self, case: str) -> None:
        """Give a case its experts, one after another."""
        held: list[int] = []
        self.held[case] = held
        self.number[case] = len(self.order)
        self.order.append(case)
        touched = [one for one in self.shut if one not in self.barred[case]]
        opened = self._behind(touched)
        self.shut -= opened
        exchanged = False
        for done in range(self.lists.each):
            if not self._place(case):
                self._note(case, self.lists.each - done)
                break
            exchanged |= self.swapped
        if not exchanged and set(touched) <= set(held):
            self.shut |= opened

    def _place(self, case: str) -> bool:
        """Give a case one more expert; tell whether one could be had."""
        floor, direct = self._direct(case)
        self.swapped = False
        if direct is not None and direct[0] == floor:
            self._take(direct[1], case)
            return True
        wanted = self._lower(len(self.decks) if direct is None else direct[0])
        came, via = self._search(case, wanted)
        target = next((one for one in wanted if one in came), None)
        if target is not None:
            self.swapped = came[target] != case
            self._exchange(target, came, via)
        elif direct is not None:
            self._take(direct[1], case)
        else:
            return False
        return True

    def _direct(self, case: str) -> tuple[int, tuple[int, int] | None]:
        """Return the least load that anybody has, and load and expert of the best to read it."""
        barred, held = self.barred[case], self.held[case]
        floor = -1
        for load, deck in enumerate(self.decks[: self.lists.most]):
            for _lot, one in deck:
                if one in self.shut:
                    continue
                floor = load if floor < 0 else floor
                if one not in barred and one not in held:
                    return floor, (load, one)
        return floor, None

    def _lower(self, load: int) -> list[int]:
        """Return the experts with less than a load and less than the most, the least first."""
        return [
            one
            for deck in self.decks[: min(load, self.lists.most)]
            for _lot, one in deck
            if one not in self.shut
        ]

    def _search(self, case: str, wanted: Sequence[int]) -> tuple[dict[int, str], dict[str, int]]:
        """Look outward from a case for the first of the wanted; return how each one was reached.

        `came` names for an expert the case that he could take, `via` for a case who would give it
        up. Whoever stays out of reach after a full search is shut until a case opens the way.
        """
        came: dict[int, str] = {}
        via: dict[str, int] = {case: -1}
        left = [one for one in range(len(self.seated)) if one not in self.shut]
        reached: list[int] = []
        for here in self._outward(case, via, reached):
            barred, held = self.barred[here], self.held[here]
            still = []
            for one in left:
                if one in barred or one in held:
                    still.append(one)
                else:
                    came[one] = here
                    reached.append(one)
            left = still
            if not left or (wanted and wanted[0] in came):
                break
        else:
            self.shut.update(left)
        return came, via

    def _outward(self, case: str, via: dict[str, int], reached: list[int]) -> Iterator[str]:
        """Give the case, then those of each expert reached, in the order of reaching."""
        yield case
        for one in reached:  # grows meanwhile
            for number in self.tasks[one]:
                theirs = self.order[number]
                if theirs not in via:
                    via[theirs] = one
                    yield theirs

    def _exchange(self, target: int, came: dict[int, str], via: dict[str, int]) -> None:
        self._lift(target)
        while target >= 0:
            case = came[target]
            self._hold(target, case)
            target = via[case]
            if target >= 0:
                self.held[case].remove(target)
                self.tasks[target].remove(self.number[case])

    def _take(self, one: int, case: str) -> None:
        self._lift(one)
        self._hold(one, case)

    def _hold(self, one: int, case: str) -> None:
        self.held[case].append(one)
        insort(self.tasks[one], self.number[case])

    def _lift(self, one: int) -> None:
        """Move an expert up one load."""
        load = len(self.tasks[one])
        deck = self.decks[load]
        deck.remove(next(entry for entry in deck if entry[1] == one))
        if load + 1 == len(self.decks):
            self.decks.append([])
        insort(self.decks[load + 1], (self.lot("load", load + 1, self.seated[one]), one))

    def _behind(self, touched: Sequence[int]) -> set[int]:
        """Return those shut who come into reach with some of them."""
        found, queue = set(touched), list(touched)
        for one in queue:
            for number in self.tasks[one]:
                case = self.order[number]
                free = self.shut - found - self.barred[case] - set(self.held[case])
                found |= free
                queue += sorted(free)
        return found

    def _note(self, case: str, lacking: int) -> None:
        """Write down what a case lacks, and who vies with it for the same experts."""
        came, via = self._search(case, ())
        allowed = len(self.seated) - len(self.barred[case])
        self.short.append(Short(case, lacking, allowed, len(came), len(via)))
