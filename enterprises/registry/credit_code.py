"""The unified social credit code: form, check characters, flaws (统一社会信用代码)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: without I, O, S, V, Z
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BODY_VALUE = {c: v for v, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997
_DROPPED = re.compile(r"[\s\-‐‑–—_·.]+")
NOTHING = frozenset({"", "无", "暂无", "无码", "N/A", "NA", "NULL", "NONE"})


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a code; only `error` forbids it (问题)."""

    kind: str
    message: str
    error: bool = True


def normalise(text: str) -> str:
    """Return a code in capitals of half width, without blanks and hyphens (规范化)."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_character(body: str) -> str:
    """Return the 18th character that the first 17 ask for, GB 32100 (校验码)."""
    total = sum(_VALUE[c] * w for c, w in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def organisation_character(body: str) -> str:
    """Return the check character of an 8-character organisation code, GB 11714 (机构代码校验码)."""
    total = sum(_BODY_VALUE[c] * w for c, w in zip(body, _BODY_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def is_sound(code: str) -> bool:
    """Tell whether a normalised code has no flaw at all (完全有效)."""
    try:
        return (
            len(code) == 18
            and code[2:8].isdigit()
            and check_character(code[:17]) == code[17]
            and organisation_character(code[8:16]) == code[16]
        )
    except KeyError:
        return False


def flaws(code: str) -> list[Flaw]:
    """Return what is wrong with a normalised code, nothing where it is sound (问题清单)."""
    if is_sound(code):
        return []
    shape = _shape(code)
    if shape is not None:
        return [shape]
    found = []
    wanted = check_character(code[:17])
    if wanted != code[17]:
        found.append(
            Flaw(
                "check_character",
                _("the check character should be %(wanted)s, not %(given)s")
                % {"wanted": wanted, "given": code[17]},
            )
        )
    wanted = organisation_character(code[8:16])
    if wanted != code[16]:
        found.append(
            Flaw(
                "organisation_character",
                _("the organisation code inside asks for %(wanted)s at place 17, not %(given)s")
                % {"wanted": wanted, "given": code[16]},
                error=False,
            )
        )
    return found


def check(text: str, *, reason: str = "") -> str:
    """Return the normalised code, or raise ValidationError saying what is wrong and what helps.

    A wrong check character is published for some real firms; it stands where a reason is given.
    """
    code = normalise(text)
    for flaw in flaws(code):
        if flaw.error and not (flaw.kind == "check_character" and reason.strip()):
            raise ValidationError(flaw.message, code=flaw.kind)
    return code


def _shape(code: str) -> Flaw | None:
    """Return the flaw in length or letters, before any sum can be made."""
    if code in NOTHING:
        return Flaw("empty", _("no credit code is given"))
    if len(code) != 18:
        return _length(code)
    wrong = [(place, c) for place, c in enumerate(code, 1) if c not in _VALUE]
    if wrong:
        place, letter = wrong[0]
        return Flaw(
            "letter",
            _(
                "%(letter)s at place %(place)d never occurs in a credit code "
                "(no I, O, S, V, Z)%(hint)s"
            )
            % {"letter": letter, "place": place, "hint": _hint(letter)},
        )
    if not code[2:8].isdigit():
        return Flaw("area", _("places 3 to 8 must be six digits of the registrar's area"))
    return None


def _hint(letter: str) -> str:
    meant = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "U"}.get(letter)
    return _("; perhaps %(meant)s is meant") % {"meant": meant} if meant else ""


def _length(code: str) -> Flaw:
    if len(code) == 15 and code[:6].isdigit():
        message = _("a 15-digit registration number of before 2015; enter the 18-character code")
        return Flaw("old_15", message)
    if len(code) == 13 and code.isdigit():
        message = _("a 13-digit registration number of before 2007; enter the 18-character code")
        return Flaw("old_13", message)
    if len(code) == 9 and code[:8].isalnum() and code.isascii():
        message = _("an organisation code of 9 characters; enter the 18-character code")
        return Flaw("organisation_code", message)
    return Flaw(
        "length",
        _("a credit code has 18 characters, this has %(length)d") % {"length": len(code)},
    )


def with_remedy(flaw: Flaw) -> str:
    """Return what a flaw says, and for a row of a file what lets the code stand (补救办法)."""
    if flaw.kind != "check_character":
        return flaw.message
    message = _("%(flaw)s; correct it, or say why it stands in a column named code_override_reason")
    return message % {"flaw": flaw.message}


def problem(text: str) -> str:
    """Return the first error of a code in words, empty where it may stand (首个错误)."""
    return next((flaw.message for flaw in flaws(normalise(text)) if flaw.error), "")
