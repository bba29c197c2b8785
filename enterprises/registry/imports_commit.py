"""What an import writes once it is checked: records, their history, their size class (导入写入)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from enterprises.audit.fields import encode
from enterprises.registry import ledger, names, size_class
from enterprises.registry.imports_writing import insert, update
from enterprises.registry.models import AnnualReport, Change, Enterprise, NameRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User
    from enterprises.registry.imports_enterprises import Candidate, Outcome
    from enterprises.registry.imports_reports import ReportOutcome, ReportRow
    from enterprises.registry.models import StagedImport

DECIDES_SIZE = {"industry_id", "industry_class"}


class Writer:
    """Writes the batches of one import inside its transaction (写入器)."""

    def __init__(self, staged: StagedImport, *, by: User | None) -> None:
        self.staged, self.by = staged, by
        self.reason = f"{staged.name}"[:300]
        self.written = 0
        self._digest = hashlib.sha256()

    def enterprises(self, outcome: Outcome) -> None:
        """Write new and changed enterprises (写入企业)."""
        self._register(outcome.new)
        by_fields: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        changes, renamed = [], []
        now = timezone.now()
        for candidate, old, changed in outcome.changed:
            row = {"id": old["id"], "version": old["version"] + 1, "facts_at": now, **changed}
            by_fields.setdefault(tuple(sorted(set(row) - {"id"})), []).append(row)
            before, after = ledger.noted({k: old[k] for k in changed}), ledger.noted(changed)
            changes.append(self._change(old["id"], "profile", before, after, candidate.line))
            if "name" in changed:
                renamed += self._names(old, changed)
        for fields, rows in by_fields.items():
            update(Enterprise, rows, fields)
        moved = {old["id"] for _, old, new in outcome.changed if DECIDES_SIZE & set(new)}
        if moved:
            self._freshen(moved, step=0)
        self._keep(changes)
        insert(NameRecord, renamed)

    @property
    def digest(self) -> str:
        """Return the hash of all changes written, in the order of their rows (变更摘要)."""
        return self._digest.hexdigest()

    def _keep(self, changes: list[dict[str, Any]]) -> None:
        """Write rows of the history, and take them into the digest."""
        insert(Change, changes)
        for row in changes:
            said = [row["enterprise_id"], row["subject"], row["before"], row["after"]]
            self._digest.update(encode(said).encode())
        self.written += len(changes)

    def reports(self, outcome: ReportOutcome) -> None:
        """Write reports, registering enterprises first where the mapping says so (写入年报)."""
        self._register(outcome.registered)
        ids = _ids(row.code for row in outcome.new if row.enterprise_id is None)
        for row in outcome.new:
            row.enterprise_id = row.enterprise_id or ids[row.code]
        insert(AnnualReport, [self._report(row) for row in outcome.new])
        changes = [
            self._change(row.enterprise_id, f"report:{row.year}", {}, {}, row.line)
            for row in outcome.new
        ]
        by_fields: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row, old, changed in outcome.changed:
            values = {"id": old["id"], "warnings": row.warnings, **changed}
            by_fields.setdefault(tuple(sorted(set(values) - {"id"})), []).append(values)
            before = {k: old[k] for k in changed}
            subject = f"report:{row.year}"
            changes.append(self._change(row.enterprise_id, subject, before, changed, row.line))
        for fields, rows in by_fields.items():
            update(AnnualReport, rows, fields)
        self._keep(changes)
        self._freshen({row["enterprise_id"] for row in changes})

    def _register(self, candidates: list[Candidate]) -> None:
        insert(Enterprise, [candidate.values for candidate in candidates])
        ids = _ids(candidate.code for candidate in candidates)
        self._keep(
            [
                self._change(ids[c.code], "registered", {}, {"name": c.name}, c.line)
                for c in candidates
            ]
        )

    def _freshen(self, ids: set[int], *, step: int = 1) -> None:
        """Bring version, time and size class of changed enterprises up to date."""
        reports: dict[int, dict[int, dict[str, int | None]]] = {}
        figures = ("employees", "revenue", "total_assets")
        rows = AnnualReport.objects.filter(enterprise_id__in=ids)
        for row in rows.values("enterprise_id", "year", *figures):
            reports.setdefault(row["enterprise_id"], {})[row["year"]] = row
        now, fresh = timezone.now(), []
        known = Enterprise.objects.filter(pk__in=ids).values_list(
            "pk", "version", "industry_class", "industry__code"
        )
        for pk, version, niche, industry in known:
            size, year = size_class.of_reports(niche or industry or "", reports.get(pk, {}))
            fresh.append(
                {
                    "id": pk,
                    "version": version + step,
                    "facts_at": now,
                    "size_class": str(size),
                    "size_year": year,
                }
            )
        update(Enterprise, fresh, ("facts_at", "size_class", "size_year", "version"))

    def _report(self, row: ReportRow) -> dict[str, Any]:
        source = row.values.get("source") or self.staged.name[:120]
        return {
            **row.values,
            "enterprise_id": row.enterprise_id,
            "year": row.year,
            "source": source,
            "warnings": row.warnings,
        }

    def _change(
        self, enterprise_id: int | None, subject: str, before: Any, after: Any, line: int
    ) -> dict[str, Any]:
        return {
            "enterprise_id": enterprise_id,
            "subject": subject,
            "before": before,
            "after": {**after, "import": self.staged.pk, "line": line},
            "reason": self.reason,
            "made_by_id": self.by.pk if self.by else None,
        }

    def _names(self, old: dict[str, Any], changed: dict[str, Any]) -> list[dict[str, Any]]:
        today = timezone.localdate()
        shared = {"enterprise_id": old["id"]}
        still = NameRecord.objects.filter(enterprise_id=old["id"], until__isnull=True)
        closed = still.filter(name=old["name"]).update(until=today)
        former = {**shared, "name": old["name"], "name_key": names.key(old["name"]), "until": today}
        new = {**shared, "name": changed["name"], "name_key": changed["name_key"], "since": today}
        return [{**new, "reason": self.reason[:200]}] if closed else [former, new]


def _ids(codes: Iterable[str]) -> dict[str, int]:
    found = Enterprise.objects.filter(credit_code__in=list(codes))
    return dict(found.values_list("credit_code", "pk"))
