"""What an import has seen of its own file, on disk so that memory stays flat (文件内查重)."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Seen:
    """Rows of this file by code, by name and by year; a temporary database that ends with it."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(
            "", isolation_level=None
        )  # a file of its own, removed at the end
        self._db.executescript(
            """
            PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; PRAGMA cache_size=-8000;
            CREATE TABLE enterprise (
                code TEXT PRIMARY KEY, name TEXT, line INT, digest TEXT
            ) WITHOUT ROWID;
            CREATE INDEX by_name ON enterprise (name);
            CREATE TABLE registered (code TEXT PRIMARY KEY) WITHOUT ROWID;
            CREATE TABLE report (
                code TEXT, year INT, line INT, figures TEXT, PRIMARY KEY (code, year)
            ) WITHOUT ROWID;
            BEGIN;
            """
        )

    def close(self) -> None:
        """Drop everything (关闭)."""
        self._db.close()

    def enterprise(self, code: str) -> tuple[str, int, str] | None:
        """Return name key, line and digest of the row that first gave a code."""
        query = "SELECT name, line, digest FROM enterprise WHERE code = ?"
        found: tuple[str, int, str] | None = self._db.execute(query, (code,)).fetchone()
        return found

    def add_enterprise(self, code: str, name: str, line: int, digest: str = "") -> None:
        """Remember the first row with a code."""
        self._db.execute(
            "INSERT OR IGNORE INTO enterprise VALUES (?, ?, ?, ?)", (code, name, line, digest)
        )

    def add_names(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Remember codes with the names they stand beside, before a first pass."""
        self._db.executemany("INSERT OR IGNORE INTO enterprise VALUES (?, ?, ?, '')", rows)

    def codes_of(self, name: str) -> list[tuple[str, int]]:
        """Return the codes under which a name was seen, with their lines, at most five."""
        query = "SELECT code, line FROM enterprise WHERE name = ? ORDER BY line LIMIT 5"
        return self._db.execute(query, (name,)).fetchall()

    def is_registered(self, code: str) -> bool:
        """Tell whether a row of this file registered the enterprise."""
        query = "SELECT 1 FROM registered WHERE code = ?"
        return self._db.execute(query, (code,)).fetchone() is not None

    def add_registered(self, code: str) -> None:
        """Remember an enterprise that a row of this file registered."""
        self._db.execute("INSERT OR IGNORE INTO registered VALUES (?)", (code,))

    def report(self, code: str, year: int) -> tuple[int, dict[str, int | None]] | None:
        """Return line and figures of the row that first gave a year of an enterprise."""
        query = "SELECT line, figures FROM report WHERE code = ? AND year = ?"
        found = self._db.execute(query, (code, year)).fetchone()
        return (found[0], json.loads(found[1])) if found else None

    def add_report(self, code: str, year: int, line: int, figures: dict[str, int | None]) -> None:
        """Remember the figures of a year."""
        self._db.execute(
            "INSERT OR IGNORE INTO report VALUES (?, ?, ?, ?)",
            (code, year, line, json.dumps(figures)),
        )
