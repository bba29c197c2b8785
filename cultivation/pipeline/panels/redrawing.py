"""Drawing again from what was published, and comparing (重演抽取)."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.pipeline.models import PanelTask, Replacement
from cultivation.pipeline.panels import drawing, sealing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.pipeline.models import Panel, PanelDraw


def events(panel: Panel) -> list[dict[str, Any]]:
    """Return the replacements as published: number, case, who left, who could not, who took."""
    rows = Replacement.objects.filter(case__panel=panel).select_related("case", "left", "taken")
    return [
        {
            "number": one.number,
            "case": one.case.token,
            "left": one.left.token,
            "stays": one.stays,
            "barred": one.barred,
            "taken": one.taken.token if one.taken else "",
        }
        for one in rows.order_by("number")
    ]


def outcome_of(draw: PanelDraw) -> drawing.Outcome:
    """Draw again from the published lists and the published seed."""
    return drawing.deal(drawing.read(draw.lists), bytes.fromhex(draw.seed), word=draw.word)


def differences(panel: Panel) -> list[str]:
    """Return in words what does not come out as published; nothing where all does."""
    draw = panel.draw
    found = []
    if not sealing.fits(bytes.fromhex(draw.seed), draw.commitment):
        found.append(_("The seed is not the one that was committed to."))
    if hashlib.sha256(draw.lists.encode()).hexdigest() != draw.digest:
        found.append(_("The lists are not the ones whose hash was published."))
    again = outcome_of(draw)
    if again.text != draw.outcome:
        found.append(_("The draw comes out otherwise than it was published."))
    wanted = {case: set(experts) for case, experts in again.held.items()}
    found += _of_replacements(panel, again, wanted)
    found += _of_tasks(panel, wanted)
    return found


def _of_replacements(
    panel: Panel, again: drawing.Outcome, wanted: dict[str, set[str]]
) -> Iterator[str]:
    """Follow the replacements, changing `wanted` and yielding those that do not come out."""
    draw = panel.draw
    lots = drawing.Lots(draw.digest, bytes.fromhex(draw.seed), draw.word)
    lists = drawing.read(draw.lists)
    order = sorted(lists.experts, key=lambda one: lots("expert", one))
    seated, loads = list(again.seated), Counter(again.loads)
    for event in events(panel):
        number, case, left, taken = (event[key] for key in ("number", "case", "left", "taken"))
        barred = frozenset(event["barred"])
        if not event["stays"]:
            loads[left] -= 1
            wanted[case].discard(left)
        able = {one: loads[one] for one in seated}
        named = drawing.again(lots, number, loads=able, barred=barred, most=lists.most)
        named = named or next((o for o in order if o not in seated and o not in barred), "")
        if named != taken:
            yield _("Replacement %(number)s comes out otherwise.") % {"number": number}
        if taken:
            seated += [taken] if taken not in seated else []
            loads[taken] += 1
            wanted[case].add(taken)


def _of_tasks(panel: Panel, wanted: dict[str, set[str]]) -> list[str]:
    held: dict[str, set[str]] = {case: set() for case in wanted}
    rows = PanelTask.objects.filter(case__panel=panel).exclude(state=PanelTask.State.REPLACED)
    for case, expert in rows.values_list("case__token", "member__token"):
        held.setdefault(case, set()).add(expert)
    return [
        _("Case %(case)s: the tasks are not those that were drawn.") % {"case": case}
        for case in sorted(held)
        if held[case] != wanted.get(case, set())
    ]


def listing(outcome: drawing.Outcome) -> str:
    """Return an outcome as lines: each case with its experts."""
    return "\n".join(
        f"{case} {' '.join(sorted(outcome.held[case]))}" for case in sorted(outcome.held)
    )
