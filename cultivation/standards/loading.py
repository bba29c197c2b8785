"""Loading editions and what lies over them from their files (载入标准、年度通知与地方细则).

What was used once is never changed: judgements, runs, titles and scenarios stand by the very text.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from cultivation.standards.cases import read_cases
from cultivation.standards.composing import Text, added, composed, said
from cultivation.standards.library import OVERLAYS, Library, amends
from cultivation.standards.models import Edition, Judgement, JudgingRun, Overlay
from cultivation.standards.policy import PolicyError
from cultivation.standards.reading import digest
from enterprises.audit import recording
from enterprises.registry.models import Title

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(settings.BASE_DIR) / "seeds" / "editions"
CASES = FOLDER.parent / "cases"
MEND = 'put the change into a new file with a new name that states supersedes = "{code}"'


def library() -> Library:
    """Return all that is loaded (已载入的标准汇编); two queries."""
    return Library(
        {e.code: text_of(e) for e in Edition.objects.all()},
        {o.code: text_of(o) for o in Overlay.objects.all()},
    )


def text_of(loaded: Edition | Overlay) -> Text:
    """Return the text of what is loaded."""
    return Text(loaded.code, loaded.sha256 or digest(loaded.text), loaded.text)


@transaction.atomic
def load_all(folder: Path | None = None) -> list[Edition]:
    """Load every edition and overlay of a folder; loading again changes nothing (载入标准).

    A file that differs from what is loaded under its name replaces it only as long as nothing was
    judged or decided by that; else PolicyError, as for whatever does not fit into the whole.
    """
    folder = folder or FOLDER
    files, before = Library.of_folder(folder), library()
    whole = Library({**before.bases, **files.bases}, {**before.overlays, **files.overlays})
    whole.check()
    editions = {edition.code: edition for edition in Edition.objects.all()}
    overlays = {overlay.code: overlay for overlay in Overlay.objects.all()}
    fresh: dict[str, str] = {}
    for code, text in files.bases.items():
        if code not in editions or editions[code].sha256 != text.sha256:
            editions[code] = _store(editions.get(code), text)
            fresh[code] = text.sha256
    for code in files.bases:
        _tie(editions[code], editions)
    for code, text in files.overlays.items():
        if code not in overlays or overlays[code].sha256 != text.sha256:
            overlays[code] = _lay(overlays.get(code), text, editions)
            fresh[code] = text.sha256
    if fresh:
        recording.note("standard.loaded", "standards", by=None, after=fresh)
    for code in files.bases:
        _keep_cases(editions[code], whole, code, folder.parent / CASES.name)
    for code in files.overlays:
        _keep_cases(overlays[code], whole, amends(whole.overlays[code]), folder.parent / CASES.name)
    return [editions[code] for code in files.bases]


def tried(text: str, *, code: str) -> Library:
    """Return all that is loaded with one more edition, checked; PolicyError if it does not fit."""
    before = library()
    if code in before.bases or code in before.overlays:
        raise PolicyError(f"{code}.toml: name; it is taken already, choose another")
    whole = Library({**before.bases, code: Text.of(code, text)}, before.overlays)
    whole.check()
    return whole


@transaction.atomic
def publish(text: str, *, code: str, cases: str = "") -> Edition:
    """Take a new edition into the law (发布标准); PolicyError where it does not fit."""
    whole = tried(text, code=code)
    if cases:
        _check_cases(cases, whole.bases[code], whole.over(code), code)
    edition = _store(None, whole.bases[code])
    edition.cases = cases
    edition.save(update_fields=["cases"])
    _tie(edition, {e.code: e for e in Edition.objects.all()})
    return edition


def _store(edition: Edition | None, text: Text) -> Edition:
    policy = said(text)
    if edition and in_use(edition):
        raise PolicyError(
            f"{text.code}.toml: header: it was already used and may not change; "
            + MEND.format(code=text.code)
        )
    edition = edition or Edition(code=text.code)
    edition.tier = policy.tier
    edition.title_zh, edition.title_en = policy.title_zh, policy.title_en
    edition.document = policy.source.document
    edition.in_force, edition.until = policy.in_force, policy.until
    edition.text, edition.sha256 = text.toml, text.sha256
    edition.save()
    return edition


def _tie(edition: Edition, editions: dict[str, Edition]) -> None:
    """Note which edition one supersedes."""
    older = editions.get(said(text_of(edition)).supersedes)
    if edition.supersedes_id != (older.pk if older else None):
        edition.supersedes = older
        edition.save(update_fields=["supersedes"])


def _lay(overlay: Overlay | None, text: Text, editions: dict[str, Edition]) -> Overlay:
    if overlay and overlay_in_use(overlay):
        raise PolicyError(
            f"{OVERLAYS}/{text.code}.toml: header: it was already used and may not change; "
            + MEND.format(code=text.code)
        )
    overlay = overlay or Overlay(code=text.code)
    overlay.edition = editions[amends(text)]
    one = added(text, text_of(overlay.edition))
    overlay.sort, overlay.units = one.sort, list(one.reach.units)
    overlay.title_zh, overlay.title_en = one.title_zh, one.title_en
    overlay.document = one.source.document
    overlay.in_force, overlay.until = one.in_force, one.reach.until
    overlay.text, overlay.sha256 = text.toml, text.sha256
    overlay.save()
    return overlay


def _keep_cases(kept: Edition | Overlay, whole: Library, code: str, folder: Path) -> None:
    """Keep worked cases, which may change at any time; no file of them changes none."""
    path = folder / f"{kept.code}.toml"
    text = path.read_text(encoding="utf-8") if path.exists() else kept.cases
    if text != kept.cases:
        _check_cases(text, whole.bases[code], whole.over(code), kept.code)
        kept.cases = text
        kept.save(update_fields=["cases"])


@lru_cache(maxsize=128)
def _check_cases(cases: str, base: Text, overlays: tuple[Text, ...], code: str) -> None:
    read_cases(cases, policy=composed(base, overlays), origin=f"{CASES.name}/{code}.toml")


def in_use(edition: Edition) -> bool:
    """Tell whether anything was judged, granted, planned or published by an edition."""
    if Title.objects.filter(edition_code=edition.code).exists():
        return True
    return any(
        model._base_manager.filter(**{name: edition}).exists() for model, name in _references()
    )


def overlay_in_use(overlay: Overlay) -> bool:
    """Tell whether anything was judged by an edition while this lay over it."""
    named = [overlay.code, overlay.sha256]
    for told in JudgingRun.objects.values_list("rules", flat=True).iterator():
        if any(named in map(list, parts) for parts in told.values()):
            return True
    hashes = Judgement.objects.order_by().values_list("rules_hash").distinct()
    for (sha256,) in hashes:
        kept = Judgement.objects.filter(rules_hash=sha256).values_list("rules", flat=True)[0]
        if named in map(list, kept):
            return True
    now = library().rules(overlay.edition.code).sha256
    return any(
        model._base_manager.filter(**{name: overlay.edition, "rules_hash": now}).exists()
        for model, name in _references()
        if any(field.name == "rules_hash" for field in model._meta.get_fields())
    )


def _references() -> Iterator[tuple[Any, str]]:
    """Yield the models, and their fields, that refer to an edition they were made by."""
    for relation in Edition._meta.get_fields(include_hidden=True):
        field: Any = relation
        if not field.auto_created or field.concrete:
            continue
        model, name = field.related_model, field.field.name
        if model not in (Overlay, Edition) and name != "base":
            yield model, name
