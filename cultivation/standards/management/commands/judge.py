"""manage.py judge: judge the registry and print what each edition found (评价命令)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cultivation.standards import editions, sharing, snapshots
from cultivation.standards.models import Assessment, Verdict
from cultivation.standards.policy import KINDS
from cultivation.standards.results import Basis, judged
from enterprises.jobs import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from django.core.management.base import CommandParser, OutputWrapper

    from cultivation.standards.models import JudgingRun, Snapshot
    from enterprises.jobs.models import JobRun


class Command(BaseCommand):
    """Judge all enterprises as of a day."""

    help = "Judge the registry by the editions in force, or by those named whatever the day."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the day, the editions, how much is judged."""
        parser.add_argument("--on", metavar="DATE", help="as of this day; today where left out")
        parser.add_argument("--edition", nargs="+", metavar="CODE", help="judge by these editions")
        parser.add_argument("--kind", choices=KINDS, help="with --edition; recognition by default")
        parser.add_argument(
            "--whole", action="store_true", help="read and judge everything, changed or not"
        )
        parser.add_argument("--table", action="store_true", help="print a line for each criterion")
        parser.add_argument("--no-store", action="store_true", help="count only, store nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Judge, store unless told not to, and print the counts."""
        as_of = self._day(options["on"])
        named = self._named(options["edition"], options["kind"])
        bases = editions.in_force(as_of) if named is None else named
        if not bases:
            raise CommandError(f"no edition is in force on {as_of}; name one with --edition")
        if options["no_store"]:
            snapshot = snapshots.take(as_of)
            self._facts(snapshot, as_of)
        else:
            run = self._run(as_of, named, whole=options["whole"])
            snapshot = run.snapshot
        for edition, policy, kind in bases:
            name = f"{edition.code} {kind}"
            if not options["no_store"] and not options["table"]:
                self._counts(name, run.counts.get(name, [0] * len(Verdict)))
                continue
            results = judged(snapshot, policy, kind=kind, as_of=as_of)
            digits = results["verdict"].to_list()
            self._counts(name, [digits.count(verdict.value) for verdict in Verdict])
            if options["table"]:
                self._table(policy.order, results["verdicts"])

    def _run(self, as_of: dt.date, bases: list[Basis] | None, *, whole: bool) -> JudgingRun:
        """Judge in this process, as a run that pages show and that a worker would take up."""
        params = sharing.params(as_of, whole=whole, bases=bases)
        job, new = runs.begin(sharing.KIND, task=sharing.TASK, key=sharing.KEY, params=params)
        if not new:
            raise CommandError(f"run {job.pk} is under way already; wait for it or cancel it")
        run = None
        with runs.working(job.pk) as held:
            if held is None:
                raise CommandError(f"a worker has taken run {job.pk}; see its page")
            told = Told(held.run, self.stdout)
            told.result = held.result
            run = sharing.conduct_here(told)
        if run is None:
            raise CommandError(f"run {job.pk} was cancelled")
        self._facts(run.snapshot, as_of)
        much = "whole" if run.whole else "what changed"
        self.stdout.write(f"run {run.pk} ({much}): {run.judged} judged, {run.stored} stored")
        return run

    def _facts(self, snapshot: Snapshot, as_of: dt.date) -> None:
        said = f"{snapshot.rows} enterprises, facts {snapshot.sha256[:12]}"
        self.stdout.write(f"as of {as_of}: {said}")

    def _day(self, text: str | None) -> dt.date:
        if text is None:
            return timezone.localdate()
        try:
            return dt.date.fromisoformat(text)
        except ValueError as error:
            raise CommandError(f"{text!r} is not a day; write it as 2026-05-01") from error

    def _named(self, codes: list[str] | None, kind: str | None) -> list[Basis] | None:
        if not codes:
            if kind:
                raise CommandError("--kind goes with --edition; name the editions to judge by")
            return None
        loaded = {edition.code: (edition, said) for edition, said in editions.all_policies()}
        unknown = [code for code in codes if code not in loaded]
        if unknown:
            raise CommandError(f"no edition {unknown[0]!r}; there are: {', '.join(sorted(loaded))}")
        return [(*loaded[code], kind or Assessment.Kind.RECOGNITION.value) for code in codes]

    def _counts(self, name: str, counts: Sequence[int]) -> None:
        found = "  ".join(
            f"{verdict.name.lower()} {counts[verdict.value]}" for verdict in reversed(Verdict)
        )
        self.stdout.write(f"{name}: {found}")

    def _table(self, codes: tuple[str, ...], verdicts: pl.Series) -> None:
        self.stdout.write(f"  {'criterion':<14}{'met':>9}{'manual':>9}{'unknown':>9}{'unmet':>9}")
        for place, code in enumerate(codes):
            digits = verdicts.str.slice(place, 1)
            counts = [(digits == digit).sum() for digit in "3210"]
            if sum(counts):
                self.stdout.write(f"  {code:<14}" + "".join(f"{count:>9}" for count in counts))


class Told(runs.Progress):
    """Progress that is printed as well, a line for each tenth (进度输出)."""

    def __init__(self, run: JobRun, out: OutputWrapper) -> None:
        super().__init__(run)
        self._out, self._tenth = out, 0

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:
        """Note progress and print it where another tenth is done."""
        super().report(done, total, always=always)
        tenth = done * 10 // total if total else 0
        if tenth > self._tenth:
            self._out.write(f"{tenth * 10} %")
            self._out.flush()
        self._tenth = tenth

    def log(self, text: str) -> None:
        """Add a line to the log and print it."""
        super().log(text)
        self._out.write(text)
