"""manage.py flush: empty the database on purpose, the audit log with it (清空数据库)."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush

from enterprises.audit import guards


class Command(flush.Command):
    """Lift the guards of the audit log, empty all tables, put the guards back."""

    def handle(self, **options: Any) -> None:
        """Empty the database."""
        guards.remove(options["database"])
        try:
            super().handle(**options)
        finally:
            guards.install(options["database"])
