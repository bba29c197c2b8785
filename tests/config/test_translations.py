from __future__ import annotations

import gettext
import json
import os
import textwrap
from typing import TYPE_CHECKING

import polib
import pytest
from django.utils import translation
from django.utils.translation import trans_real

from config import translations
from config.translations import Message

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
TITLE = _("Review queue")
def many(n):
    return ngettext("%(n)d case", "%(n)d cases", n) % {"n": n}
ORDER = pgettext("sorting", "order")
LONG = _(
    "two parts "
    "of one text"
)
not_a_text = other("Nothing")
"""
TEMPLATE = """
{% load i18n %}
  <h1>{% translate "It's due" %}</h1>
      <p>don't ( mind [ this " </p>
 {% blocktranslate with name=firm.name trimmed %}
   {{ name }} is
   ready
 {% endblocktranslate %}
{% blocktranslate count n=rows|length %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config" / "migrations").mkdir(parents=True)
    (tmp_path / "config" / "titles.py").write_text(PYTHON)
    (tmp_path / "config" / "migrations" / "0001.py").write_text('_("old label")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def catalogue(**texts: str) -> polib.POFile:
    file = polib.POFile()
    file.metadata = translations.METADATA
    for msgid, msgstr in texts.items():
        file.append(polib.POEntry(msgid=msgid, msgstr=msgstr))
    return file


def test_extract_finds_every_text_of_code_and_templates(home) -> None:
    found = [(m.context, m.text, m.plural, sorted(m.files)) for m in translations.extract(home)]
    code, page = ["config/titles.py"], ["templates/page.html"]
    assert found == [
        (None, "Review queue", "", code),
        (None, "%(n)d case", "%(n)d cases", code),
        ("sorting", "order", "", code),
        (None, "two parts of one text", "", code),
        (None, "It's due", "", page),
        (None, "%(name)s is ready", "", page),
        (None, "%(n)s row", "%(n)s rows", page),
    ]


def test_updated_keeps_old_translations_takes_new_and_drops_the_unused() -> None:
    messages = [Message("Save", files={"a.py"}), Message("Send", files={"b.py"})]
    old = catalogue(Save="保存", Gone="没有了")
    fresh = translations.updated(messages, old, {"Send": "报送"})
    assert [(entry.msgid, entry.msgstr) for entry in fresh] == [("Save", "保存"), ("Send", "报送")]


def test_updated_file_does_not_depend_on_the_order_of_finding() -> None:
    messages = [Message("Save", files={"a.py"}), Message("Send", files={"b.py"})]
    both = [
        str(translations.updated(order, catalogue(), {})) for order in (messages, messages[::-1])
    ]
    assert both[0] == both[1]


def test_faults_name_untranslated_fuzzy_placeholder_and_left_over() -> None:
    texts = ("Save", "Send", "%(n)s left", "{0} left", "Fine")
    messages = [Message(text, files={"a.py"}) for text in texts]
    old = catalogue(Send="报送", Fine="好", Gone="没有了")
    old.append(polib.POEntry(msgid="%(n)s left", msgstr="还剩 %(m)s"))
    old.append(polib.POEntry(msgid="{0} left", msgstr="还剩"))
    old.find("Send").flags.append("fuzzy")
    assert translations.faults(messages, old) == [
        "untranslated: 'Save' (a.py)",
        "fuzzy: 'Send'",
        "placeholders differ: '%(n)s left' -> '还剩 %(m)s'",
        "placeholders differ: '{0} left' -> '还剩'",
        "no longer used: 'Gone'",
    ]


def test_a_plural_is_judged_by_either_of_its_forms() -> None:
    message = Message("one file", "%(n)d files", files={"a.py"})
    entry = polib.POEntry(msgid="one file", msgid_plural="%(n)d files")
    entry.msgstr_plural = {0: "%(n)d 个文件"}
    file = polib.POFile()
    file.append(entry)
    assert translations.faults([message], file) == []


def test_additions_of_all_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text(json.dumps({"Name": "名称"}), encoding="utf-8")
    (tmp_path / "digital.json").write_text(json.dumps({"Coverage": "覆盖率"}), encoding="utf-8")
    assert translations.read_additions(tmp_path) == {"Name": "名称", "Coverage": "覆盖率"}


def test_compiled_catalogue_follows_the_source(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    translations.write(catalogue(Save="保存"), source)
    compiled = translations.ensure_compiled(source)
    first = compiled.stat().st_mtime_ns
    assert translations.ensure_compiled(source).stat().st_mtime_ns == first
    translations.write(catalogue(Save="存盘"), source)
    os.utime(source, ns=(first + 10**9, first + 10**9))
    translations.ensure_compiled(source)
    with compiled.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Save") == "存盘"


def test_compiling_makes_this_process_read_the_catalogue_anew(tmp_path: Path) -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("met") != "met"
        read_before = trans_real._translations["zh-hans"]
    source = tmp_path / "django.po"
    translations.write(catalogue(Save="保存"), source)
    translations.ensure_compiled(source)
    with translation.override("zh-hans"):
        assert trans_real._translations["zh-hans"] is not read_before


def test_written_catalogue_reads_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "django.po"
    message = Message("one file", "%(n)d files", files={"a.py"})
    fresh = translations.updated([message], catalogue(), {"one file": "%(n)d 个文件"})
    translations.write(fresh, path)
    again = translations.updated([message], translations.read(path), {})
    assert str(again) == str(fresh)
    assert textwrap.dedent(path.read_text(encoding="utf-8")).count("%(n)d 个文件") == 1
