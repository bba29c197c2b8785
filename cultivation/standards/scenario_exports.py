"""Results and lists of scenarios as CSV or workbooks (情景导出)."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import xlsxwriter
from django.utils.translation import gettext as _

from cultivation.standards import scenario_pages as pages
from cultivation.standards import scenario_reasons as reasons
from cultivation.standards.tallies import COUNTS
from enterprises.registry.exports import csv_text, safe
from enterprises.registry.models import SizeClass, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import IO

    from cultivation.standards.models import Scenario
    from cultivation.standards.scenario_firms import Firm

    Line = Sequence[Any]
    Sheet = tuple[str, Line, Iterable[Line]]

SHEET_NAME = 31  # most characters that Excel allows


def result_lines(scenario: Scenario) -> tuple[Line, list[Line]]:
    """Return the heading and all rows of a result, one count of one place a row (结果明细)."""
    names = pages.Names.of([scenario.result])
    titles, counts = pages.dimension_names(), pages.measure_names()
    heading = [_("by"), _("key"), _("name"), *(counts[name] for name in COUNTS)]
    lines: list[Line] = [[_("all"), "", "", *scenario.result["totals"].values()]]
    for dimension, rows in scenario.result["by"].items():
        for key, *numbers in rows:
            lines.append([titles[dimension], key, names.say(dimension, key), *numbers])
    for pair, rows in scenario.result["pairs"].items():
        one, other = pair.split()
        over = _("%(one)s × %(other)s") % {"one": titles[one], "other": titles[other]}
        for first, second, *numbers in rows:
            said = f"{names.say(one, first)} · {names.say(other, second)}"
            lines.append([over, f"{first}·{second}", said, *numbers])
    return heading, lines


def about(scenario: Scenario) -> list[Line]:
    """Return what a scenario asked and on what it was computed (情景说明)."""
    snapshot = scenario.snapshot
    lines: list[Line] = [
        [_("Name"), scenario.name],
        [_("Edition"), str(scenario.edition)],
        [_("Facts of"), scenario.as_of],
        [_("Snapshot"), snapshot.sha256 if snapshot else ""],
        [_("Hash of the rules"), scenario.rules_hash],
        [_("Result"), pages.sentence(scenario)],
    ]
    lines += [
        [_("Change"), f"{made.code} {made.label}", made.before, made.after, made.reach]
        for made in reasons.changed(scenario)
    ]
    lines += [
        [_("Decides"), f"{row.code} {row.label}", *_counted(row)]
        for row in reasons.deciding(scenario)
    ]
    return lines


def _counted(row: reasons.Deciding) -> list[str]:
    return [
        _("gain: %(number)s, by it alone %(alone)s")
        % {"number": row.gains, "alone": row.gains_alone},
        _("lose: %(number)s, by it alone %(alone)s")
        % {"number": row.losses, "alone": row.losses_alone},
    ]


def result_csv(scenario: Scenario) -> Iterator[str]:
    """Yield a result as CSV (结果CSV)."""
    heading, lines = result_lines(scenario)
    return csv_text(heading, lines)


def result_book(scenario: Scenario) -> IO[bytes]:
    """Return a result as a workbook: what was asked, and the counts (结果工作簿)."""
    heading, lines = result_lines(scenario)
    return book([(_("scenario"), [], about(scenario)), (_("Counts"), heading, lines)])


def firm_heading() -> list[str]:
    """Return the heading of a list of enterprises."""
    return [
        _("Name"),
        _("Credit code"),
        _("Region code"),
        _("Region"),
        _("Tier"),
        _("Size"),
        _("Industry"),
        _("Judged as"),
        _("Verdict now"),
        _("Verdict under the scenario"),
        _("Decided by"),
    ]


def firm_lines(firms: Iterable[Firm]) -> Iterator[Line]:
    """Yield the rows of a list of enterprises, in the language that is active now."""
    tiers, sizes = dict(Tier.choices), dict(SizeClass.choices)
    words = {
        "unmet": _("unmet"),
        "unknown": _("unknown"),
        "manual": _("by hand"),
        "met": _("met"),
    }
    kinds = {True: _("re-check"), False: _("new application")}

    def line(firm: Firm) -> Line:
        row = firm.enterprise
        return [
            row.name,
            row.credit_code,
            row.region.code if row.region else "",
            str(row.region or ""),
            str(tiers.get(row.tier, "")),
            str(sizes.get(row.size_class, "")),
            str(row.industry or ""),
            kinds[firm.recheck],
            words[firm.before],
            words[firm.after],
            "; ".join(firm.deciding),
        ]

    return map(line, firms)


def book(sheets: Sequence[Sheet]) -> IO[bytes]:
    """Return sheets of headings and rows as an XLSX file, open at its beginning (工作簿)."""
    out = tempfile.TemporaryFile()  # noqa: SIM115
    workbook = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = workbook.add_format({"bold": True})
    for title, heading, lines in sheets:
        sheet = workbook.add_worksheet(title[:SHEET_NAME])
        sheet.set_column(0, 2, 24)
        if heading:
            sheet.freeze_panes(1, 0)
            for place, text in enumerate(heading):
                sheet.write_string(0, place, str(text), bold)
        for number, line in enumerate(lines, start=1 if heading else 0):
            for place, cell in enumerate(line):
                if isinstance(cell, int):
                    sheet.write_number(number, place, cell)
                elif cell:
                    sheet.write_string(number, place, safe(cell))
    workbook.close()
    out.seek(0)
    return out
