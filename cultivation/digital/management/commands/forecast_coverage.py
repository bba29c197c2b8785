"""Forecast coverage by hand and print it with its back-test (覆盖率预测)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cultivation.digital.forecasting import making, reading
from cultivation.digital.management.days import day
from cultivation.digital.models import CoverageDefinition, Forecast, RequiredPath

if TYPE_CHECKING:
    import datetime as dt

    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Make the forecasts of a day here and now."""

    help = "Forecast digital coverage to the goal, store it and print the national figures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=day, default=None, help="the day; today if left out")
        parser.add_argument("--until", type=day, help="another horizon: print, store nothing")
        parser.add_argument("--backtest", action="store_true", help="print it region by region")

    def handle(self, *_args: Any, **options: Any) -> None:
        on = options["on"] or timezone.localdate()
        try:
            if options["until"]:
                self._print_until(on, options["until"])
                return
            made = making.make(on)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Forecast on {made['on']}: {made['rows']} regions stored.")
        rows = Forecast.objects.filter(made_on=on, region__level="nation")
        for row in rows.select_related("definition").order_by("tier", "definition"):
            self._print(row)
            if options["backtest"]:
                self._print_parts(row)

    def _print(self, row: Forecast) -> None:
        self.stdout.write(f"\n{row.tier} {row.definition.code}  {row.definition.name_en}")
        if row.middle is None:
            self.stdout.write("  too little to say")
            return
        self.stdout.write(
            f"  {row.until}: {making.said(row)}; chance of {row.due / 1e4:.0f}%: "
            f"{(row.chance or 0) / 1e4:.1f}%; needed {(row.needed or 0) / 100:.2f} firms a month, "
            f"{row.run_rate / 100:.2f} in the last twelve; ranges widened by "
            f"{row.slack.get('ppm', 0) / 1e4:.1f} points a year ahead"
        )
        self._print_summary(row)

    def _print_summary(self, row: Forecast) -> None:
        found = row.backtest.get("summary") or {}
        if not found.get("regions"):
            self.stdout.write("  back-test: too little to say")
            return
        self.stdout.write(
            f"  back-test from {found['since']}, {found['regions']} regions: off by "
            f"{found['forecast'] / 100:.2f} points on average; straight line "
            f"{found['line'] / 100:.2f}, logistic curve {found['logistic'] / 100:.2f}; "
            f"{found['inside80'] / 1e4:.0f}% within the 80% range, "
            f"{found['inside50'] / 1e4:.0f}% within the 50% range"
        )

    def _print_parts(self, row: Forecast) -> None:
        for one in reading.tested(row, reading.parts(row)):
            errors = "  ".join(
                f"{way} {'–' if off is None else f'{off / 100:.2f}'}"
                for way, off in one.errors.items()
            )
            name = one.region.code if one.region else "000000"
            self.stdout.write(f"    {name}  {one.actual / 1e4:6.2f}%  off by: {errors}")

    def _print_until(self, on: dt.date, until: dt.date) -> None:
        ground = making.Ground.read()
        definitions = list(CoverageDefinition.objects.all())
        for path in RequiredPath.objects.all():
            path.due_on = until
            slacks = making.Slacks.on(ground, definitions, path.tier, on)
            for definition in definitions:
                for row in making.of(ground, definition, path.tier, path, on, slacks=slacks)[:1]:
                    self._print(row)
