"""Fill an empty database with the fictional registry (虚构演示数据)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from config import fiction
from config.demo_registry import Bars
from config.fiction.building import SEED, NotEmptyError

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Build the fictional registry into an empty database and print the sign-ins."""

    help = "Fill an empty database with a fictional registry; load_seeds must have run."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare size and seed."""
        parser.add_argument("--enterprises", type=int, default=3000, metavar="N")
        parser.add_argument("--seed", type=int, default=SEED, help="same seed, same registry")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Build, then say what was made and who may sign in."""
        try:
            with Bars() as bars:
                made = fiction.build(options["enterprises"], seed=options["seed"], progress=bars)
        except NotEmptyError as error:
            raise CommandError("There are enterprises already; nothing was changed.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        for what, number in made.items():
            self.stdout.write(f"{number:>10,}  {what}")
        for label, username, password in fiction.signins():
            self.stdout.write(f"{username:<10} {password:<14} {label}")
