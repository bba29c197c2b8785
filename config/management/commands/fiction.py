"""Fill an empty database with the fictional registry (虚构演示数据)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from config import fiction
from config.fiction.building import SEED, NotEmptyError

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Bar:
    """Shows the building as a progress bar, one for each step."""

    def __init__(self, *, hidden: bool) -> None:
        self.hidden = hidden
        self.bar: tqdm[Any] | None = None

    def log(self, text: str) -> None:
        """Begin the bar of a step."""
        self.close()
        self.bar = tqdm(desc=text, disable=self.hidden, unit="")

    def report(self, done: int, total: int | None = None) -> None:
        """Move the bar."""
        if self.bar is None:
            return
        self.bar.total = total
        self.bar.n = done
        self.bar.refresh()

    def close(self) -> None:
        """End the bar of the step."""
        if self.bar is not None:
            self.bar.close()


class Command(BaseCommand):
    """Build the fictional registry into an empty database and print the sign-ins."""

    help = "Fill an empty database with a fictional registry; load_seeds must have run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--enterprises", type=int, default=3000)
        parser.add_argument("--seed", type=int, default=SEED)

    def handle(self, *_args: Any, **options: Any) -> None:
        bar = Bar(hidden=options["verbosity"] == 0)
        try:
            made = fiction.build(options["enterprises"], seed=options["seed"], progress=bar)
        except NotEmptyError as error:
            raise CommandError("There are enterprises already; nothing was changed.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        finally:
            bar.close()
        for what, number in made.items():
            self.stdout.write(f"{number:>10,}  {what}")
        for label, username, password in fiction.signins():
            self.stdout.write(f"{username:<10} {password:<14} {label}")
