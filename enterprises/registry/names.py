"""Names of enterprises: as compared, and what looks wrong in them (企业名称)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

LONG = 40
_SPACES = re.compile(r"\s+")
_ALIKE = str.maketrans({"〔": "(", "〕": ")", "【": "(", "】": ")", "［": "(", "］": ")", "•": "·"})
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_MOJIBAKE = re.compile("[\ufffd?？]|锟斤拷|[\u0080-\u00b6\u00b8-\u00ff]{2,}|[ÃÂâ][\u0080-\u00bf]")
_TWO = re.compile(r"第[一二]名称|曾用名|原名|又名|从属名称|简称[:：]|/|／|;|；")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that looks wrong in a name but does not forbid it (疑点)."""

    kind: str
    message: str


def tidy(name: str) -> str:
    """Return a name as stored: no outer blanks, inner runs of blanks as one (整理)."""
    return _SPACES.sub(" ", name).strip()


def key(name: str) -> str:
    """Return a name as compared: half width, capitals, no blanks, one kind of bracket (比对键)."""
    plain = unicodedata.normalize("NFKC", name.translate(_ALIKE))
    return _SPACES.sub("", plain).upper()


def doubts(name: str) -> list[Doubt]:
    """Return what looks wrong in a name: lost characters, two names, too long (疑点)."""
    found = []
    private = _PRIVATE.search(name)
    if private:
        place = private.start() + 1
        message = _("character %(place)d is from a private font and shows as a box elsewhere")
        found.append(Doubt("private_use", message % {"place": place}))
    if _MOJIBAKE.search(name):
        found.append(Doubt("mojibake", _("some characters were lost in a wrong encoding")))
    if _TWO.search(name):
        found.append(Doubt("two_names", _("this looks like two names in one field")))
    if len(name) > LONG:
        message = _("%(length)d characters: longer than %(most)d, is it the name alone?")
        found.append(Doubt("long_name", message % {"length": len(name), "most": LONG}))
    return found
