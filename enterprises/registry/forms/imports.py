"""Forms of an import: the file, then what its columns mean (导入表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.registry import imports, imports_mapping, labels, money
from enterprises.registry.forms.fields import WholeField
from enterprises.registry.models import StagedImport

if TYPE_CHECKING:
    from enterprises.registry.imports_mapping import ColumnMapping
    from enterprises.registry.imports_runs import Look


class UploadForm(forms.Form):
    """The file and what it holds (上传文件)."""

    kind = forms.ChoiceField(label=_("What the file holds"), choices=StagedImport.Kind.choices)
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(sorted(imports.MEDIA))}),
    )
    mapping = forms.FileField(
        label=_("Mapping file"),
        required=False,
        help_text=_("TOML; without one the columns are shown and you choose what they mean."),
        widget=forms.ClearableFileInput(attrs={"accept": ".toml"}),
    )


class MappingForm(forms.Form):
    """What each column of a file means, and in which unit (列映射)."""

    def __init__(self, *args: Any, kind: str, look: Look, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.look = kind, look
        meaning = {column: name for name, column in look.guess.columns.items()}
        choices = field_choices(kind)
        units = [("", "—"), *[(unit, unit) for unit in money.FEN]]
        for place, column in self.columns():
            name = meaning.get(column, "")
            self.fields[f"field-{place}"] = forms.ChoiceField(
                label=column, choices=choices, required=False, initial=name
            )
            self.fields[f"unit-{place}"] = forms.ChoiceField(
                label=_("Unit"),
                choices=units,
                required=False,
                initial=look.guess.units.get(name, ""),
            )
        if kind == StagedImport.Kind.REPORTS:
            self.fields["year"] = WholeField(
                label=_("Year of all rows"),
                required=False,
                least=1990,
                most=timezone.localdate().year,
                help_text=_("Only where no column says the year."),
            )
            self.fields["register"] = forms.BooleanField(
                label=_("Register enterprises that are not in the registry yet"), required=False
            )

    def columns(self) -> list[tuple[int, str]]:
        """Return the columns that have a name, each name once."""
        first: dict[str, int] = {}
        for place, column in enumerate(self.look.header):
            if column:
                first.setdefault(column, place)
        return [(place, column) for column, place in first.items()]

    def rows(self) -> list[tuple[str, list[str], forms.BoundField, forms.BoundField]]:
        """Return each column with some values and its two fields, for the page."""
        return [
            (
                column,
                [row[place] for row in self.look.samples if place < len(row) and row[place]],
                self[f"field-{place}"],
                self[f"unit-{place}"],
            )
            for place, column in self.columns()
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse two columns of one meaning."""
        data = super().clean() or self.cleaned_data
        taken: dict[str, str] = {}
        for place, column in self.columns():
            name = data.get(f"field-{place}")
            if name and name in taken:
                self.add_error(
                    f"field-{place}",
                    _("“%(one)s” and “%(two)s” both mean “%(field)s”. Leave one of them out.")
                    % {"one": taken[name], "two": column, "field": labels.of(name)},
                )
            elif name:
                taken[name] = column
            if name in labels.AMOUNTS and not data.get(f"unit-{place}"):
                self.add_error(
                    f"field-{place}",
                    _("“%(column)s” holds money: choose its unit.") % {"column": column},
                )
        return data

    def mapping(self) -> ColumnMapping:
        """Return the mapping chosen; ValidationError names what it lacks."""
        data = self.cleaned_data
        columns, units = {}, {}
        for place, column in self.columns():
            name = data.get(f"field-{place}")
            if name:
                columns[name] = column
                if name in labels.AMOUNTS:
                    units[name] = data[f"unit-{place}"]
        constants = {"year": data["year"]} if data.get("year") and "year" not in columns else {}
        made = imports_mapping.make(
            {
                "columns": columns,
                "units": units,
                "constants": constants,
                "register": bool(data.get("register")),
            },
            kind=self.kind,
        )
        imports_mapping.lay(made, self.kind, self.look.header)
        return made


def field_choices(kind: str) -> list[tuple[str, Any]]:
    """Return what a column may mean, the usual fields first."""
    known = imports_mapping.FIELDS[kind]
    usual = [name for name in imports_mapping.ALIASES if name in known]
    rest = sorted(known - set(usual))
    return [("", _("leave out")), *[(name, labels.of(name)) for name in [*usual, *rest]]]
