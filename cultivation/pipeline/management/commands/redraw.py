"""manage.py redraw ROUND: draw the panels of a round again; exit 1 where it differs (重演抽取)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from cultivation.pipeline.models import Panel, Round
from cultivation.pipeline.panels import redrawing

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Draw again from the published lists and seed, print the assignment, compare."""

    help = (
        "Draw the panels of a round again from their published lists and seeds. Prints each case "
        "with its experts, by their public numbers; exits 1 where a draw comes out otherwise."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare which round, and perhaps which panel."""
        parser.add_argument("round", type=int, metavar="ROUND", help="its number")
        parser.add_argument("--panel", metavar="NUMBER", help="only the panel of a public number")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Draw again and compare."""
        number = options["round"]
        if not Round.objects.filter(pk=number).exists():
            raise CommandError(f"there is no round {number}")
        panels = Panel.objects.filter(round=number, draw__drawn_at__isnull=False)
        if options["panel"]:
            panels = panels.filter(token=options["panel"])
        rows = list(panels.select_related("draw").order_by("pk"))
        if not rows:
            self.stdout.write("no panel of this round is drawn yet")
            return
        with override("en"):
            bad = sum(self._differs(panel) for panel in rows)
        if bad:
            raise CommandError(f"{bad} of {len(rows)} draws came out otherwise")

    def _differs(self, panel: Panel) -> bool:
        draw = panel.draw
        self.stdout.write(f"panel {panel.token} lists {draw.digest} seed {draw.seed}")
        self.stdout.write(redrawing.listing(redrawing.outcome_of(draw)))
        for event in redrawing.events(panel):
            taken = event["taken"] or "nobody"
            self.stdout.write(
                f"replacement {event['number']}: {event['case']} {event['left']} -> {taken}"
            )
        found = redrawing.differences(panel)
        for said in found:
            self.stdout.write(f"DIFFERS: {said}")
        return bool(found)
