"""Taking out of a text what names a firm (盲审脱敏).

What is known to name it is blacked out: names it bears or bore and their core, codes, addresses,
places, contacts. A text can still give it away in other words; pages say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from enterprises.registry.models import NameRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cultivation.pipeline.models import Application
    from enterprises.places.models import Region
    from enterprises.registry.models import Enterprise

BLACK = "▇▇"
KINDS = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|集团公司|集团|总公司|分公司|公司|工厂|厂|研究院|研究所)$"
)
BRACKETS = re.compile(r"[（(〔【\[].*?[）)〕】\]]")
PLACE_KINDS = re.compile(
    r"(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|地区|盟|省|市|区|县|旗)$"
)
SHORTEST = 2
GAP = r"[\s·•・\-_]*"


def blinder(application: Application) -> Callable[[str], str]:
    """Return a function that blacks out in a text what names the firm of an application."""
    words = sorted(_words(application.enterprise), key=lambda word: (-len(word), word))
    if not words:
        return lambda text: text
    either = "|".join(_loose(word) for word in words)
    pattern = re.compile(rf"(?:{either})(?:{GAP}(?:{either}))*", re.IGNORECASE)
    return lambda text: pattern.sub(BLACK, text)


def _loose(word: str) -> str:
    """Return a pattern for a word that also finds it with blanks between the characters."""
    return GAP.join(re.escape(character) for character in word if not character.isspace())


def _words(firm: Enterprise) -> set[str]:
    """Return what names a firm, none shorter than two characters."""
    places = _places(firm.region)
    names = [firm.name, *NameRecord.objects.filter(enterprise=firm).values_list("name", flat=True)]
    found = {
        firm.credit_code, firm.credit_code[8:17], firm.address, firm.contact_name,
        firm.contact_phone, firm.contact_email, firm.contact_email.rpartition("@")[2],
        *places,
    }  # fmt: skip
    for name in names:
        found |= {name, *_cores(name, places)}
    return {word.strip() for word in found if len(word.strip()) >= SHORTEST}


def _cores(name: str, places: Iterable[str]) -> set[str]:
    """Return a name without brackets, place and kind of firm, and the brand it begins with."""
    bare = KINDS.sub("", BRACKETS.sub("", name))
    for place in sorted(places, key=len, reverse=True):
        bare = bare.removeprefix(place)
    return {BRACKETS.sub("", name), bare, bare[:4], bare[:3], bare[:2]}


def _places(region: Region) -> set[str]:
    """Return the names of a region and of those above it, with and without their kind."""
    found: set[str] = set()
    here: Region | None = region
    while here is not None and here.path:
        found |= {here.name_zh, PLACE_KINDS.sub("", here.name_zh), here.code}
        if here.name_en:
            found |= {here.name_en, here.name_en.split()[0]}
        here = here.parent
    return {word for word in found if len(word) >= SHORTEST}


def blind_node(node: dict[str, Any], blind: Callable[[str], str]) -> dict[str, Any]:
    """Return a result tree with all its texts blinded."""
    return {key: _blinded(value, blind) for key, value in node.items()}


def _blinded(value: Any, blind: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return blind(value)
    if isinstance(value, list):
        return [_blinded(one, blind) for one in value]
    if isinstance(value, dict):
        return blind_node(value, blind)
    return value
