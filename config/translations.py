"""Translated texts: found in code and templates, kept in a .po file, compiled (翻译).

Works without the gettext programs: Babel reads Python, Django's `templatize` turns templates into
something Babel can read, polib writes.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polib
from babel.messages.extract import extract_python
from django.utils.translation.reloader import translation_file_changed
from django.utils.translation.template import templatize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOME = Path(__file__).resolve().parent.parent
PO = HOME / "config" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CODE = ("config", "enterprises", "cultivation")
TEMPLATES = ("templates",)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%[-#0 +]*\d*[sdif]|\{\w*\}")
METADATA = {
    "Project-Id-Version": "cultivation-pipeline",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


@dataclass
class Message:
    """A text to translate and the files it stands in."""

    text: str
    plural: str = ""
    context: str | None = None
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str | None, str]:
        """Return what tells messages apart."""
        return self.context, self.text


def extract(home: Path = HOME) -> list[Message]:
    """Return all texts of code and templates, in the order of their files."""
    found: dict[tuple[str | None, str], Message] = {}
    for path in _files(home):
        name = path.relative_to(home).as_posix()
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            lines = templatize(source, origin=name).splitlines()
            source = "\n".join(line.lstrip() for line in lines)  # else Python sees bad indents
        for message in _in_python(source):
            known = found.setdefault(message.key, message)
            known.plural = known.plural or message.plural
            known.files.add(name)
    return list(found.values())


def _files(home: Path) -> Iterator[Path]:
    for folder in CODE:
        for path in sorted((home / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
    for folder in TEMPLATES:
        yield from sorted(p for p in (home / folder).rglob("*") if p.suffix in {".html", ".txt"})


def _in_python(source: str) -> Iterator[Message]:
    stream = io.BytesIO(source.encode())
    for _line, name, texts, _comments in extract_python(stream, KEYWORDS, [], {}):
        function = str(name)
        parts = [texts] if isinstance(texts, str) else list(texts)
        if not parts or any(not isinstance(part, str) for part in parts[:1]):
            continue
        context = str(parts.pop(0)) if "pgettext" in function else None
        if parts and parts[0]:
            plural = str(parts[1]) if len(parts) > 1 and function.startswith("n") else ""
            yield Message(str(parts[0]), plural, context)


def updated(messages: Iterable[Message], old: polib.POFile, new: dict[str, str]) -> polib.POFile:
    """Return a catalogue of exactly these messages, with old translations and, over them, new."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in old if not entry.obsolete}
    fresh = polib.POFile(wrapwidth=100)
    fresh.metadata = METADATA
    for message in sorted(messages, key=lambda m: (min(m.files), m.text, m.context or "")):
        entry = polib.POEntry(
            msgid=message.text,
            msgctxt=message.context,
            occurrences=[(name, "") for name in sorted(message.files)],
        )
        text = new.get(message.text) or _translation(known.get((message.context, message.text)))
        if message.plural:
            entry.msgid_plural, entry.msgstr_plural = message.plural, {0: text}
        else:
            entry.msgstr = text
        if PLACEHOLDER.search(message.text):
            entry.flags = ["python-brace-format" if "{" in message.text else "python-format"]
        fresh.append(entry)
    return fresh


def _translation(entry: polib.POEntry | None) -> str:
    if entry is None or entry.fuzzy:
        return ""
    return str(entry.msgstr or entry.msgstr_plural.get(0, ""))


def read(path: Path = PO) -> polib.POFile:
    """Return the catalogue, empty where there is none yet."""
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def read_additions(folder: Path) -> dict[str, str]:
    """Return the translations of all JSON files of a folder, {text: translation}."""
    additions: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        additions |= json.loads(path.read_text(encoding="utf-8"))
    return additions


def faults(messages: Iterable[Message], catalogue: polib.POFile) -> list[str]:
    """Return what is wrong with a catalogue: untranslated, fuzzy, other placeholders, left over."""
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    wrong: list[str] = []
    for message in messages:
        entry = entries.pop(message.key, None)
        text = _translation(entry)
        if entry is not None and entry.fuzzy:
            wrong.append(f"fuzzy: {message.text!r}")
        elif not text:
            wrong.append(f"untranslated: {message.text!r} ({min(message.files)})")
        elif not _same_placeholders(message, text):
            wrong.append(f"placeholders differ: {message.text!r} -> {text!r}")
    wrong += [f"no longer used: {text!r}" for _context, text in entries]
    return wrong


def _same_placeholders(message: Message, text: str) -> bool:
    wanted = sorted(PLACEHOLDER.findall(message.text))
    got = sorted(PLACEHOLDER.findall(text))
    if not message.plural:
        return wanted == got
    # A plural may leave a placeholder out ("one file"), but not bring one of its own.
    return got == wanted or got == sorted(PLACEHOLDER.findall(message.plural))


def write(catalogue: polib.POFile, path: Path = PO) -> None:
    """Write a catalogue."""
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))


def ensure_compiled(path: Path = PO) -> Path:
    """Compile the catalogue where the compiled one is missing or older; return the latter.

    Django reads the catalogue while it sets itself up, before any command; so what it read is
    forgotten, or this process would go on without the texts.
    """
    compiled = path.with_suffix(".mo")
    if path.exists() and (
        not compiled.exists() or compiled.stat().st_mtime_ns < path.stat().st_mtime_ns
    ):
        unfinished = compiled.with_suffix(".mo.new")
        polib.pofile(str(path)).save_as_mofile(str(unfinished))
        unfinished.replace(compiled)
        translation_file_changed(None, compiled)
    return compiled
