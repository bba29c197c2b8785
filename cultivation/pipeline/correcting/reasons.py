"""The library of reasons: loading it, and which reasons fit a criterion or a field (理由库)."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from cultivation.pipeline.models import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(settings.BASE_DIR) / "seeds" / "reasons.toml"
RETURN, REFUSE, OBJECT, REVOKE = "return", "refuse", "object", "revoke"
USES = (RETURN, REFUSE, OBJECT, REVOKE)
KINDS = ("answer", "statement", "report", "criterion", "paper", "document", "fact")
OWED = ("code", "uses", "text_zh", "text_en")
KEYS = frozenset([*OWED, "criteria", "subjects", "in_use"])


class ReasonError(ValueError):
    """A reason that does not make sense: the file, the entry, and the mend."""


@transaction.atomic
def load(path: Path = FILE) -> list[Reason]:
    """Load the reasons of the seeds; loading again changes nothing (装载理由库).

    A reason once loaded stays, for decisions that name it; one the file no longer has is taken out
    of use.
    """
    rows = [_checked(row, path.name) for row in tomllib.loads(path.read_text("utf-8"))["reason"]]
    codes = [row["code"] for row in rows]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise ReasonError(f"{path.name}: {', '.join(twice)} stands there twice; give it one entry")
    kept = [Reason.objects.update_or_create(code=row.pop("code"), defaults=row)[0] for row in rows]
    Reason.objects.exclude(code__in=codes).update(in_use=False)
    return kept


def fitting(use: str, criterion: str = "", *, subject: str = "") -> list[Reason]:
    """Return the reasons in use for a step, those on this criterion or subject first (可选理由).

    `subject` names anything else that can be sent back: "answer:niche", "document:17". Without
    either, all reasons for the step are returned.
    """
    known = [one for one in Reason.objects.filter(in_use=True) if use in one.uses]
    return chosen(known, use, criterion, subject=subject)


def chosen(
    known: Iterable[Reason], use: str, criterion: str = "", *, subject: str = ""
) -> list[Reason]:
    """Return those of some reasons that fit, as `fitting` does, without a query."""
    for_use = [one for one in known if use in one.uses]
    if subject.startswith("criterion:"):
        criterion, subject = subject.removeprefix("criterion:"), ""
    if not criterion and not subject:
        return for_use
    special = [one for one in for_use if _names(one, criterion, subject)]
    return special + [one for one in for_use if not one.criteria and not one.subjects]


def _names(reason: Reason, criterion: str, subject: str) -> bool:
    """Tell whether a reason names a criterion or a subject by one of its patterns."""
    by_code = any(fnmatchcase(criterion, pattern) for pattern in reason.criteria)
    return by_code or any(fnmatchcase(subject, pattern) for pattern in reason.subjects)


def _checked(row: dict[str, Any], file: str) -> dict[str, Any]:
    where = f"{file}: reason {row.get('code', '?')}"
    if unknown := sorted(row.keys() - KEYS):
        raise ReasonError(f"{where}: {', '.join(unknown)} means nothing here; take it out")
    if lacking := [key for key in OWED if not row.get(key)]:
        raise ReasonError(f"{where}: state {', '.join(lacking)}")
    if wrong := [use for use in row["uses"] if use not in USES]:
        raise ReasonError(f"{where}: uses are {', '.join(USES)}, not {', '.join(wrong)}")
    subjects = row.get("subjects", [])
    if wrong := [one for one in subjects if one.partition(":")[0] not in KINDS]:
        raise ReasonError(f"{where}: subjects begin with {', '.join(KINDS)}, not {wrong[0]}")
    return {"criteria": [], "subjects": [], "in_use": True} | row
