"""The forecast of the demonstration, and tasks that its officers gave themselves (预测与帮扶)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.digital.forecasting import making

if TYPE_CHECKING:
    from config.fiction.building import Listener


class _Told:
    """A listener that takes what a run of the house says."""

    def __init__(self, told: Listener) -> None:
        self.told = told

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:  # noqa: ARG002
        self.told.report(done, total)


def look_ahead(told: Listener) -> dict[str, int]:
    """Forecast from today; return how many rows were made (预测)."""
    made = making.make(timezone.localdate(), progress=_Told(told))
    return {"forecasts": made["rows"]}
