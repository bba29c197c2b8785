"""The sources of dates of this room, added when it is loaded (本室日程来源)."""

from __future__ import annotations

from cultivation.pipeline.calendar import firms, offices, panels
from cultivation.pipeline.calendar.sources import register
from cultivation.pipeline.visits import calendar as visits

register(
    firms.windows_of,
    firms.cases_of,
    firms.titles_of,
    firms.updates_of,
    offices.windows_of,
    offices.extensions_of,
    offices.cases_of,
    offices.titles_of,
    visits.of_officer,
    visits.of_firm,
    panels.phases_of_expert,
    panels.phases_of_office,
)
