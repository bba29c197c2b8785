"""Check coverage by hand and print the national figures (数字化改造覆盖检查)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cultivation.digital import checking
from cultivation.digital.management.days import day
from cultivation.digital.models import CoverageDefinition

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

ALERTS = (
    "Alerts: %(alerts_opened)s opened, %(alerts_closed)s closed, %(alerts_open)s open. "
    "Levels changed: %(levels_lapsed)s. Told: %(officers_told)s officers, "
    "%(firms_reminded)s people of firms."
)


class Command(BaseCommand):
    """Check the coverage of a day here and now, as the night does."""

    help = "Count digital coverage on a day, store it, check alerts, print the national figures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=day, default=None, help="the day; today if left out")

    def handle(self, *_args: Any, **options: Any) -> None:
        on = options["on"] or timezone.localdate()
        try:
            taken = checking.conduct(on)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Coverage on {taken['on']}: {taken['rows']} figures stored.")
        if "alerts_open" in taken:
            self.stdout.write(ALERTS % taken)
        names = dict(CoverageDefinition.objects.values_list("code", "name_en"))
        for tier, figures in taken["national"].items():
            self.stdout.write(f"\n{tier}")
            for code, figure in figures.items():
                self.stdout.write(f"  {code:10} {_line(figure)}  {names[code]}")


def _line(figure: dict[str, int]) -> str:
    total, transformed = figure["total"], figure["transformed"]
    share = f"{transformed / total:7.2%}" if total else "      –"
    return (
        f"{share}  {transformed} of {total}, {figure['not_transformed']} not, "
        f"{figure['not_assessed']} not assessed; path {figure['required_ppm'] / 1e6:.2%}"
    )
