"""Coverage in plain SQL that knows nothing of the cube (独立复核)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    import datetime as dt

LATEST = """SELECT enterprise_id, level, ROW_NUMBER() OVER (PARTITION BY enterprise_id
  ORDER BY assessed_on DESC, CASE way WHEN 'on_site' THEN 0 ELSE 1 END, id DESC) AS nth
  FROM digital_maturityassessment WHERE assessed_on <= :on
  AND (valid_to IS NULL OR valid_to >= :on)"""
KNOWN = """SELECT enterprise_id, 1 FROM (LATEST) AS a UNION
  SELECT enterprise_id, 1 FROM digital_transformationproject WHERE started_on <= :on"""
RULES = {  # rows of enterprise and group: 2 transformed, 1 not; the others are not assessed
    "L2_ONSITE": """SELECT enterprise_id, CASE WHEN level >= 2 THEN 2 ELSE 1 END AS mark
      FROM (LATEST AND way = 'on_site' AND index_version = 2024) AS a WHERE nth = 1""",
    "L2_SELF": """SELECT enterprise_id, CASE WHEN level >= 2 THEN 2 ELSE 1 END AS mark
      FROM (LATEST AND way = 'self_declared' AND index_version = 2024) AS a WHERE nth = 1""",
    "ACCEPTED": """SELECT enterprise_id, 2 AS mark FROM digital_transformationproject
      WHERE accepted_on <= :on UNION KNOWN""",
    "L1_ANY": """SELECT enterprise_id, CASE WHEN level >= 1 THEN 2 ELSE 1 END AS mark
      FROM (LATEST) AS a WHERE nth = 1""",
    "STARTED": """SELECT enterprise_id, 2 AS mark FROM digital_transformationproject
      WHERE started_on <= :on UNION KNOWN""",
}
COUNT = """SELECT COUNT(*), COUNT(CASE WHEN best = 2 THEN 1 END),
  COUNT(CASE WHEN best = 1 THEN 1 END), COUNT(*) - COUNT(best) FROM registry_enterprise AS e
  LEFT JOIN (SELECT enterprise_id AS firm, MAX(mark) AS best FROM ({rule}) AS marks
  GROUP BY enterprise_id) AS b ON b.firm = e.id
  WHERE e.region_path LIKE ':path%' AND {where} AND e.id IN (SELECT enterprise_id
  FROM registry_title WHERE tier = ':tier' AND granted_on <= :on AND valid_to >= :on
  AND (ended_on IS NULL OR ended_on > :on))"""


def by_sql(code: str, path: str, tier: str, on: dt.date, where: str = "1 = 1") -> tuple[int, ...]:
    """Count total, transformed, not transformed and not assessed in plain SQL."""
    rule = RULES[code].replace("KNOWN", KNOWN).replace("LATEST", LATEST)
    sql = COUNT.replace("{rule}", rule).replace("{where}", where)
    sql = sql.replace(":path", path).replace(":tier", tier).replace(":on", f"'{on}'")
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (row,) = cursor.fetchall()
    return tuple(row)
