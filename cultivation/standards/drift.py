"""How a judgement kept and the same judged again differ, and the likely reason (重演差异)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cultivation.standards.models import Verdict
from cultivation.standards.substance import SUBSTANCE

if TYPE_CHECKING:
    from collections.abc import Iterator

Tree = dict[str, Any]
JUDGEMENT, RESULT, RULES, SNAPSHOT = "judgement", "result", "rules", "snapshot"
SHOWN = 3  # criteria named in a sentence


class Cause(TextChoices):
    """Why a judgement does not come out as it was kept (差异原因)."""

    FACTS = "facts", gettext_lazy("the kept facts were altered")
    RESULT = "result", gettext_lazy("the kept result was altered")
    RECORD = "record", gettext_lazy("the record was altered: it does not fit the result it bears")
    RULES = "rules", gettext_lazy("the rules were altered")
    NO_RULES = "no_rules", gettext_lazy("the rules are no longer there")
    NO_SNAPSHOT = "no_snapshot", gettext_lazy("the snapshot is no longer there")
    SNAPSHOT = "snapshot", gettext_lazy("the snapshot was altered")
    ENGINE = "engine", gettext_lazy("the evaluator changed")
    STORED = "stored", gettext_lazy("the stored result was altered, or the evaluator changed")
    UNKNOWN = "unknown", gettext_lazy("facts, rules and evaluator are the same: find out why")


MEND: dict[Cause, Any] = {
    Cause.FACTS: gettext_lazy("Take the row from a backup; whoever wrote to the table altered it."),
    Cause.RESULT: gettext_lazy(
        "Take the row from a backup; whoever wrote to the table altered it."
    ),
    Cause.RECORD: gettext_lazy(
        "Take the row from a backup; whoever wrote to the table altered it."
    ),
    Cause.RULES: gettext_lazy("Load the text whose hash is recorded; give a new text a new name."),
    Cause.NO_RULES: gettext_lazy("Load the edition or overlay that is named again."),
    Cause.NO_SNAPSHOT: gettext_lazy("Take its files from a backup, or judge the registry anew."),
    Cause.SNAPSHOT: gettext_lazy("Take its files from a backup, or judge the registry anew."),
    Cause.ENGINE: gettext_lazy(
        "Compare with the evaluator named; decisions by it stand until they are judged anew."
    ),
    Cause.STORED: gettext_lazy("Judge the registry anew, whole, and find out who wrote to it."),
    Cause.UNKNOWN: gettext_lazy("This is a fault of the evaluator: report it with this page."),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of one criterion that comes out otherwise (差异项)."""

    criterion: str
    key: str
    then: Any
    now: Any

    @property
    def what(self) -> str:
        """Return what of the criterion comes out otherwise."""
        labels = {
            "verdict": _("verdict"),
            "value": _("value"),
            "points": _("points given"),
            "distance": _("distance"),
            "unmet": _("requirements unmet"),
            "unknown": _("requirements unknown"),
        }
        return labels.get(self.key, self.key)

    @property
    def then_text(self) -> str:
        return _shown(self.key, self.then)

    @property
    def now_text(self) -> str:
        return _shown(self.key, self.now)

    @property
    def text(self) -> str:
        """Return the change in words: criterion, what of it, then and now."""
        return _("%(criterion)s %(what)s: %(then)s then, %(now)s now") % {
            "criterion": self.criterion,
            "what": self.what,
            "then": self.then_text,
            "now": self.now_text,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One judgement, stored result or snapshot that is not what it was, with the reasons."""

    subject: str  # judgement | result | rules | snapshot
    pk: int
    causes: tuple[Cause, ...]
    enterprise: int | None = None
    edition: str = ""
    kind: str = ""
    detail: str = ""  # which rules, which snapshot, which evaluators
    changes: tuple[Change, ...] = field(default=())

    @property
    def name(self) -> str:
        """Return what differs, as a person calls it."""
        names = {
            JUDGEMENT: _("kept judgement %(pk)s"),
            RESULT: _("stored result %(pk)s"),
            RULES: _("rules %(code)s"),
            SNAPSHOT: _("snapshot %(pk)s"),
        }
        return names[self.subject] % {"pk": self.pk, "code": self.edition}

    @property
    def reason(self) -> str:
        """Return the likely reasons in words."""
        said = _stops()[0].join(str(cause.label) for cause in self.causes)
        return f"{said} ({self.detail})" if self.detail else said

    @property
    def text(self) -> str:
        """Return the reasons and the first criteria that come out otherwise, in a sentence."""
        named = [change.text for change in self.changes[:SHOWN]]
        if more := len(self.changes) - SHOWN:
            named += [_("and %(number)s more") % {"number": more}] if more > 0 else []
        comma, stop = _stops()
        return stop.join([self.reason, comma.join(named)]) if named else self.reason

    def as_json(self) -> dict[str, Any]:
        """Return the difference as plain data."""
        return {
            "subject": self.subject,
            "pk": self.pk,
            "causes": [cause.value for cause in self.causes],
            "enterprise": self.enterprise,
            "edition": self.edition,
            "kind": self.kind,
            "detail": self.detail,
            "changes": [[c.criterion, c.key, c.then, c.now] for c in self.changes],
        }


def from_json(plain: dict[str, Any]) -> Difference:
    """Return a difference from its plain data."""
    causes = tuple(Cause(cause) for cause in plain["causes"])
    changes = tuple(Change(*change) for change in plain["changes"])
    return Difference(**plain | {"causes": causes, "changes": changes})


def changes_between(then: Tree, now: Tree) -> tuple[Change, ...]:
    """Return what two result trees say otherwise; a text put in other words is no difference."""
    old = {str(node.get("code")): node for node in nodes(then)}
    new = {str(node.get("code")): node for node in nodes(now)}
    found = []
    for code in dict.fromkeys([*old, *new]):
        before, after = old.get(code), new.get(code)
        if before is None or after is None:
            missing = _verdict(before), _verdict(after)
            found.append(Change(code, "verdict", *missing))
            continue
        found += [
            Change(code, key, *_in_words(key, before, after))
            for key in SUBSTANCE
            if before.get(key) != after.get(key)
        ]
    return tuple(found)


def nodes(tree: Tree) -> Iterator[Tree]:
    """Yield the criteria of a result tree from top to bottom."""
    yield tree
    for part in tree.get("parts") or ():
        yield from nodes(part)


def _stops() -> tuple[str, str]:
    """Return what parts the members of a list, and sentences, in the page's language."""
    return ("; ", ". ") if (get_language() or "").startswith("en") else ("；", "。")


def _in_words(key: str, before: Tree, after: Tree) -> tuple[Any, Any]:
    """Return what a reader is shown of a value: its texts, unless they are the same."""
    texts = [{end: node.get(f"{key}_{end}") for end in ("zh", "en")} for node in (before, after)]
    if texts[0] != texts[1] and all(all(said.values()) for said in texts):
        return texts[0], texts[1]
    return before.get(key), after.get(key)


def _verdict(node: Tree | None) -> int | None:
    return None if node is None else node.get("verdict")


def _shown(key: str, value: Any) -> str:
    english = (get_language() or "").startswith("en")
    if value is None or value == []:
        return _("nothing")
    if isinstance(value, dict):
        return str(value.get("en" if english else "zh"))
    if key == "verdict" and value in Verdict.values:
        return str(Verdict(value).label)
    if key == "points" and isinstance(value, list):
        return "–".join(_points(points) for points in dict.fromkeys(value))
    if isinstance(value, list):
        return (", " if english else "、").join(map(str, value))
    return str(value)


def _points(hundredths: Any) -> str:
    return f"{hundredths / 100:g}" if isinstance(hundredths, int) else "?"
