"""How the head of an edition differs: title, days, document, periods (版本抬头差异)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from cultivation.standards import phrases
from cultivation.standards.differences.directions import NEITHER, UNCLEAR, Direction
from cultivation.standards.differences.telling import Said, changed, others, source
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cultivation.standards.policy import Period, Policy, Supplement

OWN = {"code", "tier", "title_zh", "title_en", "source", "in_force", "until", "periods", "root"}
OWN |= {"counts", "amendments", "origin", "sha256", "order", "supersedes", "keep_overlays"}
OWN |= {"supplements"}
PERIOD = {"reach", "document", "confidence", "note"}


def of_header(before: Policy, after: Policy, names: Mapping[str, str]) -> Iterator[Said]:
    """Tell how the heads of two editions differ; the code and the hash are only its name."""

    def said(what: str, text: str, direction: Direction = NEITHER) -> Said:
        return Said(what, "", None, after.source.clause, direction, text)

    if before.tier != after.tier:
        tiers = (Tier(tier).label for tier in (before.tier, after.tier))
        yield said("tier", changed(gettext("tier"), *tiers), UNCLEAR)
    for what, name, was, now in _plain(before, after):
        if was != now:
            yield said(what, changed(name, was, now))
    for text in source(before.source, after.source):
        yield said("source", text)
    for text in _supplements(before, after):
        yield said("supplement", text)
    for text in others(before, after, OWN):
        yield said("other", text, UNCLEAR)
    for text in _periods(before.periods, after.periods, names):
        yield said("period", text)


def _plain(before: Policy, after: Policy) -> Iterator[tuple[str, str, object, object]]:
    yield "title", gettext("Chinese title"), before.title_zh, after.title_zh
    yield "title", gettext("English title"), before.title_en, after.title_en
    yield "days", gettext("in force from"), before.in_force, after.in_force
    yield "days", gettext("last day"), before.until, after.until
    yield "source", gettext("source"), before.origin, after.origin
    yield "supersedes", gettext("supersedes"), before.supersedes, after.supersedes
    was, now = (phrases.yes(policy.keep_overlays) for policy in (before, after))
    yield "supersedes", gettext("keeps notices and annexes of the edition it supersedes"), was, now


def _supplements(before: Policy, after: Policy) -> Iterator[str]:
    """Tell which notices and annexes lie over each; what they say is told at its criterion."""
    old, new = ({s.code: s for s in policy.supplements} for policy in (before, after))
    for code, one in new.items():
        if code not in old:
            yield gettext("new: %(what)s") % {"what": phrases.supplement(one)}
        elif one != old[code]:
            yield changed(gettext("notice or annex"), phrases.supplement(old[code]), _named(one))
    for code, one in old.items():
        if code not in new:
            yield gettext("no longer: %(what)s") % {"what": phrases.supplement(one)}
    kept = [code for code in new if code in old]
    if kept != [code for code in old if code in new]:
        yield gettext("notices and annexes stand in another order")


def _named(one: Supplement) -> str:
    return f"{phrases.supplement(one)} ({one.sha256[:8]})"


def _periods(
    before: tuple[Period, ...], after: tuple[Period, ...], names: Mapping[str, str]
) -> Iterator[str]:
    def in_use(period: Period) -> str:
        return gettext("in use: %(days)s") % {"days": phrases.period(period, names)}

    gone = [period for period in before if period not in after]
    for period in after:
        if period in before:
            continue
        match = next((old for old in gone if old.kinds == period.kinds), None)
        if match is None:
            yield gettext("new: %(what)s") % {"what": in_use(period)}
            continue
        gone.remove(match)
        texts = (phrases.period(each, names) for each in (match, period))
        if _shown(match) != _shown(period):
            yield changed(gettext("in use"), *texts)
        yield from others(match, period, PERIOD)
    for period in gone:
        yield gettext("dropped: %(what)s") % {"what": in_use(period)}
    kept = [period for period in after if period in before]
    if kept != [period for period in before if period in after]:
        yield gettext("its days of use stand in another order")


def _shown(period: Period) -> tuple[object, ...]:
    return (period.reach, period.document, period.confidence, period.note)
