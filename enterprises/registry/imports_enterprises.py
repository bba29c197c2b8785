"""Rows of enterprises on their way in: checked one by one, looked up by the batch (企业导入)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from enterprises.registry import credit_code, money, names
from enterprises.registry.imports_cells import (
    References,
    Remark,
    errors_of,
    reader,
    refusal,
    warning,
)
from enterprises.registry.imports_mapping import PLACES
from enterprises.registry.imports_places import Places
from enterprises.registry.models import Enterprise, NameRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User
    from enterprises.registry.imports_mapping import Columns
    from enterprises.registry.imports_reading import Row
    from enterprises.registry.imports_seen import Seen

IDENTITY = frozenset({"credit_code", "name", "region", "code_override_reason", *PLACES})


@dataclass(slots=True)
class Candidate:
    """A row as read: the values it states, by attribute name, and what there is to say (候选行)."""

    line: int
    code: str = ""
    name: str = ""
    key: str = ""
    path: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    remarks: list[Remark] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(remark.refused for remark in self.remarks)


@dataclass(slots=True)
class Outcome:
    """What a batch comes to: rows to write, and all rows with their remarks (批次结果)."""

    new: list[Candidate] = field(default_factory=list)
    changed: list[tuple[Candidate, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    rows: list[Candidate] = field(default_factory=list)
    unchanged: int = 0


class EnterpriseRows:
    """Checks rows of enterprises of one file (企业行校验)."""

    def __init__(self, columns: Columns, *, by: User | None, seen: Seen) -> None:
        self.columns, self.by, self.seen = columns, by, seen
        self.constants = {k: str(v) for k, v in columns.mapping.constants.items()}
        self.places = Places()
        references = References()
        wanted = {*columns.index, *self.constants} - IDENTITY
        self.readers = {
            name: reader(name, references, columns.units.get(name, "元"))
            for name in sorted(wanted)
            if name in {f.name for f in Enterprise._meta.concrete_fields}
        }
        self.attributes = {
            f.name: f.attname for f in Enterprise._meta.concrete_fields if f.name in self.readers
        }

    def batch(self, rows: Iterable[Row]) -> Outcome:
        """Return what the rows come to beside the registry and the rows before them."""
        outcome = Outcome(rows=[self.candidate(line, row) for line, row in rows])
        sound = [c for c in outcome.rows if not c.refused]
        there = self._there(sound)
        namesakes = self._namesakes(sound)
        for candidate in sound:
            if self._repeated(candidate):
                outcome.unchanged += not candidate.refused
                continue
            self._same_name(candidate, namesakes)
            old = there.get(candidate.code)
            if old is None:
                outcome.new.append(candidate)
                continue
            self._in_scope(candidate, old["region_path"])
            if candidate.refused:
                continue
            changed = self._differing(candidate, old)
            if changed:
                outcome.changed.append((candidate, old, changed))
            else:
                outcome.unchanged += 1
        return outcome

    def candidate(self, line: int, row: list[str]) -> Candidate:
        """Return a row read and checked by itself."""
        cells = {**self.constants, **self.columns.cells(row)}
        return self.of_cells(line, cells, extra=row[self.columns.width :])

    def of_cells(self, line: int, cells: dict[str, str], *, extra: list[str]) -> Candidate:
        """Return the candidate of a row's stated cells."""
        candidate = Candidate(line)
        say = candidate.remarks.append
        if any(cell.strip() for cell in extra):
            message = _("more cells than the header has: is there a delimiter inside a text?")
            say(refusal("cells", "", extra[0], message))
            return candidate
        self._code(candidate, cells)
        self._name(candidate, cells)
        region, remarks = self.places.of(candidate.code if not candidate.refused else "", cells)
        if candidate.refused:
            return candidate
        candidate.remarks.extend(remarks)
        if region is not None:
            candidate.path = region.path
            candidate.values |= {"region_id": region.pk, "region_path": region.path}
            self._in_scope(candidate, region.path)
        for name, read in self.readers.items():
            if name in cells:
                self._value(candidate, name, cells[name], read)
        candidate.digest = hashlib.blake2b(
            repr(sorted(cells.items())).encode(), digest_size=12
        ).hexdigest()
        return candidate

    def _code(self, candidate: Candidate, cells: dict[str, str]) -> None:
        text = cells.get("credit_code", "")
        code = candidate.code = credit_code.normalise(text)
        reason = cells.get("code_override_reason", "")
        for flaw in credit_code.flaws(code):
            stands = flaw.kind == "check_character" and reason
            if flaw.error and not stands:
                message = credit_code.with_remedy(flaw)
                candidate.remarks.append(refusal(flaw.kind, "credit_code", text, message))
                continue
            candidate.remarks.append(warning(flaw.kind, "credit_code", text, flaw.message))
            if stands:
                candidate.values["code_override_reason"] = reason[:300]
        candidate.values["credit_code"] = code

    def _name(self, candidate: Candidate, cells: dict[str, str]) -> None:
        name = candidate.name = names.tidy(cells.get("name", ""))
        candidate.key = names.key(name)
        if not name:
            candidate.remarks.append(refusal("no_name", "name", "", _("no name is given")))
        elif len(name) > 200:
            message = _("%(length)d characters, at most %(most)d are kept")
            words = message % {"length": len(name), "most": 200}
            candidate.remarks.append(refusal("too_long", "name", name, words))
        for doubt in names.doubts(name):
            candidate.remarks.append(warning(doubt.kind, "name", name, doubt.message))
        candidate.values |= {"name": name, "name_key": candidate.key}

    def _value(self, candidate: Candidate, name: str, text: str, read: Any) -> None:
        try:
            value = read(text)
        except ValidationError as error:
            for kind, message in errors_of(error):
                candidate.remarks.append(refusal(kind, name, text, message))
            return
        if isinstance(value, money.Amount):
            if value.fen is None:
                message = _("capital in %s is left empty; write it in yuan") % value.currency
                candidate.remarks.append(warning("foreign_currency", name, text, message))
                return
            value = value.fen
            if value < 0:
                message = _("capital cannot be negative")
                candidate.remarks.append(refusal("negative", name, text, message))
        candidate.values[self.attributes[name]] = value

    def _in_scope(self, candidate: Candidate, path: str) -> None:
        if self.by is not None and not self.by.scope.may_register(path):
            message = _("the enterprise stands outside the area that you register for")
            candidate.remarks.append(refusal("out_of_scope", "region", path, message))

    def _there(self, candidates: list[Candidate]) -> dict[str, dict[str, Any]]:
        """Return the enterprises of the registry by code, with the values that may change."""
        fields = {"id", "credit_code", "name", "name_key", "region_id", "region_path", "version"}
        fields |= set(self.attributes.values()) | {"code_override_reason", "region__code"}
        codes = [c.code for c in candidates]
        found = Enterprise.objects.filter(credit_code__in=codes).values(*sorted(fields))
        return {row["credit_code"]: row for row in found}

    def _namesakes(self, candidates: list[Candidate]) -> dict[str, list[str]]:
        """Return codes of the registry by name, for the names of these rows."""
        found: dict[str, list[str]] = {}
        rows = Enterprise.objects.filter(name_key__in=[c.key for c in candidates])
        for key, code in rows.values_list("name_key", "credit_code"):
            found.setdefault(key, []).append(code)
        return found

    def _repeated(self, candidate: Candidate) -> bool:
        """Tell whether an earlier row of this file had the code; say what follows from it."""
        first = self.seen.enterprise(candidate.code)
        if first is None:
            return False
        key, line, digest = first
        words = {"line": line, "name": candidate.name}
        if key != candidate.key:
            message = _(
                "line %(line)d gives this code to another name; a code belongs to one enterprise: "
                "check it in both rows"
            )
            remark = refusal("code_with_other_name", "name", candidate.name, message % words)
        elif digest != candidate.digest:
            message = _("line %(line)d has this enterprise with other values; keep one of the rows")
            remark = refusal("repeated_otherwise", "credit_code", candidate.code, message % words)
        else:
            message = _("the same as line %(line)d; taken once")
            remark = warning("repeated", "credit_code", candidate.code, message % words)
        candidate.remarks.append(remark)
        return True

    def _same_name(self, candidate: Candidate, registry: dict[str, list[str]]) -> None:
        """Warn of other enterprises of the same name, and remember this one."""
        others = dict.fromkeys(registry.get(candidate.key, []), 0)
        others |= dict(self.seen.codes_of(candidate.key))
        others.pop(candidate.code, None)
        self.seen.add_enterprise(candidate.code, candidate.key, candidate.line, candidate.digest)
        if others:
            listed = ", ".join(sorted(others)[:3])
            message = _("another enterprise has this name: %s; they stay two records") % listed
            candidate.remarks.append(warning("same_name", "name", candidate.name, message))

    def _differing(self, candidate: Candidate, old: dict[str, Any]) -> dict[str, Any]:
        """Return the values that would change; an empty cell changes nothing."""
        new = {k: v for k, v in candidate.values.items() if k in old and old[k] != v}
        if "region_id" in new and self._finer(candidate, old):
            del new["region_id"]
            new.pop("region_path", None)
        if "name_key" not in new:
            new.pop("name", None)  # the same name in other brackets or blanks
        elif self._was_called(old["id"], candidate.key):
            message = _("the enterprise bore this name before; it is now %s") % old["name"]
            candidate.remarks.append(warning("former_name", "name", candidate.name, message))
            del new["name"], new["name_key"]
        else:
            message = _("the registry had the name %s; the old name is kept in its history")
            remark = warning("renamed", "name", candidate.name, message % old["name"])
            candidate.remarks.append(remark)
        return new

    def _finer(self, candidate: Candidate, old: dict[str, Any]) -> bool:
        """Tell whether the registry's region is already a part of the row's region."""
        return self.places.covers(candidate.values["region_id"], old["region_id"])

    def _was_called(self, enterprise_id: int, key: str) -> bool:
        return NameRecord.objects.filter(
            models.Q(until__isnull=False), enterprise_id=enterprise_id, name_key=key
        ).exists()
