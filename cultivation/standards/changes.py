"""What national runs changed: who newly qualifies, who no longer does, and why (评价变动)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.standards import editions
from cultivation.standards.models import Assessment, Edition, JudgingRun, Verdict, VerdictChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from cultivation.standards.policy import Criterion, Policy
    from enterprises.accounts.models import User

Turn = VerdictChange.Turn
SHOWN = 6  # criteria named in a list
TURNS = {"gained": Turn.GAINED, "lost": Turn.LOST}


@dataclass(slots=True)
class Line:
    """What a run gave by one edition and kind, as far as a user sees it (一版结果)."""

    edition: Edition
    kind: str
    gained: int = 0
    lost: int = 0
    counts: Sequence[int] = ()  # of the nation, by verdict digit; for those who see all of it

    @property
    def name(self) -> str:
        """Return the basis as filters and stored counts name it."""
        return f"{self.edition.code} {self.kind}"

    @property
    def kind_label(self) -> str:
        return str(Assessment.Kind(self.kind).label)

    @property
    def verdicts(self) -> list[tuple[int, int]]:
        """Return the numbers by verdict, the best first."""
        return [(verdict.value, self.counts[verdict]) for verdict in reversed(Verdict)]


@dataclass(slots=True)
class Told:
    """A run with what it changed (一次评价)."""

    run: JudgingRun
    lines: list[Line]

    @property
    def gained(self) -> int:
        return sum(line.gained for line in self.lines)

    @property
    def lost(self) -> int:
        return sum(line.lost for line in self.lines)

    @property
    def turned(self) -> list[Line]:
        """Return the editions by which somebody's standing turned."""
        return [line for line in self.lines if line.gained or line.lost]


def ended() -> QuerySet[JudgingRun]:
    """Return the runs that ended well, newest first (已完成评价)."""
    return JudgingRun.objects.filter(finished_at__isnull=False)


def told(runs: Iterable[JudgingRun], user: User) -> list[Told]:
    """Return runs with how many enterprises in sight qualify newly or no longer (变动汇总)."""
    shown = list(runs)
    by_code = {edition.code: edition for edition in Edition.objects.defer("text", "cases")}
    numbers = _turned(shown, user)
    nation = "" in user.scope.paths
    found = []
    for run in shown:
        lines = []
        for code, _sha256, kind in run.editions:
            edition = by_code[code]
            line = Line(edition, kind)
            line.gained = numbers[run.pk, edition.pk, kind, Turn.GAINED]
            line.lost = numbers[run.pk, edition.pk, kind, Turn.LOST]
            line.counts = run.counts.get(line.name, ()) if nation else ()
            lines.append(line)
        found.append(Told(run, lines))
    return found


def _turned(runs: Sequence[JudgingRun], user: User) -> dict[tuple[int, int, str, int], int]:
    rows = (
        VerdictChange.objects.visible_to(user)
        .filter(run__in=runs, turn__in=TURNS.values())
        .order_by()
        .values_list("run", "edition", "kind", "turn")
        .annotate(number=Count("pk"))
    )
    numbers: dict[tuple[int, int, str, int], int] = defaultdict(int)
    numbers.update({(run, edition, kind, turn): n for run, edition, kind, turn, n in rows})
    return numbers


@dataclass(frozen=True, slots=True)
class Before:
    """The run before, and what of the rules is another since (上次评价)."""

    run: JudgingRun
    changed: list[Edition] = field(default_factory=list)  # judged by other rules since
    added: list[Edition] = field(default_factory=list)


def before(run: JudgingRun) -> Before | None:
    """Return the run before a run, with the editions whose rules differ; None for the first."""
    earlier = ended().filter(pk__lt=run.pk).first()
    if earlier is None:
        return None
    then = {(code, kind): sha256 for code, sha256, kind in earlier.editions}
    codes = {
        code for code, sha256, kind in run.editions if then.get((code, kind), sha256) != sha256
    }
    new = {code for code, _sha256, kind in run.editions if (code, kind) not in then}
    loaded = list(Edition.objects.filter(code__in=codes | new).defer("text", "cases"))
    return Before(
        earlier,
        [edition for edition in loaded if edition.code in codes],
        [edition for edition in loaded if edition.code in new],
    )


@dataclass(frozen=True, slots=True)
class Flip:
    """A criterion that is judged otherwise (条件变动)."""

    criterion: Criterion
    before: int | None  # None: it did not apply
    after: int | None

    @property
    def label(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.criterion.label_en if english else self.criterion.label_zh

    @property
    def text(self) -> str:
        """Return the criterion with its verdicts in words."""
        said = {"label": self.label, "before": _word(self.before), "after": _word(self.after)}
        return _("%(label)s: %(before)s → %(after)s") % said


def _word(digit: int | None) -> str:
    return _("does not apply") if digit is None else str(Verdict(digit).label)


@dataclass(frozen=True, slots=True)
class Row:
    """An enterprise whose verdict changed, finished for a page (变动企业)."""

    change: VerdictChange
    flips: list[Flip]
    note: str  # why no criteria can be named

    @property
    def shown(self) -> list[Flip]:
        return self.flips[:SHOWN]

    @property
    def more(self) -> int:
        return max(len(self.flips) - SHOWN, 0)


def rows(changes: Iterable[VerdictChange], run: JudgingRun) -> Iterator[Row]:
    """Yield changes of a run with the criteria that flipped (变动原因)."""
    policies: dict[str, Policy | None] = {}
    for change in changes:
        code = change.edition.code
        if code not in policies:
            policies[code] = _policy(run, code)
        policy = policies[code]
        then, now = change.verdicts_before, change.verdicts_after
        if not then:
            yield Row(change, [], _("not judged before"))
        elif policy is None or not len(then) == len(now) == len(policy.order):
            yield Row(change, [], _("the criteria are others than before"))
        else:
            yield Row(change, _flips(policy, then, now), "")


def _policy(run: JudgingRun, code: str) -> Policy | None:
    """Return what an edition said when a run judged by it, if that is still loaded."""
    hashes = [sha256 for named, sha256, _kind in run.editions if named == code]
    try:
        return editions.policy_by(run.rules[hashes[0]])
    except LookupError:
        return None


def _flips(policy: Policy, then: str, now: str) -> list[Flip]:
    leaves = {c.code: c for c in policy.root.walk() if not c.parts}
    return [
        Flip(leaves[code], _digit(old), _digit(new))
        for code, old, new in zip(policy.order, then, now, strict=True)
        if old != new and code in leaves
    ]


def _digit(said: str) -> int | None:
    return int(said) if said.isdigit() else None


def heading() -> list[str]:
    """Return the columns of the exported list."""
    return [
        _("Enterprise"), _("Credit code"), _("Region code"), _("Region"), _("Tier"), _("Edition"),
        _("Kind"), _("As of"), _("Change"), _("Verdict before"), _("Verdict now"),
        _("What changed"),
    ]  # fmt: skip


def lines(changes: Iterable[VerdictChange], run: JudgingRun) -> Iterator[list[Any]]:
    """Yield the rows of the exported list (变动名单导出)."""
    for row in rows(changes, run):
        change, firm = row.change, row.change.enterprise
        yield [
            firm.name, firm.credit_code, firm.region.code, firm.region, firm.get_tier_display(),
            change.edition, change.get_kind_display(), run.as_of, change.get_turn_display(),
            change.get_before_display() if change.before is not None else "",
            change.get_after_display(), "; ".join(flip.text for flip in row.flips) or row.note,
        ]  # fmt: skip
