"""The TOML text of a draft: its blocks, where each stands, one value changed in place (草案文本).

Comments and layout stay as they are: only the line of the value changes. tomlkit edits one block
at a time, since it would bring tables of one name together that stand apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from cultivation.standards.policy import PolicyError
from cultivation.standards.reading import toml

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "header"
MOST = 2000  # tables of a text that are looked at
NAMES = {"criterion": "code", "count": "name", "amendment": "of", "case": "name"}
HEAD = re.compile(r"^\[\[\s*([A-Za-z_]+)\s*\]\]", re.MULTILINE)
LINE = re.compile(r"\(at line (\d+), column \d+\)")
PLACES = (  # how a refusal names a place, and which block that is
    (re.compile(r"^amendment of (.+)$"), "amendment"),
    (re.compile(r"^count (.+)$"), "count"),
    (re.compile(r"^case '(.+)'$"), "case"),
    (re.compile(r"^(period|header)$"), ""),
    (re.compile(r"^(.+)$"), "criterion"),
)
Path = tuple[str | int, ...]


class PlaceError(LookupError):
    """A value that cannot be changed in place: only in the text itself."""


@dataclass(frozen=True, slots=True)
class Block:
    """One table of the text: its kind, its name, from where to where (文本块)."""

    kind: str
    name: str
    start: int
    end: int
    line: int  # counted from 1


def blocks(text: str) -> list[Block]:
    """Return the tables of a text in their order, the header first; [] where it is no TOML."""
    starts = [(0, HEADER), *((match.start(), match[1]) for match in HEAD.finditer(text))]
    ends = [*(start for start, _ in starts[1:]), len(text)]
    if len(starts) > MOST:
        return []
    found = []
    for (start, kind), end in zip(starts, ends, strict=True):
        try:
            table = toml(text[start:end], origin="draft")
        except PolicyError:
            return []
        row = table if kind == HEADER else table[kind][0]
        name = str(row.get(NAMES.get(kind, ""), ""))
        found.append(Block(kind, name, start, end, text.count("\n", 0, start) + 1))
    return found


def line_of(text: str, complaint: str) -> int | None:
    """Return the line of a text that a refusal speaks of, where it can be found (出错行)."""
    named = LINE.search(complaint)
    if named:
        return int(named[1])
    parts = complaint.split(": ")
    for at in parts[1:2]:
        kind, name = _place(at)
        for block in blocks(text):
            if block.kind == kind and (not name or block.name == name):
                return block.line
        if kind == "case" and f'"{name}"' in text:
            return text[: text.index(f'"{name}"')].count("\n") + 1
    return None


def set_values(text: str, kind: str, name: str, values: Mapping[Path, Any]) -> str:
    """Return the text with values of one table changed, all else byte for byte (原位修改).

    A path names a key, or a key, a row and a key in it; None takes a key out. PlaceError where the
    text has no such place, or anything else would change with it.
    """
    block = next((b for b in blocks(text) if (b.kind, b.name) == (kind, name)), None)
    if block is None:
        raise PlaceError(name)
    part = text[block.start : block.end]
    try:
        document = tomlkit.parse(part)
        table: Any = document if kind == HEADER else document[kind][0]
        if tomlkit.dumps(document) != part:
            raise PlaceError(name)
        for path, value in values.items():
            _put(table, path, value)
    except (TOMLKitError, KeyError, IndexError, TypeError) as error:
        raise PlaceError(name) from error
    changed = text[: block.start] + tomlkit.dumps(document) + text[block.end :]
    _check(text, changed, (kind, name), values)
    return changed


def without(text: str, kind: str) -> str:
    """Return the text without any table of a kind."""
    kept = [text[b.start : b.end] for b in blocks(text) if b.kind != kind]
    return "".join(kept) if kept else text


def with_case(text: str, case: Mapping[str, Any]) -> str:
    """Return a text of worked cases with one more, in a section of its own (添加判例)."""
    row = tomlkit.inline_table()
    for key, value in case.items():
        if isinstance(value, dict):
            inner = tomlkit.inline_table()
            inner.update({name: _item(said) for name, said in value.items()})
            row.append(key, inner)
        else:
            row.append(key, _item(value))
    return f"{text.rstrip()}\n\n[[section]]\ncase = [\n  {row.as_string()},\n]\n"


def _place(at: str) -> tuple[str, str]:
    for pattern, kind in PLACES:
        if found := pattern.match(at):
            return (kind, found[1]) if kind else (found[1], "")
    return "", ""


def _row(table: dict[str, Any], kind: str, name: str) -> Any:
    if kind == HEADER:
        return table
    key = NAMES.get(kind, "")
    return next(row for row in table.get(kind, []) if str(row.get(key, "")) == name)


def _put(table: Any, path: Path, value: Any) -> None:
    *steps, last = path
    for step in steps:
        table = table[step]
    if value is None:
        table.remove(last)
    elif last in table or not steps:
        table[last] = _item(value)
    else:
        raise PlaceError(str(last))


def _item(value: Any) -> Any:
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return tomlkit.value(plain)
    return tomlkit.item(value)


def _check(old: str, new: str, where: tuple[str, str], values: Mapping[Path, Any]) -> None:
    """Refuse a change that would do more, or less, than asked."""
    before, after = (toml(text, origin="draft") for text in (old, new))
    row: Any = _row(before, *where)
    for path, value in values.items():
        inner = row
        *steps, last = path
        for step in steps:
            inner = inner[step]
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    if before != after:
        raise PlaceError(where[1])
