"""Enterprises with facts of every kind, dated where something turns, and changes of them."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

from django.db import connection

from cultivation.standards.measures import MEASURES
from enterprises.places.models import Region
from enterprises.registry import records
from enterprises.registry.models import AnnualReport, Enterprise, Fact, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Field, Model

PATHS = ("3205", "4401", "SZ03", "3701", "")
YEARS_BACK = (0, 0, 0, 1, 2, 3)


class World:
    """A registry that changes at random, the same for the same seed (随机企业库)."""

    def __init__(self, seed: int, days: Sequence[dt.date]) -> None:
        self.dice = random.Random(seed)
        self.days = days
        self.number = 0
        self.regions = {
            path: Region.objects.get_or_create(
                code=(path or "0").ljust(6, "0"),
                defaults={"path": path, "level": "city", "name_zh": f"虚构{path}"},
            )[0]
            for path in PATHS
        }

    def day(self) -> dt.date:
        """Return a day near one of those looked at, in its year or one before."""
        near = self.dice.choice(self.days) + dt.timedelta(self.dice.randint(-2, 2))
        year = near.year - self.dice.choice(YEARS_BACK)
        return near.replace(year=year, day=min(near.day, 28)) if near.year != year else near

    def firm(self) -> Enterprise:
        """Register an enterprise with some facts."""
        self.number += 1
        path = self.dice.choice(PATHS)
        made = Enterprise.objects.create(
            credit_code=f"{self.number:018}", name=f"虚构{self.number}", name_key="虚构",
            fictional=True, region=self.regions[path], region_path=path, events_declared=True,
            niche_since=self.day(), size_class=self.dice.choice(("large", "small", "unknown")),
        )  # fmt: skip
        for _ in range(self.dice.randint(0, 4)):
            self.dice.choice(WAYS_TO_ADD)(self, made)
        return made

    def report(self, firm: Enterprise) -> None:
        """State or change the figures of a year."""
        year = self.days[0].year - self.dice.randint(0, 4)
        figures = {"revenue": self.dice.randint(0, 99), "rd_staff": self.dice.randint(0, 9)}
        AnnualReport.objects.update_or_create(enterprise=firm, year=year, defaults=figures)

    def title(self, firm: Enterprise) -> None:
        """Give a title, in place of the running one of the tier."""
        tier, granted = self.dice.choice(Tier.values), self.day()
        self.number += 1
        firm.titles.filter(tier=tier, ended_on=None).update(ended_on=granted, end_kind="replaced")
        to = max(self.day(), granted)
        number = f"T{self.number}"
        firm.titles.create(tier=tier, number=number, year=2024, granted_on=granted, valid_to=to)

    def fact(self, firm: Enterprise) -> None:
        """Add a fact of any kind as the pages do."""
        records.add_fact(firm, self.drawn(self.dice.choice(list(MEASURES))), by=None)

    def drawn(self, of: str) -> Fact:
        """Return a fact of a kind, not saved."""
        model: Any = MEASURES[of].model
        self.number += 1
        values = {field.name: self.value(field) for field in model._meta.concrete_fields}
        drawn: Fact = model(**{name: v for name, v in values.items() if v is not None})
        return drawn

    def value(self, field: Field[Any, Any]) -> Any:
        """Return a value for a field; None leaves it as it is."""
        kind = field.get_internal_type()
        if field.name in {"id", "enterprise", "created_at"}:
            return None
        if kind == "DateField":
            return None if field.null and self.dice.random() < 0.3 else self.day()
        if kind == "BooleanField":
            return self.dice.choice((True, True, False, *([None] if field.null else [])))
        if field.choices:
            return self.dice.choice([value for value, _ in field.flatchoices])
        if kind in {"CharField", "TextField"}:
            return {"level": "industry"}.get(field.name, f"N{self.number}")
        return self.dice.randint(1, 4)

    def someone(self) -> Enterprise:
        """Return an enterprise there is."""
        return self.dice.choice(list(Enterprise.objects.order_by("pk")))

    def rows(self) -> list[Model]:
        """Return the facts and titles there are."""
        models = [Title, AnnualReport, *(measure.model for measure in MEASURES.values())]
        return [row for model in models for row in model._default_manager.order_by("pk")]

    def change(self) -> None:
        """Change something somewhere, in one of many ways."""
        self.dice.choice(WAYS_TO_CHANGE)(self)

    def come(self) -> None:
        self.firm()

    def go(self) -> None:
        gone = self.someone()
        gone.changes.all().delete()
        gone.delete()

    def move(self) -> None:
        path = self.dice.choice(PATHS)
        records.change(self.someone(), {"region": self.regions[path]}, by=None)

    def add(self) -> None:
        self.dice.choice(WAYS_TO_ADD)(self, self.someone())

    def restate(self) -> None:
        name = self.dice.choice(("own_brand", "obeys_laws", "events_declared"))
        chosen = Enterprise.objects.filter(pk__lte=self.someone().pk)
        chosen.update(**{name: self.dice.choice((True, False, None))})

    def drop(self) -> None:
        if rows := self.rows():
            self.dice.choice(rows).delete()

    def redate(self) -> None:
        """Change the day of a fact by SQL, as somebody with a console might."""
        measure = self.dice.choice(list(MEASURES.values()))
        name = self.dice.choice([measure.dated, measure.ends or measure.dated])
        with connection.cursor() as cursor:
            table = measure.model._meta.db_table
            cursor.execute(f"UPDATE {table} SET {name} = %s", [self.day()])  # noqa: S608

    def write_to(self) -> None:
        """Change what no fact comes from."""
        Enterprise.objects.update(contact_phone=str(self.dice.random()))


WAYS_TO_ADD: tuple[Callable[[World, Enterprise], None], ...] = (
    World.report, World.title, World.fact, World.fact, World.fact,
)  # fmt: skip
WAYS_TO_CHANGE: tuple[Callable[[World], None], ...] = (
    World.come, World.go, World.move, World.add, World.add, World.restate, World.drop,
    World.redate, World.write_to,
)  # fmt: skip
