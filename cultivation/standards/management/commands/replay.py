"""manage.py replay: judge again what was kept and stored; exit 1 where it differs (重演命令)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import override

from cultivation.standards.models import JudgingRun
from cultivation.standards.replaying import replay

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from cultivation.standards.drift import Difference


class Command(BaseCommand):
    """Judge kept judgements and stored results again."""

    help = (
        "Judge kept judgements and stored results again by the rules they were judged by. Prints "
        "a line for each that differs, with the likely reason, and exits 1; else 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what is judged again."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--sample",
            type=int,
            metavar="N",
            help=f"about so many of each, every so-many-th; {settings.REPLAY_SAMPLE} by default",
        )
        what.add_argument("--all", action="store_true", help="all that was kept and stored")
        what.add_argument("--run", type=int, metavar="PK", help="all results that a run stored")
        parser.add_argument(
            "--seed",
            type=int,
            metavar="S",
            help="which share of the rows; today's by default, so that in time all come up",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Judge again, print what differs and how many were judged."""
        sample, run = self._sample(options), self._run(options["run"])
        seed = timezone.localdate().toordinal() if options["seed"] is None else options["seed"]
        with override("en"):
            noted = replay(sample=sample, seed=seed, run=run, told=self._tell)
        self.stdout.write(
            f"{noted.judgements} kept judgements and {noted.results} stored results judged again: "
            f"{noted.drifted} differ"
        )
        if noted.drifted:
            raise CommandError(f"{noted.drifted} came out otherwise than they were kept")

    def _sample(self, options: dict[str, Any]) -> int | None:
        if options["all"] or options["run"] is not None:
            return None
        if options["sample"] is None:
            return int(settings.REPLAY_SAMPLE)
        if options["sample"] < 1:
            raise CommandError(f"--sample {options['sample']}: name at least 1, or say --all")
        return int(options["sample"])

    def _run(self, pk: int | None) -> JudgingRun | None:
        if pk is None:
            return None
        run = JudgingRun.objects.filter(pk=pk).first()
        if run is None:
            last = JudgingRun.objects.values_list("pk", flat=True).first()
            raise CommandError(f"--run {pk}: there is no such judging run; the last is {last}")
        return run

    def _tell(self, difference: Difference) -> None:
        whose = f" of enterprise {difference.enterprise}" if difference.enterprise else ""
        basis = f" ({difference.edition} {difference.kind})" if difference.kind else ""
        self.stdout.write(f"{difference.name}{whose}{basis}: {difference.text}")
