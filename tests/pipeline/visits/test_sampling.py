"""A sample is repeatable from what was published, and each part gives its share (抽样)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cultivation.pipeline.panels.drawing import Lots
from cultivation.pipeline.visits import sampling
from cultivation.pipeline.visits.sampling import Lists

SEED = bytes(range(32))
ALONE = Path(__file__).parent / "sample_alone.py"


def lists(*sizes: int, owed: int = 0, share: int = 0, number: int = 0) -> Lists:
    """Return lists with parts of so many cases."""
    parts = {
        f"p{part}": tuple(f"c{part}x{case}" for case in range(size))
        for part, size in enumerate(sizes)
    }
    return Lists("d1", parts, tuple(f"o{n}" for n in range(owed)), share, number)


@pytest.mark.parametrize(
    ("sizes", "size"), [((7, 5, 3), 6), ((100, 1, 1, 1), 10), ((1, 1, 1, 1), 2), ((9,), 9)]
)
def test_each_part_gives_its_share_to_less_than_one_place(
    sizes: tuple[int, ...], size: int
) -> None:
    drawn = sampling.draw(lists(*sizes, number=size), SEED)

    counts = [len(drawn[f"p{part}"]) for part in range(len(sizes))]
    assert sum(counts) == size
    assert all(
        abs(n * sum(sizes) - size * m) < sum(sizes) for n, m in zip(counts, sizes, strict=True)
    )


@pytest.mark.parametrize(
    ("sizes", "owed", "share", "size"),
    [
        ((20,), 0, 50_000, 1),
        ((21,), 0, 50_000, 2),
        ((10, 10), 20, 50_000, 2),
        ((2,), 98, 50_000, 2),
    ],
)
def test_a_share_is_of_all_cases_listed_and_rounded_up(
    sizes: tuple[int, ...], owed: int, share: int, size: int
) -> None:
    assert lists(*sizes, owed=owed, share=share).size == size


def test_the_same_lists_and_seed_give_the_same_sample_and_others_another() -> None:
    said = lists(40, 30, number=12)
    drawn = sampling.draw(said, SEED)

    assert sampling.draw(sampling.read(said.text), SEED) == drawn
    assert sampling.draw(said, SEED[::-1]) != drawn
    assert sampling.draw(said, SEED, word="seven") != drawn


def test_every_case_is_drawn_about_as_often_as_any_other() -> None:
    said = lists(6, 4, number=5)
    counts: dict[str, int] = {}
    for number in range(600):
        for cases in sampling.draw(said, number.to_bytes(32, "big")).values():
            for case in cases:
                counts[case] = counts.get(case, 0) + 1

    assert len(counts) == 10
    assert all(240 < count < 360 for count in counts.values())  # 300 expected, sd 12


def test_places_left_go_to_the_largest_remainders() -> None:
    said = lists(5, 3, 2, number=4)  # 2.0, 1.2, 0.8

    assert sampling.shared(said, Lots(said.digest, SEED)) == {"p0": 2, "p1": 1, "p2": 1}


def test_a_script_that_knows_nothing_of_this_system_draws_the_same(tmp_path: Path) -> None:
    said = lists(17, 11, 1, owed=3, share=200_000)
    file = tmp_path / "lists.json"
    file.write_text(said.text, encoding="ascii")

    told = subprocess.run(
        [sys.executable, str(ALONE), str(file), SEED.hex(), "见证"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip

    assert told.stdout.strip() == sampling.outcome(sampling.draw(said, SEED, word="见证"))
