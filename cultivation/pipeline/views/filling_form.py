"""A form sent by its button: every field that was changed, kept or told why not (整页保存)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cultivation.pipeline.filling import saving, subjects
from cultivation.pipeline.filling.forms import SEEN, SheetForm
from cultivation.pipeline.filling.saving import Outcome, State
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.views import filling_pages as pages
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, QueryDict

REASON = "reason:"  # before "code:figure": why a figure that looks unusual is right
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent, or as it stands, with what became of each field (填报结果)."""

    sheet: Sheet
    form: SheetForm
    sent: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Tell whether all that was sent is kept."""
        saved = all(one.state == State.SAVED for one in self.outcomes.values())
        return self.sent and saved and not self.form.errors

    @property
    def status(self) -> int:
        clashes = any(one.state == State.CLASH for one in self.outcomes.values())
        return 409 if clashes else 200


def filled(request: HttpRequest, sheet: Sheet, names: Sequence[str]) -> Filled:
    """Return the form of some fields; where it was sent, keep what can be kept."""
    unit = pages.unit_of(request)
    if request.method != "POST":
        return Filled(sheet, SheetForm(sheet=sheet, names=names, unit=unit))
    data = _with_versions(request, sheet, names)
    form = SheetForm(data, sheet=sheet, names=names, unit=unit)
    form.full_clean()
    application, said = sheet.application, reasons(data)
    outcomes = saving.keep(application, form.wishes(), by=viewer(request), reasons=said)
    now = Sheet(application)
    again = SheetForm(data, sheet=now, names=names, unit=unit)
    return Filled(now, again, sent=True, outcomes=outcomes, reasons=said)


def reasons(data: QueryDict) -> dict[str, str]:
    """Return the sentences given for figures that look unusual, by "code:figure"."""
    return {
        name.removeprefix(REASON): pages.typed(value, LONGEST)
        for name, value in data.items()
        if name.startswith(REASON)
    }


def _with_versions(request: HttpRequest, sheet: Sheet, names: Sequence[str]) -> QueryDict:
    """Return what was sent with a version for each field; a bare form has that of the whole."""
    if any(name.startswith(SEEN) for name in request.POST):
        return request.POST
    data = request.POST.copy()
    fresh = pages.version_of(request) == sheet.application.version
    for name in names:
        input_name = subjects.name_of(name)
        if input_name in data or subjects.is_tick(name):
            data[f"{SEEN}{name}"] = sheet.mark(name) if fresh else "overtaken"
        else:
            data[input_name] = sheet.application.answers.get(input_name) or ""
    return data
