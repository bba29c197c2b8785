"""manage.py messages: find texts, merge translations, compile; --check only looks (翻译)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from config import translations

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Keep the Chinese catalogue complete."""

    help = "Extract texts into the .po file, list the untranslated, compile."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --merge, --compile and --check."""
        parser.add_argument(
            "--merge",
            type=Path,
            metavar="DIR",
            help="a folder of JSON files {text: translation} to take over",
        )
        parser.add_argument("--compile", action="store_true", help="only compile")
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail where something is missing"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Update and compile, or check."""
        if options["compile"]:
            translations.ensure_compiled()
            return
        messages = translations.extract()
        catalogue = translations.read()
        if not options["check"]:
            merge: Path | None = options["merge"]
            if merge is not None and not merge.is_dir():
                raise CommandError(f"{merge} is not a folder")
            additions = translations.read_additions(merge) if merge else {}
            catalogue = translations.updated(messages, catalogue, additions)
            translations.write(catalogue)
            translations.ensure_compiled()
        wrong = translations.faults(messages, catalogue)
        for line in wrong:
            self.stdout.write(line)
        if wrong and options["check"]:
            raise CommandError(f"{len(wrong)} faults in {len(messages)} texts")
        self.stdout.write(f"{len(messages)} texts, {len(wrong)} to do")
