"""The library of reasons: what it holds, which reasons fit where, what it refuses."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from django.utils.translation import override

from cultivation.pipeline.correcting import reasons
from cultivation.pipeline.models import Reason

HOME = Path(__file__).resolve().parents[2]
HEAD = '[[reason]]\ncode = "one"\nuses = ["return"]\ntext_zh = "一"\ntext_en = "one"\n'


def codes_of_the_law() -> set[str]:
    """Return the criterion codes of all editions and overlays."""
    files = (HOME / "seeds" / "editions").rglob("*.toml")
    rows = (tomllib.loads(file.read_text("utf-8")).get("criterion", []) for file in files)
    return {row["code"] for part in rows for row in part}


def test_seeded_patterns_name_criteria_of_the_editions() -> None:
    """A pattern that names no criterion is a slip of the pen."""
    codes = codes_of_the_law()
    rows = tomllib.loads(reasons.FILE.read_text("utf-8"))["reason"]
    lost = [
        (row["code"], pattern)
        for row in rows
        for pattern in row.get("criteria", [])
        if not any(fnmatchcase(code, pattern) for code in codes)
    ]
    assert lost == []


def test_library_is_loaded_the_same_twice(db: None) -> None:
    """Loading again changes nothing; what the file no longer has goes out of use."""
    reasons.load()
    first = list(Reason.objects.values())
    Reason.objects.create(code="zz-gone", uses=["return"], text_zh="旧", text_en="old")
    reasons.load()
    assert list(Reason.objects.exclude(code="zz-gone").values()) == first
    assert Reason.objects.get(code="zz-gone").in_use is False


def test_fitting_puts_the_criterion_first_and_then_what_fits_anything(db: None) -> None:
    """Reasons of another criterion, of another use and out of use are not offered."""
    for code, use, criteria, subjects, live in (
        ("a-general", "return", [], [], True),
        ("b-of-it", "return", ["L26-3?"], ["report:*:rd_expense"], True),
        ("c-other", "return", ["L26-2*"], [], True),
        ("d-refuse", "refuse", ["L26-3a"], [], True),
        ("e-old", "return", ["L26-3a"], [], False),
        ("f-texts", "return", [], ["answer:*"], True),
    ):
        Reason.objects.create(
            code=code, uses=[use], criteria=criteria, subjects=subjects,
            text_zh="中", text_en="e", in_use=live,
        )  # fmt: skip

    def offered(*args: str, **kw: str) -> list[str]:
        return [one.code for one in reasons.fitting(*args, **kw)]

    assert offered("return", "L26-3a") == ["b-of-it", "a-general"]
    assert offered("return", subject="criterion:L26-3a") == ["b-of-it", "a-general"]
    assert offered("return", subject="report:2025:rd_expense") == ["b-of-it", "a-general"]
    assert offered("return", subject="answer:niche") == ["f-texts", "a-general"]
    assert offered("return") == ["a-general", "b-of-it", "c-other", "f-texts"]
    assert offered("refuse", "L26-3a") == ["d-refuse"]
    assert offered("revoke", "L26-3a") == []


def test_reason_is_said_in_the_readers_language() -> None:
    """English where the page is, else Chinese."""
    one = Reason(text_zh="缺少", text_en="lacking")
    with override("en"):
        assert str(one) == "lacking"
    with override("zh-hans"):
        assert str(one) == "缺少"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + HEAD, "x.toml: one stands there twice; give it one entry"),
        (HEAD.replace('text_en = "one"\n', ""), "x.toml: reason one: state text_en"),
        (HEAD + "colour = 1\n", "x.toml: reason one: colour means nothing here; take it out"),
        (
            HEAD.replace("return", "sing"),
            "x.toml: reason one: uses are return, refuse, object, revoke, not sing",
        ),
        (
            HEAD + 'subjects = ["moon:1"]\n',
            (
                "x.toml: reason one: subjects begin with answer, statement, report, criterion, "
                "paper, document, fact, not moon:1"
            ),
        ),
    ],
)
def test_file_that_makes_no_sense_is_refused(
    db: None, tmp_path: Path, text: str, said: str
) -> None:
    """The refusal names file, entry and mend, and nothing is stored."""
    (tmp_path / "x.toml").write_text(text, "utf-8")
    with pytest.raises(reasons.ReasonError) as refused:
        reasons.load(tmp_path / "x.toml")
    assert str(refused.value) == said
    assert Reason.objects.count() == 0
