"""What a standard says in plain words: quantities, criteria, counts, reaches, periods (条文措辞).

Every text is in the active language.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from django.utils.translation import get_language, gettext, ngettext

from cultivation.standards import wording
from cultivation.standards.indicators import FIGURE_LABELS, STATEMENTS
from cultivation.standards.measures import MEASURES
from cultivation.standards.papers import said as paper_names
from enterprises.registry import labels, subjects

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from cultivation.standards.policy import (
        Amendment,
        Band,
        Comparison,
        Count,
        Criterion,
        Period,
        Quantity,
        Reach,
        Supplement,
    )
    from enterprises.registry.models import Fact

    Names = Mapping[str, str]


def label(thing: Criterion | Count) -> str:
    """Return a criterion's or a count's label in the active language."""
    english = (get_language() or "").startswith("en")
    return thing.label_en if english else thing.label_zh


def yes(value: object) -> str:
    """Write a truth value."""
    return gettext("yes") if value else gettext("no")


def quantity(said: Quantity, counts: Mapping[str, Count]) -> str:
    """Write what is measured: the figure, its years and how they are taken together (指标)."""
    name = said.names[0]
    if said.shape == "fact":
        return str(STATEMENTS[name].label) if name in STATEMENTS else name
    if said.is_span:
        counted = label(counts[name]) if name in counts else name
        pattern = (
            gettext("amount: %(what)s") if said.shape == "sum" else gettext("number: %(what)s")
        )
        return pattern % {"what": counted}
    figures = [str(FIGURE_LABELS.get(name, name)) for name in said.names]
    what = {"what": " / ".join(figures)}
    if said.shape == "growth":
        return gettext("growth of %(what)s in the last year") % what
    if said.shape == "mean_growth":
        return gettext("mean growth of %(what)s over the last two years") % what
    if said.shape == "compound_growth":
        return gettext("compound growth of %(what)s over the last two years") % what
    return gettext("%(what)s (%(years)s)") % {**what, "years": _years(said)}


def bound(comparison: Comparison | None, unit: str) -> str:
    """Write what a comparison asks for; a dash where there is none."""
    return wording.bound(comparison, unit) if comparison else "—"


def points(value: int | None) -> str:
    """Write points; a dash where there are none."""
    return "—" if value is None else wording.amount(Fraction(value), "points", exact=True)


def bands(rows: tuple[Band, ...], unit: str) -> str:
    """Write bands: what is asked for, and the points for it (分档)."""
    said = [
        gettext("%(bound)s: %(points)s")
        % {"bound": wording.bound(band.comparison, unit), "points": points(band.points)}
        for band in rows
    ]
    return _listed(said)


def need(criterion: Criterion) -> str:
    """Write how the parts make the whole, or what else the criterion is (组合方式)."""
    said = {
        "all": gettext("all of its parts"),
        "any": gettext("any of its parts"),
        "sum": gettext("the sum of its parts' points"),
        "best": gettext("the best of its parts' points"),
    }
    if criterion.need:
        return said[criterion.need]
    if criterion.manual:
        return gettext("a person judges")
    return gettext("bands of points") if criterion.bands else gettext("a comparison")


def criterion(said: Criterion, counts: Mapping[str, Count]) -> str:
    """Write all that a criterion asks for, without its parts (条件内容)."""
    unit = said.quantity.unit if said.quantity else ""
    texts = [] if said.quantity else [need(said)]
    if said.need:
        number = len(said.parts)
        texts.append(ngettext("%(number)s part", "%(number)s parts", number) % {"number": number})
    if said.quantity:
        texts.append(quantity(said.quantity, counts))
    if said.comparison:
        texts.append(bound(said.comparison, unit))
    if said.bands:
        texts.append(bands(said.bands, unit))
    if said.points is not None:
        texts.append(points(said.points))
    if said.line:
        texts.append(gettext("line: %(points)s") % {"points": bound(said.line, "points")})
    if said.cap is not None:
        texts.append(gettext("cap: %(points)s") % {"points": points(said.cap)})
    return _listed(texts)


def amendment(change: Amendment, unit: str) -> str:
    """Write what an amendment puts in place (调整内容)."""
    texts = []
    if change.waived is not None:
        texts.append(gettext("not examined") if change.waived else gettext("examined again"))
    if change.comparison:
        texts.append(bound(change.comparison, unit))
    if change.line:
        texts.append(gettext("line: %(points)s") % {"points": bound(change.line, "points")})
    if change.bands:
        texts.append(bands(change.bands, unit))
    if change.points is not None:
        texts.append(points(change.points))
    return _listed(texts)


def kinds(said: tuple[str, ...]) -> str:
    """Write for which applications something holds."""
    if len(set(said)) != 1:
        return gettext("new applications and re-checks")
    return gettext("re-check only") if "recheck" in said else gettext("new applications only")


def days(since: dt.date | None, until: dt.date | None) -> str:
    """Write from which day and until which; nothing where it is always."""
    if since and until:
        text = gettext("from %(since)s until %(until)s")
    elif since:
        text = gettext("from %(since)s on")
    else:
        text = gettext("until %(until)s") if until else ""
    return text % {"since": since, "until": until}


def reach(said: Reach, names: Names) -> str:
    """Write in which cases a rule applies (适用范围)."""
    texts = [kinds(said.kinds)] if said.kinds else []
    texts.append(days(said.since, said.until))
    if said.units:
        texts.append(gettext("in %(units)s") % {"units": units(said.units, names)})
    if said.not_units:
        texts.append(gettext("not in %(units)s") % {"units": units(said.not_units, names)})
    return _listed([text for text in texts if text]) or gettext("everywhere and always")


def period(said: Period, names: Names) -> str:
    """Write for which applications, days and units an edition is the one to use (适用期)."""
    texts = [reach(said.reach, names), said.document, said.note]
    sure = gettext("confidence %(letter)s") % {"letter": said.confidence}
    return _listed([text for text in (*texts, sure) if text])


def papers(kinds: tuple[str, ...]) -> str:
    """Write by which papers something is proved."""
    return _listed(paper_names(kinds))


def supplement(said: Supplement) -> str:
    """Return what a notice or an annex is called (年度通知、地方细则)."""
    english = (get_language() or "").startswith("en")
    title = said.title_en if english else said.title_zh
    return f"{title} ({said.source.document or said.code})"


def alternatives(count: Count) -> str:
    """Write which facts fit a count (计数条件)."""
    said = [_alternative(count, one) for one in count.where]
    return gettext(" or ").join(said)


def counted(count: Count) -> str:
    """Write all that a count counts."""
    texts = [of(count.of), alternatives(count), span(count.years)]
    if count.amount:
        texts.append(str(labels.of(count.amount)))
    if count.valid:
        texts.append(gettext("valid ones only"))
    return _listed([text for text in texts if text])


def of(name: str) -> str:
    """Return what a kind of fact is called."""
    if name not in MEASURES:
        return name
    return str(subjects.kind_label(cast("type[Fact]", MEASURES[name].model)))


def span(years: int) -> str:
    """Write over how many years is counted."""
    if not years:
        return gettext("of any year")
    text = ngettext("of the last %(number)s year", "of the last %(number)s years", years)
    return text % {"number": years}


def _alternative(count: Count, one: tuple[tuple[str, Comparison], ...]) -> str:
    return _listed([_property(count.of, name, held) for name, held in one]) or gettext("every one")


def _property(kind: str, name: str, comparison: Comparison) -> str:
    unit = "share" if name in labels.PERCENTS else "number"
    unit = "money" if name in labels.AMOUNTS else unit
    text = wording.bound(comparison, unit)
    if isinstance(comparison.threshold, tuple):
        fields = {field.name: field for field in MEASURES[kind].model._meta.get_fields()}
        choices = dict(getattr(fields.get(name), "flatchoices", ()))
        text = " / ".join(str(choices.get(value, value)) for value in comparison.threshold)
    derived = {
        "transferred_within_a_year": gettext("Transferred in within the last year"),
        "held_over_two_years": gettext("Held for over two years"),
    }
    what = derived.get(name) or labels.of(name)
    return gettext("%(what)s: %(value)s") % {"what": what, "value": text}


def _years(said: Quantity) -> str:
    names = {
        0: gettext("this year"),
        1: gettext("last year"),
        2: gettext("the year before last"),
        3: gettext("three years ago"),
    }
    years = gettext(", ").join(names.get(year, str(year)) for year in said.years)
    folds = {
        "each": gettext("each of: %(years)s"),
        "any": gettext("any of: %(years)s"),
        "sum": gettext("sum of: %(years)s"),
        "mean": gettext("mean of: %(years)s"),
    }
    return folds.get(said.over, "%(years)s") % {"years": years}


def units(codes: tuple[str, ...], names: Names) -> str:
    """Write recommending units by their names."""
    return gettext(", ").join(names.get(code, code) for code in codes)


def _listed(texts: list[str]) -> str:
    return gettext("; ").join(texts)
