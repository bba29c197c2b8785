"""manage.py import_enterprises FILE: import enterprises from CSV or Excel (企业导入)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from enterprises.registry import imports, imports_mapping
from enterprises.registry.models import StagedImport

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from enterprises.accounts.models import User

SHOWN = 20


class Command(BaseCommand):
    """Check a file row by row, then commit it whole."""

    help = "Import enterprises from CSV or XLSX; every row is accepted, warned of or refused."
    kind = StagedImport.Kind.ENTERPRISES

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, its mapping, the user to act as."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", type=Path, help="TOML file naming columns and units")
        parser.add_argument("--as", dest="username", help="user whose scope and name count")
        parser.add_argument("--check-only", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Stage, report and commit."""
        by = self._user(options["username"])
        try:
            mapping = None
            if options["mapping"]:
                mapping = imports_mapping.load(options["mapping"], kind=self.kind)
            staged = imports.stage(options["file"], kind=self.kind, by=by, mapping=mapping)
            if not options["check_only"]:
                staged = imports.commit(staged, by=by)
        except FileNotFoundError as error:
            raise CommandError(f"{error.filename}: no such file") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        self._report(staged)

    def _user(self, username: str | None) -> User | None:
        if not username:
            return None
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"there is no user {username}")
        return user

    def _report(self, staged: StagedImport) -> None:
        counts = staged.counts
        say = self.stdout.write
        say(f"{staged.name}: {staged.get_status_display()}")
        for key in ("rows", "accepted", "warned", "refused", "new", "changed", "unchanged"):
            say(f"  {key:<10} {counts[key]:>9,}")
        if counts["registered"]:
            say(f"  {'registered':<10} {counts['registered']:>9,}")
        for title in ("warnings", "refusals"):
            for kind, number in sorted(counts[title].items(), key=lambda item: -item[1]):
                say(f"  {title}: {kind} {number:,}")
        refused = staged.rows.filter(outcome="refused")
        for row in refused[:SHOWN]:
            say(f"  line {row.line}: {row.field} “{row.value}”: {row.message}")
        if counts["refused"] > SHOWN:
            say(f"  … and {counts['refused'] - SHOWN:,} more refused rows")
