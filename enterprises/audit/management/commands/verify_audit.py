"""manage.py verify_audit: walk the chain of the audit log; exit 1 where it is broken (核验命令)."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from enterprises.audit.verifying import Walk

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Check every link, every anchor, and the rows that the log tells of."""

    help = (
        "Check that every audit record is there, unchanged and in its place, that the anchors "
        "fit, and that moves and titles are what the log says. Names the first broken link and "
        "exits 1; else 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to begin and how much to tell."""
        parser.add_argument(
            "--since",
            type=dt.date.fromisoformat,
            metavar="DAY",
            help="from the anchor before this day on; from the beginning where left out",
        )
        parser.add_argument("--most", type=int, default=20, metavar="N", help="faults to print")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Walk the chain and print what is wrong with it."""
        walk = Walk(options["since"])
        with override("en"):
            found = list(islice(walk.faults(), max(1, options["most"])))
            told = [fault.text for fault in found]
        if told:
            raise CommandError("\n".join([f"broken: {told[0]}", *told[1:]]))
        self.stdout.write(f"{walk.links} links and {walk.records} records: whole and unchanged")
