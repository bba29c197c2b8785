"""manage.py snapshots: list the snapshots kept, check their files, tidy up (快照命令)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from cultivation.standards import manifests, shelf
from cultivation.standards.models import Snapshot

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """List the snapshots; exit 1 where a file or a manifest is not what it was."""

    help = "List the snapshots with day, rows, files and size; exit 1 where one is not intact."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare whether to tidy up."""
        parser.add_argument(
            "--sweep", action="store_true", help="delete files that no snapshot names"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Check and list all snapshots, oldest first; every file is read once."""
        kept = list(
            Snapshot.objects.filter(retired_at=None).select_related("before").order_by("pk")
        )
        named = {name for snapshot in kept for name in manifests.names(snapshot)}
        sizes = {name: shelf.size_of(name) for name in named if shelf.is_whole(name)}
        spoilt = [snapshot for snapshot in kept if not self._told(snapshot, sizes)]
        total = sum(sizes.values()) / 2**20
        retired = Snapshot.objects.exclude(retired_at=None).count()
        besides = f", {retired} more given up" if retired else ""
        self.stdout.write(f"{len(kept)} snapshots, {len(named)} files, {total:.1f} MiB{besides}")
        if options["sweep"]:
            swept = shelf.sweep(named)
            self.stdout.write(f"{len(swept)} files deleted that no snapshot names")
        if spoilt:
            raise CommandError(
                f"{len(spoilt)} of {len(kept)} snapshots are not intact; restore what is "
                f"named from a backup of {shelf.folder()} and of the database"
            )

    def _told(self, snapshot: Snapshot, sizes: dict[str, int]) -> bool:
        """Print the line of a snapshot and what is wrong with it; tell whether it is intact."""
        names = manifests.names(snapshot)
        wrong = [f"{name}.parquet is missing or altered" for name in names if name not in sizes]
        if not manifests.is_unaltered(snapshot):
            wrong.append("its manifest is altered")
        size = sum(sizes.get(name, 0) for name in names) / 2**20
        read = f"refreshed from {snapshot.before_id}" if snapshot.before_id else "read whole"
        self.stdout.write(
            f"{snapshot.pk:>6}  {snapshot.as_of}  {snapshot.rows} rows  {len(names)} files  "
            f"{size:.1f} MiB  {read}  {'NOT INTACT' if wrong else 'intact'}"
        )
        for fault in wrong:
            self.stdout.write(f"        {fault}")
        return not wrong
