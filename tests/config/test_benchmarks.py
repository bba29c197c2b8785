from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config import benchmarks
from config.benchmarks import Figure

if TYPE_CHECKING:
    from pathlib import Path

BENCH = """
from config.benchmarks import Figure
def figures(size):
    yield Figure("rows", size or 7, None, "rows")
"""


@pytest.mark.parametrize(
    ("figure", "line"),
    [
        (Figure("judging", 1.5, 2, "x"), "judging 1.5 2 x"),
        (Figure("judging", 2.0, 2, "x"), "judging 2 2 x"),
        (Figure("peak memory", 1025.3, 1024, "MiB"), "peak_memory 1025.3 1024 MiB  OVER"),
        (Figure("share", 0.0123, 0.5, "s"), "share 0.0123 0.5 s"),
        (Figure("rows", 200_000, None, "rows"), "rows 200000 - rows"),
    ],
)
def test_line_reads_name_measured_limit_unit(figure, line) -> None:
    assert figure.line() == line


def test_report_prints_all_and_yields_those_over_their_limit() -> None:
    lines: list[str] = []
    slow = Figure("slow", 3, 2, "x")
    over = list(benchmarks.report([Figure("quick", 1, 2, "x"), slow], out=lines.append))
    assert over == [slow]
    assert lines == ["quick 1 2 x", "slow 3 2 x  OVER"]


def test_load_gives_the_bench_of_a_name(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "bench_counting.py").write_text(BENCH)
    monkeypatch.setattr(benchmarks, "FOLDER", tmp_path)
    assert benchmarks.names() == ["counting"]
    assert [f.line() for f in benchmarks.load("counting")(3)] == ["rows 3 - rows"]


def test_peak_memory_counts_what_was_held() -> None:
    before = benchmarks.peak_mib()
    held = b"x" * (300 * 1024 * 1024)
    assert benchmarks.peak_mib() >= max(before, len(held) / 1024 / 1024)
