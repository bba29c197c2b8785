"""The digital-level index as data: questions, scenarios, levels (数字化水平评测指标).

Points are whole thousandths, since the 2024 index gives 1.875 points. The thresholds of the 2024
levels and the wording of one option come from secondary sources and are marked unverified.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from django.utils.translation import get_language

from cultivation.digital import seeds

VERSIONS = {2022: dt.date(2022, 10, 1), 2024: dt.date(2024, 9, 4)}  # in use since
ASKED = 2024  # the version whose questions are known in full


def _here(zh: str, en: str) -> str:
    return en if (get_language() or "").startswith("en") else zh


def plain(thousandths: int) -> str:
    """Return points written exactly: 5.625, 7.5, 0."""
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03}".rstrip("0") if rest else str(whole)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a question and its points in thousandths (选项)."""

    code: str
    zh: str
    en: str
    points: int
    verified: bool

    def __str__(self) -> str:
        return _here(self.zh, self.en)

    @property
    def text_points(self) -> str:
        """Return the points exactly, without needless noughts."""
        return plain(self.points)


@dataclass(frozen=True, slots=True)
class Question:
    """A scored question (评分题); `multiple` adds up, the option of no points stands alone."""

    no: int
    dimension_zh: str
    dimension_en: str
    indicator_zh: str
    indicator_en: str
    zh: str
    en: str
    multiple: bool
    most: int
    options: tuple[Option, ...]

    def __str__(self) -> str:
        return _here(self.zh, self.en)

    @property
    def dimension(self) -> str:
        return _here(self.dimension_zh, self.dimension_en)

    @property
    def indicator(self) -> str:
        return _here(self.indicator_zh, self.indicator_en)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A business scenario judged by level (业务场景); `binding` ones are 约束性."""

    no: int
    area_zh: str
    area_en: str
    zh: str
    en: str
    binding: bool
    levels: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return _here(self.zh, self.en)

    @property
    def area(self) -> str:
        return _here(self.area_zh, self.area_en)

    def level_text(self, level: int) -> str:
        """Return what a level from 1 to 4 asks for."""
        return _here(*self.levels[level - 1])

    @property
    def texts(self) -> list[tuple[int, str]]:
        """Return the four levels with what they ask for."""
        return [(level, self.level_text(level)) for level in (1, 2, 3, 4)]


@dataclass(frozen=True, slots=True)
class Level:
    """What a level asks for: points in thousandths, scenarios, binding ones (等级门槛)."""

    no: int
    zh: str
    en: str
    points: int
    scenarios: int
    binding: int
    verified: bool

    def __str__(self) -> str:
        return _here(self.zh, self.en)

    @property
    def score(self) -> int:
        """Return the points asked for in hundredths."""
        return self.points // 10


@cache
def questions() -> tuple[Question, ...]:
    """Return the scored questions of the 2024 index."""
    options: dict[str, tuple[Option, ...]] = {
        number: tuple(
            Option(
                row["option"],
                row["label_zh"],
                row["label_en"],
                int(row["thousandths"]),
                row["verified"] == "yes",
            )
            for row in group
        )
        for number, group in groupby(
            seeds.rows("digital_options_2024.csv"), key=lambda row: row["question"]
        )
    }
    return tuple(
        Question(
            no=int(row["no"]),
            dimension_zh=row["dimension_zh"],
            dimension_en=row["dimension_en"],
            indicator_zh=row["indicator_zh"],
            indicator_en=row["indicator_en"],
            zh=row["text_zh"],
            en=row["text_en"],
            multiple=row["answer_type"] == "multi",
            most=int(row["max_thousandths"]),
            options=options[row["no"]],
        )
        for row in seeds.rows("digital_questions_2024.csv")
    )


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return the sixteen scenarios of the 2024 index."""
    return tuple(
        Scenario(
            no=int(row["no"]),
            area_zh=row["area_zh"],
            area_en=row["area_en"],
            zh=row["name_zh"],
            en=row["name_en"],
            binding=row["binding"] == "yes",
            levels=tuple((row[f"level{n}_zh"], row[f"level{n}_en"]) for n in (1, 2, 3, 4)),
        )
        for row in seeds.rows("digital_scenarios_2024.csv")
    )


@cache
def dimensions() -> tuple[tuple[Question, ...], ...]:
    """Return the questions by dimension, in the order of the index (维度)."""
    return tuple(
        tuple(group) for _name, group in groupby(questions(), key=lambda one: one.dimension_zh)
    )


@cache
def areas() -> tuple[tuple[Scenario, ...], ...]:
    """Return the scenarios by area, in the order of the index (场景领域)."""
    return tuple(tuple(group) for _name, group in groupby(scenarios(), key=lambda one: one.area_zh))


@cache
def levels(version: int) -> tuple[Level, ...]:
    """Return the levels of an index version, lowest first."""
    return tuple(
        Level(
            no=int(row["level"]),
            zh=row["name_zh"],
            en=row["name_en"],
            points=int(row["min_thousandths"]),
            scenarios=int(row["min_scenarios"]),
            binding=int(row["min_binding"]),
            verified=row["verified"] == "yes",
        )
        for row in seeds.rows("digital_levels.csv")
        if row["index_version"] == str(version)
    )
