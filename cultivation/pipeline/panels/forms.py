"""Forms of panels, rubrics, scores and profiles; what they mean is decided in the domain (表单)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import ExpertTie, PanelPhase, Rubric, RubricLine
from cultivation.pipeline.panels import scoring, setting_up
from cultivation.pipeline.panels.experts import Facts, Tie
from cultivation.pipeline.panels.rubrics import Line
from enterprises.places.models import Industry, ProductDomain, Region
from enterprises.registry.forms.fields import ScaledField, WholeField, narrow
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import ExpertProfile, Panel, PanelTask

STEPS_AS_BUTTONS = 21  # a scale with more steps is typed
HUNDREDTHS = Decimal(100)


class MomentField(forms.DateTimeField):
    """A day with its time, in Beijing time (时刻)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        )
        kwargs.setdefault("input_formats", ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the moment; name the value where it is none."""
        try:
            found = super().to_python(value)
        except (ValidationError, OverflowError):
            raise self._odd(value) from None
        if found and not 2000 <= found.year <= 2100:
            raise self._odd(value)
        return found

    @staticmethod
    def _odd(value: Any) -> ValidationError:
        return ValidationError(
            _("“%(value)s” is not a day with a time. Write it like 2026-03-01 09:00."),
            params={"value": value},
        )


def industry_choices() -> list[tuple[str, str]]:
    """Return the fields of expertise: sections and divisions (行业)."""
    return [(one.code, f"{one.code} {one}") for one in Industry.objects.all()]


def section_choices() -> list[tuple[str, str]]:
    """Return the sections of industry (行业门类)."""
    rows = Industry.objects.filter(is_section=True)
    return [(one.section, f"{one.section} {one}") for one in rows]


class SettingsForm(forms.Form):
    """The numbers and rules of a panel (评审组设置)."""

    name = forms.CharField(label=_("Name of the panel"), max_length=120)
    rubric = forms.ModelChoiceField(label=_("Rubric"), queryset=Rubric.objects.none())
    industries = forms.MultipleChoiceField(
        label=_("Fields"),
        choices=section_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Only cases and experts of these sections; none chosen: all."),
    )
    seats = WholeField(label=_("Experts drawn into the panel"), least=1, most=2000)
    each = WholeField(label=_("Experts a case"), least=1, most=15)
    most = WholeField(label=_("Cases an expert, at most"), least=1, most=5000)
    least = WholeField(
        label=_("Scores a case needs"),
        least=1,
        most=15,
        help_text=_("Where the round owes a panel, the decision waits for so many."),
    )
    line = ScaledField(
        label=_("Score line"),
        required=False,
        scale=HUNDREDTHS,
        most=10_000,
        help_text=_("Out of 100. Advice only: it moves no application."),
    )
    years = WholeField(
        label=_("Years that past ties count"),
        least=0,
        most=30,
        help_text=_("No official number is known; this is a setting of the panel."),
    )
    same_county = forms.BooleanField(
        label=_("Living in the firm's county is a conflict"), required=False
    )
    may_abstain = forms.BooleanField(label=_("Experts may abstain"), required=False)

    def __init__(self, *args: Any, panel: Panel | None = None, tier: str = "", **kw: Any) -> None:
        names = ("name", "rubric", "industries", *setting_up.NUMBERS, "line")
        flags = {"same_county": True, "may_abstain": True, "each": 3, "least": 2, "years": 3}
        if panel is not None:
            flags = {name: getattr(panel, name) for name in (*names, *flags)}
        kw.setdefault("initial", flags)
        super().__init__(*args, **kw)
        published = Rubric.objects.filter(state=Rubric.State.PUBLISHED)
        rubric: Any = self.fields["rubric"]
        rubric.queryset = published.filter(tier__in=["", tier]) if tier else published

    def settings(self) -> setting_up.Settings:
        """Return what was typed."""
        data = dict(self.cleaned_data)
        data["industries"] = tuple(data["industries"])
        return setting_up.Settings(**data)


class PhasesForm(forms.Form):
    """When experts declare, score and discuss, and what they see then (阶段设置)."""

    reason = forms.CharField(
        label=_("Why the days move"),
        required=False,
        max_length=500,
        help_text=_("Owed once the panel is drawn."),
    )

    def __init__(self, *args: Any, panel: Panel, **kw: Any) -> None:
        there = {one.kind: one for one in panel.phases.all()}
        self.drawn = panel.state == panel.State.DRAWN
        super().__init__(*args, **kw)
        for kind in PanelPhase.Kind:
            self._add(kind, there.get(kind))
        if not self.drawn:
            del self.fields["reason"]

    def _add(self, kind: PanelPhase.Kind, row: PanelPhase | None) -> None:
        owed = kind == PanelPhase.Kind.SCORE
        made: dict[str, forms.Field] = {
            "opens_at": MomentField(label=_("Opens"), required=owed, initial=row and row.opens_at),
            "closes_at": MomentField(
                label=_("Closes"), required=owed, initial=row and row.closes_at
            ),
            "hide_firm": forms.BooleanField(
                label=_("The firm is hidden from the experts"),
                required=False,
                initial=row.hide_firm if row else True,
            ),
            "hide_experts": forms.BooleanField(
                label=_("Experts do not see who the others are"),
                required=False,
                initial=row.hide_experts if row else True,
            ),
            "others": forms.ChoiceField(
                label=_("They see others' scores"),
                choices=PanelPhase.Others.choices,
                initial=row.others if row else PanelPhase.Others.NEVER,
            ),
        }
        for name, field in made.items():
            if self.drawn and name not in {"opens_at", "closes_at"}:
                field.disabled = True
            self.fields[f"{kind}_{name}"] = field

    def groups(self) -> list[tuple[str, list[Any]]]:
        """Return the fields by phase."""
        names = ("opens_at", "closes_at", "hide_firm", "hide_experts", "others")
        return [
            (str(kind.label), [self[f"{kind}_{name}"] for name in names])
            for kind in PanelPhase.Kind
        ]

    def clean(self) -> dict[str, Any]:
        """Name a phase of which only one end is stated."""
        data = super().clean() or {}
        for kind in PanelPhase.Kind:
            ends = [data.get(f"{kind}_{end}") for end in ("opens_at", "closes_at")]
            if any(ends) and not all(ends) and not self.errors:
                self.add_error(f"{kind}_closes_at", _("State both ends of the phase, or none."))
        return data

    def phases(self) -> list[setting_up.Phase]:
        """Return the phases that were stated."""
        data = self.cleaned_data
        return [
            setting_up.Phase(
                str(kind),
                data[f"{kind}_opens_at"],
                data[f"{kind}_closes_at"],
                data[f"{kind}_hide_firm"],
                data[f"{kind}_hide_experts"],
                data[f"{kind}_others"],
            )
            for kind in PanelPhase.Kind
            if data[f"{kind}_opens_at"]
        ]

    def place(self, field: str) -> str:
        """Return the field beside which a refusal of a phase stands."""
        return f"{field}_opens_at" if field in PanelPhase.Kind.values else field


class DrawForm(forms.Form):
    """The draw, with what a witness calls (抽取)."""

    word = forms.CharField(
        label=_("Word of a witness"),
        required=False,
        max_length=80,
        help_text=_(
            "A number or word that somebody outside calls now, such as the last drawn lottery "
            "number. It goes into the draw, so that not even who runs this system could know the "
            "outcome before."
        ),
    )


class ReasonForm(forms.Form):
    """Why a step is taken."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReleaseForm(forms.Form):
    """What experts get of a document (材料公开)."""

    release = forms.ChoiceField(label=_("Experts get it"), choices=[])
    copy = forms.FileField(label=_("Redacted copy"), required=False)

    def __init__(self, *args: Any, **kw: Any) -> None:
        from cultivation.pipeline.models import CaseDocument

        super().__init__(*args, **kw)
        choice: Any = self.fields["release"]
        choice.choices = CaseDocument.Release.choices


class DeclareForm(forms.Form):
    """Whether a conflict of interest is known (利益冲突申明)."""

    conflict = forms.ChoiceField(
        label=_("Is there a conflict of interest with this case?"),
        choices=[
            ("no", _("I know of none")),
            ("yes", _("There is one, or I recognise the firm and there may be one")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("What it is"),
        required=False,
        max_length=1000,
        help_text=_("Owed with a conflict. Only the office that holds the panel reads it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    true = forms.BooleanField(label=_("This declaration is true to the best of my knowledge."))


class ScoreForm(forms.Form):
    """The scores of a case, line by line (评分)."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    remark = forms.CharField(
        label=_("Overall remark"),
        required=False,
        max_length=scoring.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, task: PanelTask, lines: Sequence[RubricLine], **kw: Any) -> None:
        self.lines = lines
        first: dict[str, Any] = {"version": task.version, "remark": task.remark}
        for line in lines:
            said = task.scores.get(line.key, {})
            first[f"v{line.key}"] = said.get("value")
            first[f"c{line.key}"] = said.get("comment", "")
        kw["initial"] = first
        super().__init__(*args, **kw)
        for line in lines:
            self.fields[f"v{line.key}"] = _value_field(line)
            self.fields[f"c{line.key}"] = forms.CharField(
                label=_("Comment"),
                required=False,
                max_length=scoring.LONGEST,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def sheet(self) -> scoring.Sheet:
        """Return what was typed."""
        data = self.cleaned_data
        scores = {
            line.key: {"value": data[f"v{line.key}"], "comment": data[f"c{line.key}"]}
            for line in self.lines
        }
        return scoring.Sheet(scores, data["remark"])


def _value_field(line: RubricLine) -> forms.Field:
    steps = range(line.low, line.high + 1, line.step)
    field = WholeField(label=_("Score"), required=False, least=0, most=1000)
    if len(steps) <= STEPS_AS_BUTTONS:
        field.widget = forms.RadioSelect(choices=[(str(one), str(one)) for one in steps])
        field.widget.is_required = False
    return field


class RemarkForm(forms.Form):
    """Something said to the others on a case (讨论发言)."""

    text = forms.CharField(
        label=_("Your remark"),
        max_length=scoring.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ProfileForm(forms.Form):
    """An expert's fields, county and availability (专家档案)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    industries = forms.MultipleChoiceField(
        label=_("Fields of expertise"),
        choices=industry_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Several with Ctrl or ⌘."),
    )
    domains = forms.MultipleChoiceField(
        label=_("Product fields"),
        required=False,
        choices=lambda: [(one.code, str(one)) for one in ProductDomain.objects.all()],
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    county = forms.CharField(
        label=_("County or district where you live"),
        required=False,
        max_length=60,
        help_text=_("Its name or six-digit code. Firms registered there are not put before you."),
    )
    available = forms.BooleanField(label=_("I can be drawn into panels at present"), required=False)

    def __init__(self, *args: Any, profile: ExpertProfile, **kw: Any) -> None:
        county = profile.county
        kw.setdefault(
            "initial",
            {
                "version": profile.version,
                "industries": profile.industries,
                "domains": profile.domains,
                "county": f"{county.code} {county}" if county else "",
                "available": profile.available,
            },
        )
        super().__init__(*args, **kw)

    def clean_county(self) -> Region | None:
        """Return the county of a name or code; name those that bear the name where several do."""
        typed = narrow(self.cleaned_data["county"])
        if not typed:
            return None
        counties = Region.objects.filter(level=Region.Level.COUNTY, in_use=True)
        code, _blank, _name = typed.partition(" ")
        rows = list(counties.filter(code=code)) or list(counties.filter(name_zh=typed)[:9])
        if len(rows) == 1:
            return rows[0]
        if not rows:
            raise ValidationError(
                _("No county or district is called “%(value)s”. Use its full name or its code."),
                params={"value": typed},
            )
        named = ", ".join(f"{one.code} {one.parent or ''}" for one in rows)
        raise ValidationError(
            _("Several are called “%(value)s”; write the code: %(named)s."),
            params={"value": typed, "named": named},
        )

    def facts(self) -> Facts:
        """Return what was typed."""
        data = self.cleaned_data
        return Facts(
            tuple(data["industries"]), tuple(data["domains"]), data["county"], data["available"]
        )


class TieForm(forms.Form):
    """A tie to a firm or institution (利益关系)."""

    kind = forms.ChoiceField(label=_("What the tie is"), choices=ExpertTie.Kind.choices)
    name = forms.CharField(label=_("Firm or institution"), max_length=200)
    code = forms.CharField(
        label=_("Credit code"),
        required=False,
        max_length=40,
        help_text=_("With it the firm is found under any name."),
    )
    since = WholeField(label=_("Since (year)"), required=False, least=0, most=9999)
    until = WholeField(
        label=_("Until (year)"),
        required=False,
        least=0,
        most=9999,
        help_text=_("Left empty: still so."),
    )

    def tie(self) -> Tie:
        """Return what was typed."""
        data = self.cleaned_data
        return Tie(data["kind"], data["name"], data["code"], data["since"], data["until"])


class EndTieForm(forms.Form):
    """The year in which a tie ended."""

    until = WholeField(label=_("Ended in (year)"), least=0, most=9999)


class CheckForm(forms.Form):
    """The office's word on a profile (核验)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    note = forms.CharField(
        label=_("What has to be mended"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RubricForm(forms.Form):
    """The head of a rubric (评分表)."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    tier = forms.ChoiceField(
        label=_("Tier"), required=False, choices=lambda: [("", _("any tier")), *Tier.choices]
    )
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=120)
    title_en = forms.CharField(label=_("Title in English"), max_length=160, required=False)
    source = forms.CharField(label=_("Source"), max_length=200, required=False)


class LineForm(forms.Form):
    """A line of a rubric (评分项)."""

    label_zh = forms.CharField(label=_("Label in Chinese"), max_length=120, required=False)
    label_en = forms.CharField(label=_("Label in English"), max_length=160, required=False)
    weight = ScaledField(
        label=_("Weight in per cent"), required=False, scale=HUNDREDTHS, most=10_000
    )
    criteria = forms.CharField(
        label=_("Criteria that bear on it"),
        required=False,
        max_length=300,
        help_text=_("Codes with * for any ending, parted by blanks."),
    )
    low = WholeField(label=_("Lowest"), required=False, most=1000)
    high = WholeField(label=_("Highest"), required=False, most=1000)
    step = WholeField(label=_("Step"), required=False, most=1000)
    comment = forms.ChoiceField(
        label=_("Comment"), choices=RubricLine.Comment.choices, required=False
    )
    anchors = forms.CharField(
        label=_("Anchors in words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: score | Chinese | English."),
    )

    def clean_anchors(self) -> tuple[tuple[int, str, str], ...]:
        """Return the anchors; name the line that is not one."""
        found = []
        for text in self.cleaned_data["anchors"].splitlines():
            if not text.strip():
                continue
            score, zh, en = ([part.strip() for part in text.split("|")] + ["", ""])[:3]
            if not (score.isascii() and score.isdigit() and len(score) < 5 and zh):
                raise ValidationError(
                    _("“%(value)s” is no anchor. Write it like: 8 | 领先 | leading."),
                    params={"value": text},
                )
            found.append((int(score), zh, en))
        return tuple(found)

    def line(self) -> Line | None:
        """Return what was typed; nothing where the line was left empty."""
        data = self.cleaned_data
        if not data.get("label_zh") and not data.get("weight"):
            return None
        return Line(
            data["label_zh"], data["label_en"], data["weight"] or 0,
            tuple(data["criteria"].split()), _or(data["low"], 0), _or(data["high"], 10),
            _or(data["step"], 1), data["anchors"], data["comment"] or RubricLine.Comment.EDGES,
        )  # fmt: skip


LineForms = forms.formset_factory(LineForm, extra=3, max_num=33, absolute_max=40)


def line_initial(line: Line) -> dict[str, Any]:
    """Return a line as its form shows it."""
    return {
        "label_zh": line.label_zh, "label_en": line.label_en, "weight": line.weight,
        "criteria": " ".join(line.criteria), "low": line.low, "high": line.high,
        "step": line.step, "comment": line.comment,
        "anchors": "\n".join(f"{at} | {zh} | {en}" for at, zh, en in line.anchors),
    }  # fmt: skip


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
