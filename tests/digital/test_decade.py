"""Beat, worker and web through two weeks of nights and every fault (岁月模拟).

Ten years of them are `python3 manage.py bench decade`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.services import ServiceError
from tests.digital.decade.living import House, Life

if TYPE_CHECKING:
    from pathlib import Path

NIGHTS = 15


@pytest.mark.redis
def test_no_night_is_lost_and_nothing_drifts_whatever_breaks(
    transactional_db: None, tmp_path: Path
) -> None:
    try:
        house = House(tmp_path)
    except ServiceError as error:
        pytest.skip(str(error))
    life = Life(house, firms=40, seed=7, topples=False, gap=(2, 4))
    with house:
        for _lived in life.through(NIGHTS):
            pass
    lived = life.finish()
    assert (lived.wrong, lived.missing, lived.undone, lived.apart) == ([], [], [], 0)
    assert lived.nights == NIGHTS
    assert sorted(lived.faults) == [
        "all_off",
        "broker_killed",
        "everybody_dropped",
        "worker_killed",
    ]
    assert (lived.compared >= 2, lived.recounted >= 120, lived.asked >= 6) == (True, True, True)
