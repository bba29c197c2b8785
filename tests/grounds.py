"""Ground that many tests stand on: written once, gone back to after each of them (测试底数).

    @ground
    def built(seeds: None) -> dict[str, int]:
        return fiction.build(400)

is a fixture like any other: who asks for it finds the rows there and may change them, and what a
test changed is rolled back to the ground instead of to an empty database. The arguments of a ground
are the grounds that it lies on, nothing else: neither settings nor a stopped clock nor files. What
it returns is copied for each test. Tests are sorted so that those on one ground follow each other,
so a process lays each ground about once. A test with `transaction=True` has it written anew.
"""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Layer(NamedTuple):
    """One ground: its name, and what writes it."""

    name: str
    write: Callable[..., Any]

    def below(self) -> list[str]:
        """Return the names of the grounds that it lies on."""
        return list(inspect.signature(self.write).parameters)


class Laid(NamedTuple):
    """A layer that is in the database of this process, in a transaction of its own."""

    layer: Layer
    transaction: transaction.Atomic
    value: Any


class Standing:
    """What lies in the database of this process, the lowest first."""

    def __init__(self) -> None:
        self.laid: list[Laid] = []

    def change_to(self, wanted: Sequence[Layer]) -> None:
        """Take away from the top what is not wanted, and lay what is missing."""
        gone = connection.connection is None or connection.closed_in_transaction
        while self.laid and (gone or self.layers != list(wanted[: len(self.laid)])):
            self._take_away()
        for layer in wanted[len(self.laid) :]:
            self._lay(layer)

    @property
    def layers(self) -> list[Layer]:
        """Return what lies there, the lowest first."""
        return [one.layer for one in self.laid]

    def value(self, name: str) -> Any:
        """Return what a layer returned."""
        return next(one.value for one in self.laid if one.layer.name == name)

    def _lay(self, layer: Layer) -> None:
        own = transaction.atomic()
        own._from_testcase = True  # blocks that must be the outermost may stand in it
        own.__enter__()
        try:
            below = {name: copy.deepcopy(self.value(name)) for name in layer.below()}
            value = layer.write(**below)
            connection.check_constraints()
        except BaseException:
            transaction.set_rollback(True)
            own.__exit__(None, None, None)
            raise
        self.laid.append(Laid(layer, own, value))

    def _take_away(self) -> None:
        own = self.laid.pop().transaction
        transaction.set_rollback(True)
        own.__exit__(None, None, None)


def ground(write: Callable[..., Any]) -> Any:
    """Make a fixture of a function that writes rows and returns what describes them."""
    layer = Layer(write.__name__, write)

    def give(**given: Any) -> Any:
        standing = given.pop("_standing")
        del given["db"]
        if layer in standing.layers:
            return copy.deepcopy(standing.value(layer.name))
        return write(**given)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    names = ["_standing", "db", *layer.below()]
    give.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    give.__doc__ = write.__doc__
    give.layer = layer
    return pytest.fixture(name=layer.name)(give)


LAYERS = pytest.StashKey[tuple[Layer, ...]]()


def assign(items: list[pytest.Item]) -> None:
    """Note what each test stands on, and bring those on the same ground together."""
    rank: dict[Layer, int] = {}
    for item in items:
        if _reaches_the_database(item):
            item.stash[LAYERS] = _layers(item) if _is_rolled_back(item) else ()
            for layer in item.stash[LAYERS]:
                rank.setdefault(layer, len(rank))
            if "_ground" not in item.fixturenames:  # a list that the cases of a test share
                item.fixturenames.insert(0, "_ground")
    # pytest-django has sorted already: rolled back, then transactional, then without a database.
    standing = [n for n, item in enumerate(items) if LAYERS in item.stash and _is_rolled_back(item)]
    chosen = [items[n] for n in standing]
    chosen.sort(key=lambda item: [rank[layer] for layer in item.stash[LAYERS]])
    for n, item in zip(standing, chosen, strict=True):
        items[n] = item


def _reaches_the_database(item: pytest.Item) -> bool:
    asked = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) or item.get_closest_marker("django_db") is not None


def _is_rolled_back(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    committing = bool(marker and marker.kwargs.get("transaction"))
    return not committing and "transactional_db" not in getattr(item, "fixturenames", ())


def _layers(item: pytest.Item) -> tuple[Layer, ...]:
    """Return the grounds a test asks for, what lies below each before it.

    A ground on something that is a plain fixture for this test is one for it too: written anew.
    """
    found: dict[str, Layer | None] = {}
    definitions = item._fixtureinfo.name2fixturedefs

    def layer_of(name: str) -> Layer | None:
        if name not in found:
            layer = getattr(definitions[name][-1].func, "layer", None)
            lies = layer is not None and all(layer_of(below) for below in layer.below())
            found[name] = layer if lies else None
        return found[name]

    for name in sorted(definitions):
        layer_of(name)
    return tuple(layer for layer in found.values() if layer)
