"""How runs and their results are called on a page (任务名称)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, Any] = {
    "check_coverage": _("Coverage snapshot"),
    "compare_cube": _("Comparison of the coverage figures"),
    "forecast_coverage": _("Forecast of coverage"),
    "judge": _("Judging of the registry"),
    "judge_unit": _("Judging of one unit"),
    "expire_titles": _("Expiry of titles"),
    "sweep_corrections": _("Look at open corrections"),
    "sweep_reconsiderations": _("Look at reconsiderations and requests for more time"),
    "tell_moves": _("Telling of steps taken"),
    "tell_of_round": _("Telling of a round that takes applications"),
    "keep_duties": _("Yearly updates and reminders"),
    "remind_of_drafts": _("Reminders of drafts not submitted"),
    "remind_of_steps": _("Reminders of overdue project steps"),
    "release": _("Release of decisions"),
    "look_at_release": _("Look at decisions before their release"),
    "close_panel_lists": _("Closing of a panel's lists"),
    "draw_panel": _("Draw of a panel"),
    "replay": _("Replay of judgements"),
    "retire": _("Clearing of facts no longer needed"),
    "simulate": _("Simulation of thresholds"),
    "try_draft": _("Trial of a draft standard"),
    "verify_audit": _("Verification of the audit log"),
    "import": _("Import"),
    "export": _("Export"),
    "fiction": _("Fictional registry"),
}
RESULTS: dict[str, Any] = {  # in the order in which they are read
    "draft": _("Draft"),
    "on": _("date"),
    "as_of": _("as of"),
    "rows": _("rows written or read"),
    "snapshots": _("snapshots taken"),
    "run": _("national run"),
    "judged": _("results judged"),
    "stored": _("results changed"),
    "judgements": _("kept judgements judged again"),
    "results": _("stored results judged again"),
    "drifted": _("came out otherwise"),
    "retired": _("snapshots given up"),
    "files": _("files deleted"),
    "scenario": _("scenario"),
    "gains": _("gain"),
    "losses": _("lose"),
    "kept": _("result kept"),
    "expired": _("titles expired"),
    "accepted": _("rows accepted"),
    "warned": _("rows accepted with a warning"),
    "refused": _("rows refused"),
    "refused_because": _("refused because"),
    "ended": _("titles ended"),
    "reminded": _("corrections reminded of"),
    "overdue": _("corrections out of time"),
    "lapsed": _("applications closed as not corrected"),
    "owed": _("updates owed anew"),
    "missed": _("updates missed"),
    "told": _("reminders sent"),
    "checked": _("looked at"),
    "decided": _("decisions that took effect"),
    "hindered": _("hindered, pending again"),
    "drafts_lapsed": _("reconsiderations not sent in time"),
    "answers_reminded": _("reminders sent"),
    "escalated": _("overdue, told to the office above"),
    "requests_closed": _("requests for more time closed"),
    "people": _("people told"),
    "cases": _("cases"),
    "barred": _("conflicts found"),
    "tasks": _("readings given out"),
    "links": _("links of the chain"),
    "records": _("audit records"),
    "faults": _("faults found"),
    "import": _("Import"),
    "enterprises": _("Enterprises"),
    "reports": _("Annual reports"),
    "facts": _("facts"),
    "titles": _("Titles"),
    "maturity": _("Assessments"),
    "projects": _("Transformation projects"),
    "users": _("users"),
    "applications": _("Applications"),
    "coverage_days": _("snapshots taken"),
    "levels_lapsed": _("levels changed"),
    "alerts_opened": _("alerts opened"),
    "alerts_closed": _("alerts closed"),
    "alerts_open": _("alerts open"),
    "officers_told": _("officers told"),
    "firms_reminded": _("people of firms reminded"),
    "forecasts_dropped": _("old forecasts dropped"),
    "firms": _("firms counted"),
    "apart": _("rows apart, mended"),
    "firms_apart": _("firms apart"),
    "cells_apart": _("sums apart"),
    "levels_apart": _("levels apart"),
    "little_giant": _("little giant"),
    "srdi": _("SRDI SME"),
    "L2_ONSITE": _("Level 2+, assessed on site"),
    "L2_SELF": _("Level 2+, self-declared"),
    "ACCEPTED": _("Project accepted"),
    "L1_ANY": _("Level 1+, by any assessment"),
    "STARTED": _("Any transformation started"),
}
HIDDEN = {"counts"}  # what parts hand on to the run that they are parts of


def of_part(params: dict[str, Any]) -> str:
    """Return what a part is about, in the page's language: the name it was given, or its unit."""
    given = params.get("name") or {}
    name = given.get("en") if (get_language() or "").startswith("en") else ""
    return str(name or given.get("zh") or params.get("unit") or "")


def of_kind(kind: str) -> str:
    """Return the name of a kind of run; an unnamed kind is shown as it is."""
    return str(KINDS.get(kind, kind.replace("_", " ")))


def of_result(result: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return a run's result as pairs of name and value, nested ones flattened by a dot.

    They come in the order of RESULTS, others after: PostgreSQL keeps no order of its own.
    """
    pairs: list[tuple[str, Any]] = []
    for key in [*(key for key in RESULTS if key in result), *sorted(result.keys() - RESULTS)]:
        if key in HIDDEN:
            continue
        value = result[key]
        name = str(RESULTS.get(key, key.replace("_", " ")))
        if isinstance(value, dict):
            pairs += [(f"{name} · {inner}", content) for inner, content in of_result(value)]
        elif isinstance(value, list):
            pairs.append((name, ", ".join(map(str, value))))
        else:
            pairs.append((name, value))
    return pairs
