"""manage.py judge: judge the registry and print what each edition found (评价命令)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cultivation.standards import editions, snapshots
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, Verdict
from cultivation.standards.policy import KINDS
from cultivation.standards.results import Basis, judged

if TYPE_CHECKING:
    import polars as pl
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Judge all enterprises as of a day."""

    help = "Judge the registry by the editions in force, or by those named whatever the day."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the day and the editions."""
        parser.add_argument("--on", metavar="DATE", help="as of this day; today where left out")
        parser.add_argument("--edition", nargs="+", metavar="CODE", help="judge by these editions")
        parser.add_argument("--kind", choices=KINDS, help="with --edition; recognition by default")
        parser.add_argument("--table", action="store_true", help="print a line for each criterion")
        parser.add_argument("--no-store", action="store_true", help="count only, store nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Judge, store unless told not to, and print the counts."""
        as_of = self._day(options["on"])
        bases = self._bases(options["edition"], options["kind"], as_of)
        if not bases:
            raise CommandError(f"no edition is in force on {as_of}; name one with --edition")
        snapshot = snapshots.take(as_of)
        self.stdout.write(
            f"as of {as_of}: {snapshot.rows} enterprises, facts {snapshot.sha256[:12]}"
        )
        if not options["no_store"]:
            run = judge_registry(as_of, bases=bases, snapshot=snapshot)
            self.stdout.write(f"run {run.pk}: {run.judged} judged, {run.stored} stored")
        for edition, policy, kind in bases:
            results = judged(snapshot, policy, kind=kind, as_of=as_of)
            self._counts(f"{edition.code} {kind}", results["verdict"].to_list())
            if options["table"]:
                self._table(policy.order, results["verdicts"])

    def _day(self, text: str | None) -> dt.date:
        if text is None:
            return timezone.localdate()
        try:
            return dt.date.fromisoformat(text)
        except ValueError as error:
            raise CommandError(f"{text!r} is not a day; write it as 2026-05-01") from error

    def _bases(self, codes: list[str] | None, kind: str | None, as_of: dt.date) -> list[Basis]:
        if not codes:
            return [basis for basis in editions.in_force(as_of) if kind in {None, basis[2]}]
        loaded = {edition.code: (edition, said) for edition, said in editions.all_policies()}
        unknown = [code for code in codes if code not in loaded]
        if unknown:
            raise CommandError(f"no edition {unknown[0]!r}; there are: {', '.join(sorted(loaded))}")
        return [(*loaded[code], kind or Assessment.Kind.RECOGNITION.value) for code in codes]

    def _counts(self, name: str, digits: list[int]) -> None:
        found = "  ".join(
            f"{verdict.name.lower()} {digits.count(verdict.value)}" for verdict in reversed(Verdict)
        )
        self.stdout.write(f"{name}: {found}")

    def _table(self, codes: tuple[str, ...], verdicts: pl.Series) -> None:
        self.stdout.write(f"  {'criterion':<14}{'met':>9}{'manual':>9}{'unknown':>9}{'unmet':>9}")
        for place, code in enumerate(codes):
            digits = verdicts.str.slice(place, 1)
            counts = [(digits == digit).sum() for digit in "3210"]
            if sum(counts):
                self.stdout.write(f"  {code:<14}" + "".join(f"{count:>9}" for count in counts))
