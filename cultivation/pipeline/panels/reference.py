"""Loading the rubrics of the seeds (装载评分表)."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from cultivation.pipeline.models import Rubric, RubricLine
from cultivation.pipeline.panels import rubrics
from cultivation.pipeline.panels.rubrics import Line

FILE = Path(settings.BASE_DIR) / "seeds" / "rubrics.toml"
HEAD = ("tier", "title_zh", "title_en", "source")


class RubricError(ValueError):
    """A rubric of the seeds that does not make sense, or that says a published one otherwise."""


@transaction.atomic
def load(path: Path = FILE) -> list[Rubric]:
    """Load and publish the rubrics of the seeds; loading again changes nothing (装载)."""
    said = tomllib.loads(path.read_text("utf-8"))["rubric"]
    return [_loaded(row, path.name) for row in said]


def _loaded(row: dict[str, Any], file: str) -> Rubric:
    where = f"{file}: rubric {row.get('code')} {row.get('version')}"
    lines = [_line(one) for one in row["line"]]
    wrong = rubrics.faults(lines)
    if wrong:
        raise RubricError(f"{where}: {' '.join(wrong)}")
    there = Rubric.objects.filter(code=row["code"], version=row["version"]).first()
    if there is not None:
        if there.state != Rubric.State.DRAFT and rubrics.lines_of(there) != lines:
            raise RubricError(f"{where} is published and says otherwise; give it the next version")
        return there
    head = {name: row.get(name, "") for name in HEAD}
    made = rubrics.write(None, lines, by=None, code=row["code"], version=row["version"], **head)
    return rubrics.publish(made, by=None)


def _line(row: dict[str, Any]) -> Line:
    return Line(
        label_zh=row["label_zh"],
        label_en=row.get("label_en", ""),
        weight=int(Decimal(str(row["weight"])) * 100),
        criteria=tuple(row.get("criteria", ())),
        low=row.get("low", 0),
        high=row.get("high", 10),
        step=row.get("step", 1),
        anchors=tuple((at, zh, en) for at, zh, en in row.get("anchors", ())),
        comment=row.get("comment", RubricLine.Comment.EDGES),
    )
