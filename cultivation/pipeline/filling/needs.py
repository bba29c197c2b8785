"""What the rules in force ask for, section by section: read from the policy (填报要求).

Nothing here knows a tier or an edition: sections, figures, statements, lists and papers all come
from the criteria of the standard that applies to the case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.pipeline.questions import Question, questions_of
from cultivation.standards.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cultivation.standards.policy import Count, Criterion, Policy

MOST = 12  # criteria on one page; a larger group is taken apart
SIZE_FIGURES = (
    "employees",
    "revenue",
    "total_assets",
)  # 中小企业划型标准, 工信部联企业〔2011〕300号
SOURCES: dict[str, tuple[str, ...]] = {  # statement: the fields of the profile it comes from
    "is_sme": ("industry", "industry_class"),
    "niche_years": ("niche_since",),
    "domain_scheme": ("product_domain",),
    "strategic_stated": ("strategic_field",),
    "key_link": ("chain_link",),
    "industry_section": ("industry",),
}
ELSEWHERE = ("digital_level",)  # and titles: given by other pages, not by this form


@dataclass(frozen=True, slots=True)
class Needs:
    """What some criteria ask for (所需内容)."""

    figures: tuple[tuple[str, int], ...] = ()  # (figure, years back)
    profile: tuple[str, ...] = ()  # fields of the enterprise
    counts: tuple[Count, ...] = ()
    elsewhere: tuple[str, ...] = ()  # statements that no field of the form gives
    manual: tuple[Criterion, ...] = ()
    papers: tuple[str, ...] = ()
    texts: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Criteria that are filled in on one page (填报分组)."""

    criteria: tuple[Criterion, ...]
    above: Criterion | None = None  # the group it was taken out of, below the whole
    needs: Needs = field(default_factory=Needs)

    @property
    def key(self) -> str:
        """Return the code of the first criterion, by which the page is found."""
        return self.criteria[0].code

    @property
    def label(self) -> str:
        """Return what the section is called, in the reader's language."""
        first, last = self.criteria[0], self.criteria[-1]
        if first is last:
            return label_of(first)
        return _("Conditions %(first)s to %(last)s") % {"first": first.code, "last": last.code}

    @property
    def over(self) -> str:
        """Return the group that the section belongs to, or what lone conditions are about."""
        if self.above:
            return label_of(self.above)
        return _("; ").join(map(label_of, self.criteria)) if len(self.criteria) > 1 else ""

    def leaves(self) -> Iterator[Criterion]:
        """Yield the criteria without parts."""
        return (leaf for one in self.criteria for leaf in leaves(one))

    @property
    def codes(self) -> frozenset[str]:
        """Return the codes of all its criteria."""
        return frozenset(c.code for one in self.criteria for c in one.walk())


def label_of(criterion: Criterion) -> str:
    """Return what a criterion is called, in the reader's language."""
    english = (get_language() or "").startswith("en")
    return criterion.label_en if english else criterion.label_zh


def sections(standard: Criterion, policy: Policy) -> tuple[Section, ...]:
    """Return the pages of the form: the groups of the standard, lone conditions put together."""
    counts = {count.name: count for count in policy.counts}
    found: list[Section] = []
    for criteria, above in _split(standard, None):
        needs = _needs(criteria, counts, policy.tier)
        found.append(Section(criteria, above, needs))
    return tuple(found)


def leaves(criterion: Criterion) -> Iterator[Criterion]:
    """Yield the criteria without parts."""
    return (one for one in criterion.walk() if not one.parts)


def owed(standard: Criterion) -> Iterator[Criterion]:
    """Yield the criteria that each must be met, whatever else is (必备条件)."""
    if standard.advisory:
        return
    if not standard.parts:
        yield standard
    elif standard.need == "all":
        for part in standard.parts:
            yield from owed(part)


def _split(
    group: Criterion, above: Criterion | None
) -> Iterator[tuple[tuple[Criterion, ...], Criterion | None]]:
    """Yield the parts of a group page by page; lone conditions side by side share one."""
    for lone, run in groupby(group.parts, key=lambda part: not part.parts):
        parts = tuple(run)
        if lone:
            yield parts, above
            continue
        for part in parts:
            if len(list(leaves(part))) > MOST and any(below.parts for below in part.parts):
                yield from _split(part, part)
            else:
                yield (part,), above


def _needs(criteria: Sequence[Criterion], counts: dict[str, Count], tier: str) -> Needs:
    figures: dict[tuple[str, int], None] = {}
    profile: dict[str, None] = {}
    found: dict[str, Count] = {}
    elsewhere: dict[str, None] = {}
    papers: dict[str, None] = {}
    mine = [leaf for criterion in criteria for leaf in leaves(criterion)]
    for leaf in mine:
        papers |= dict.fromkeys(leaf.evidence)
        figures |= dict.fromkeys(figures_of(leaf))
        quantity = leaf.quantity
        if quantity is None:
            continue
        if quantity.shape == "fact":
            name = quantity.names[0]
            given = fields_of(name)
            profile |= dict.fromkeys(given)
            elsewhere |= {} if given else {name: None}
        if quantity.shape in {"count", "sum"}:
            count = counts[quantity.names[0]]
            found[count.name] = count
            profile |= {count.complete: None} if count.complete else {}
    return Needs(
        figures=tuple(sorted(figures, key=lambda one: one[1])),
        profile=tuple(profile),
        counts=tuple(found.values()),
        elsewhere=tuple(elsewhere),
        manual=tuple(leaf for leaf in mine if leaf.manual),
        papers=tuple(papers),
        texts=tuple(q for q in questions_of(tier, "texts") if q.paper in papers),
    )


def figures_of(leaf: Criterion) -> tuple[tuple[str, int], ...]:
    """Return the figures, with the years back, that a criterion reads or is worked out from."""
    quantity = leaf.quantity
    if quantity is None:
        return ()
    if quantity.shape == "fact" and quantity.names[0] == "is_sme":
        return tuple((name, 1) for name in SIZE_FIGURES)
    return quantity.figures


def fields_of(statement: str) -> tuple[str, ...]:
    """Return the fields of the profile that a statement comes from; none of other pages."""
    if statement in ELSEWHERE or statement.startswith("title_"):
        return ()
    return SOURCES.get(statement, (statement,))


def fact_model(count: Count) -> str:
    """Return the name of the kind of fact that a count counts, as registry subjects bear it."""
    return str(MEASURES[count.of].model._meta.model_name)
