"""manage.py import_reports FILE: import annual reports from CSV or Excel (年度数据导入)."""

from __future__ import annotations

from enterprises.registry.management.commands import import_enterprises
from enterprises.registry.models import StagedImport


class Command(import_enterprises.Command):
    """Check a file of annual figures row by row, then commit it whole."""

    help = "Import annual reports from CSV or XLSX; every row is accepted, warned of or refused."
    kind = StagedImport.Kind.REPORTS
