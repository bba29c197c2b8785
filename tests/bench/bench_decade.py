"""Ten years of nights: beat, a worker and a web server, and all that breaks (十年模拟).

No figure is a speed but the last; what is counted is nights lost and figures that differ.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from config.benchmarks import Figure
from tests.digital.decade.living import House, Life

if TYPE_CHECKING:
    from collections.abc import Iterable

NIGHTS = 3653
FIRMS = 40
GAP = (15, 45)  # nights from one fault to the next
LOCAL = "host=/"  # of a server on this machine, whose processes may be killed


def figures(size: int | None) -> Iterable[Figure]:
    """Yield what came of `size` nights, ten years of them where none is given."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tracker-decade-") as folder:
        house = House(Path(folder))
        life = Life(house, firms=FIRMS, seed=2027, topples=LOCAL in settings.DATABASE_URL, gap=GAP)
        with house:
            for lived in life.through(size or NIGHTS):
                if lived.nights % 365 == 0:
                    yield Figure(f"nights by {house.now:%Y-%m-%d}", lived.nights, None, "nights")
        lived = life.finish()
    for what in (*lived.wrong, *lived.undone, *map(str, lived.missing)):
        print(what)
    yield Figure("nights lived through", lived.nights, None, "nights")
    for fault, times in sorted(lived.faults.items()):
        yield Figure(fault.replace("_", " "), times, None, "times")
    yield Figure("days without a snapshot", len(lived.missing), 0, "days")
    yield Figure("runs that broke off", lived.failed, None, "runs")
    yield Figure("work left undone", len(lived.undone), 0, "runs")
    yield Figure("cube compared with the truth", lived.compared, None, "weeks")
    yield Figure("rows apart", lived.apart, 0, "rows")
    yield Figure("stored figures recounted in SQL", lived.recounted, None, "figures")
    yield Figure("pages and files asked of the web", lived.asked, None, "answers")
    yield Figure("figures that differ", len(lived.wrong), 0, "figures")
    yield Figure("a night", (time.perf_counter() - begun) / lived.nights * 1000, None, "ms")
