"""manage.py load_seeds: load all reference data; a second run changes nothing (装载参考数据)."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand

from enterprises.places import seeds

LATER = (
    ("cultivation.standards.editions", "load_all"),
    ("cultivation.standards.windows", "load"),
    ("cultivation.pipeline.correcting.reasons", "load"),
    ("cultivation.pipeline.panels.reference", "load"),
    ("cultivation.digital.definitions", "load"),
    ("cultivation.digital.targets.loading", "load"),
)


class Command(BaseCommand):
    """Load regions, industries, chains, holidays, editions and definitions."""

    help = "Load all reference data from seeds/; running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Load each part and say what was new, changed or the same."""
        for done in seeds.load():
            self.stdout.write(
                f"{done.name}: {done.new} new, {done.changed} changed, {done.same} the same"
            )
        for module, name in LATER:
            if find_spec(module) is None:
                continue
            getattr(import_module(module), name)()
            self.stdout.write(f"{module.rsplit('.', 2)[-2]}: loaded")
