"""Working on the next thing while one is used (预先处理)."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
R = TypeVar("R")


def ahead(work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """Yield what the work makes of each thing, one thing ahead, in a thread of its own.

    The work must leave the database alone: it would be on another connection.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        begun: list[Future[R]] = []
        for thing in things:
            begun.append(worker.submit(work, thing))
            if len(begun) > 1:
                yield begun.pop(0).result()
        for last in begun:
            yield last.result()
