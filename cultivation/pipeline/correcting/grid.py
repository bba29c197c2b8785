"""A light grid over one's own queue: a row a case, a column a criterion (批量审核表)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from cultivation.pipeline import findings, opinions, routes
from cultivation.pipeline.correcting import sitting
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import CriterionReview
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from cultivation.pipeline.models import Application
    from cultivation.pipeline.opinions import Word
    from enterprises.accounts.models import User

MOST = 20  # cases on one page: more than can be looked at is no review


@dataclass(frozen=True, slots=True)
class Cell:
    """One criterion of one case; asked: a person's word is wanted there."""

    code: str
    verdict: Verdict | None
    value: str
    opinion: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One case with its cells, in the order of the columns (审核行)."""

    application: Application
    cells: list[Cell]
    words: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The cases of one standard (审核表)."""

    columns: list[tuple[str, str]]  # code, label
    rows: list[Row]


def cases(user: User, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """Return the cases that a grid may hold: those served to the user, not done yet."""
    return sitting.waiting(user, rows).filter(is_done=False)


def of(user: User, edition: int, rows: QuerySet[Any] | None = None) -> Grid:
    """Return the grid of the first cases of a standard; two queries, however many they are."""
    found = list(
        cases(user, rows)
        .filter(edition=edition)
        .select_related("enterprise__region", "submission")
        .order_by("-is_mine", "held_since", "pk")[:MOST]
    )
    said: dict[tuple[int, str], CriterionReview] = {}
    reviews = CriterionReview.objects.filter(application__in=found)
    for review in reviews.select_related("application"):
        if review.level == routes.holding_level(review.application):
            said[review.application_id, review.criterion] = review
    columns: dict[str, str] = {}
    for one in found:
        for leaf in findings.leaves(one.submitted_result):
            columns.setdefault(str(leaf["code"]), findings.label_of(leaf))
    return Grid(
        columns=list(columns.items()),
        rows=[Row(one, _cells(one, columns, said), _words(one, said)) for one in found],
    )


@transaction.atomic
def keep(
    user: User,
    words: Mapping[int, Sequence[Word]],
    versions: Mapping[int, int],
    applications: Mapping[int, Application],
) -> dict[int, str]:
    """Keep the words on several cases, each whole or not at all; return by case why not."""
    refused = {}
    for pk, said in words.items():
        try:
            with transaction.atomic():
                opinions.record(applications[pk], said, by=user, version=versions.get(pk, 0))
        except MoveError as error:
            refused[pk] = str(error)
    return refused


def _cells(
    application: Application,
    columns: Mapping[str, str],
    said: Mapping[tuple[int, str], CriterionReview],
) -> list[Cell]:
    leaves = {str(leaf["code"]): leaf for leaf in findings.leaves(application.submitted_result)}
    return [_cell(code, leaves.get(code), said.get((application.pk, code))) for code in columns]


def _cell(code: str, leaf: dict[str, Any] | None, review: CriterionReview | None) -> Cell:
    if leaf is None:
        return Cell(code, None, "", "", asked=False)
    line = findings.Finding(leaf, 0)
    asked = line.verdict in {Verdict.MANUAL, Verdict.UNKNOWN} or review is not None
    return Cell(code, line.verdict, line.value, review.opinion if review else "", asked)


def _words(application: Application, said: Mapping[tuple[int, str], CriterionReview]) -> str:
    """Return the words that a level gave on a case, where they are the same for all."""
    given = {one.reason for (pk, _code), one in said.items() if pk == application.pk and one.reason}
    return given.pop() if len(given) == 1 else ""
