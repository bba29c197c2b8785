from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from cultivation.digital import maturity
from cultivation.digital.assessing import drafting, rules
from cultivation.digital.assessing.sheet import Sheet
from cultivation.digital.models import AssessmentDraft, LevelRule, MaturityAssessment
from cultivation.pipeline.filling.saving import State, Wish
from enterprises.audit.models import AuditRecord
from tests.digital.conftest import TODAY, answers, assess

SELF, ON_SITE = "self_declared", "on_site"
GIVEN = answers({1: "BCDE", 2: "E", 3: "E"}, [1] * 6 + [0] * 10)


@pytest.fixture
def begun(firm, seated):
    """Give a firm whose owner began a draft from answers of last year."""
    one = firm()
    owner = seated("owner", of=one)
    last = assess(one, 1, way=SELF, answers=GIVEN, assessed_on=dt.date(2025, 6, 1))
    return one, owner, last, drafting.begin(one, way=SELF, by=owner)


def keep(draft, by, subject, value, *, seen=None, save_id=""):
    mark = Sheet(draft).mark(subject) if seen is None else seen
    return drafting.keep(draft, [Wish(subject, value, mark)], by=by, save_id=save_id)[subject]


def test_a_draft_begins_with_last_years_answers_and_is_there_once(begun) -> None:
    one, owner, last, draft = begun
    sheet = Sheet(draft)
    assert sheet.answers == GIVEN
    assert (draft.before, sheet.value("d:assessed_on"), sheet.missing()) == (last, str(TODAY), [])
    assert drafting.begin(one, way=SELF, by=owner) == draft
    assert AssessmentDraft.objects.count() == 1


def test_a_save_names_its_version_and_a_second_hand_overwrites_nothing(begun, seated) -> None:
    one, owner, _last, draft = begun
    editor = seated("editor", of=one)
    seen = Sheet(draft).mark("q:2")
    assert keep(draft, owner, "q:2", ["C"]).state == State.SAVED
    stale = keep(AssessmentDraft.objects.get(), editor, "q:2", ["D"], seen=seen)
    assert (stale.state, stale.value, stale.by) == (State.CLASH, ["C"], str(owner))
    other = keep(AssessmentDraft.objects.get(), editor, "s:1", 3)
    assert other.state == State.SAVED
    draft = AssessmentDraft.objects.get()
    assert (draft.values["q:2"], draft.values["s:1"], draft.version) == (["C"], 3, 3)


def test_a_save_sent_twice_is_one_even_after_another_hand(begun) -> None:
    _one, owner, _last, draft = begun
    seen = Sheet(draft).mark("q:2")
    first = keep(draft, owner, "q:2", ["C"], save_id="abc")
    keep(draft, owner, "q:2", ["D"], save_id="def")
    again = keep(draft, owner, "q:2", ["C"], seen=seen, save_id="abc")
    assert (again.state, again.mark, again.value) == (State.SAVED, first.mark, ["D"])
    assert AssessmentDraft.objects.get().version == 3


def test_a_field_that_is_not_there_is_refused(begun) -> None:
    _one, owner, _last, draft = begun
    for name in ("q:16", "s:0", "f:q:1", "d:assessor", "x"):
        assert keep(draft, owner, name, "1", seen="").state == State.REFUSED


def test_what_is_handed_in_is_an_assessment_and_the_draft_is_gone(begun) -> None:
    one, owner, last, draft = begun
    keep(draft, owner, "s:7", 2)
    row = drafting.submit(draft, by=owner, version=draft.version, pledged=True)
    assert (row.way, row.level, row.assessed_on) == (SELF, 1, TODAY)
    assert row.answers["scenarios"]["7"] == 2
    assert row.parts == [20_000, 0, 0, 4, 4, 0, 0]
    assert not AssessmentDraft.objects.exists()
    last.refresh_from_db()
    assert last.answers == GIVEN
    one.refresh_from_db()
    assert one.digital_level == 1
    with pytest.raises(ValidationError, match="handed in or given up"):
        keep(draft, owner, "s:7", 3)


@pytest.mark.parametrize(
    ("subject", "value", "pledged", "message"),
    [
        ("q:4", None, True, "4. Data collection: not answered"),
        ("s:16", None, True, "Decision support: not answered"),
        ("d:assessed_on", None, True, "Day of the assessment"),
        ("d:assessed_on", "2026-07-01", True, "The day of the assessment lies in the future."),
        ("s:1", 2, False, "Pledge that the answers are true, then hand it in."),
    ],
)
def test_a_draft_that_is_not_complete_or_not_pledged_stays(
    begun, subject, value, pledged, message
) -> None:
    _one, owner, _last, draft = begun
    keep(draft, owner, subject, value)
    with pytest.raises(ValidationError) as refusal:
        drafting.submit(draft, by=owner, version=draft.version, pledged=pledged)
    assert refusal.value.messages == [message]
    assert MaturityAssessment.objects.count() == 1
    assert AssessmentDraft.objects.count() == 1


def test_what_somebody_changed_since_the_last_look_is_not_handed_in(begun) -> None:
    _one, owner, _last, draft = begun
    looked_at = draft.version
    keep(draft, owner, "s:1", 4)
    with pytest.raises(ValidationError, match="Somebody changed the answers"):
        drafting.submit(draft, by=owner, version=looked_at, pledged=True)


def test_strangers_and_officers_have_no_part_in_a_self_assessment(begun, firm, seated) -> None:
    one, _owner, _last, draft = begun
    for user in (
        seated("owner", of=firm()),
        seated("county", code="440106"),
        seated("auditor", code="000000"),
    ):
        for deed in (
            lambda by: keep(draft, by, "s:1", 4),
            lambda by: drafting.submit(draft, by=by, version=1, pledged=True),
            lambda by: drafting.discard(draft, by=by),
            lambda by: drafting.begin(one, way=SELF, by=by),
        ):
            with pytest.raises(PermissionDenied):
                deed(user)


def test_an_officer_holds_each_answer_against_the_declared_one(begun, seated) -> None:
    one, _owner, last, _draft = begun
    officer = seated("county", code="440106")
    draft = drafting.begin(one, way=ON_SITE, by=officer, from_declared=True)
    keep(draft, officer, "d:assessor", "评定中心（虚构）")
    assert len(Sheet(draft).missing()) == 31
    for step in Sheet(draft).steps:
        drafting.agree_rest(draft, step.key, by=officer)
    assert Sheet(draft).missing() == []
    keep(draft, officer, "s:1", 0)
    assert [text for _s, _n, text in Sheet(draft).missing()] == [
        "Product design: marked as agreeing, but the answer is another one"
    ]
    keep(draft, officer, "f:s:1", "differs")
    keep(draft, officer, "r:s:1", "no such tool")
    row = drafting.submit(draft, by=officer, version=draft.version)
    assert (row.way, row.declared, row.level) == (ON_SITE, last, 0)
    assert row.findings["s:1"] == ["differs", "no such tool"]
    assert [found for found, _remark in row.findings.values()].count("agree") == 30
    one.refresh_from_db()
    assert one.digital_level == 0


def test_on_site_nothing_can_be_held_against_answers_that_were_not_declared(firm, seated) -> None:
    with pytest.raises(ValidationError, match="has declared no answers"):
        drafting.begin(firm(), way=ON_SITE, by=seated("county", code="440106"), from_declared=True)


def levels(**first) -> dict[int, dict[str, int]]:
    kept = {
        level.no: {"points": level.points, "scenarios": level.scenarios, "binding": level.binding}
        for level in rules.levels_of(None, 2024)
    }
    kept[1] |= first
    return kept


def issue(by, **changes):
    given = {"thresholds": levels(), "in_force_from": TODAY, "source": "official", "verified": True}
    given |= changes
    return rules.issue(2024, given.pop("thresholds"), by=by, **given)


def test_a_new_threshold_leaves_past_levels_and_judges_those_from_its_day(firm, seated) -> None:
    one, officer = firm(), seated("county", code="440106")
    given = {
        "way": ON_SITE,
        "index_version": 2024,
        "answers": GIVEN,
        "assessor": "x",
        "by": officer,
    }
    old = maturity.record(one, assessed_on=dt.date(2026, 6, 1), **given)
    made = issue(
        seated("nation", code="000000", may_decide=True),
        thresholds=levels(points=20_001),
        in_force_from=dt.date(2026, 6, 15),
    )
    rules.load()
    late = maturity.record(one, assessed_on=dt.date(2026, 6, 14), **given)
    new = maturity.record(one, assessed_on=TODAY, **given)
    old.refresh_from_db()
    assert [(row.level, row.rule.number) for row in (old, late, new)] == [(1, 1), (1, 1), (0, 2)]
    assert made.number == 2
    assert LevelRule.objects.get(index_version=2024, number=1).verified is False


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thresholds": levels(points=40_000)}, "The points of the levels rise"),
        ({"thresholds": levels(points=0)}, "Level 1: points lie above 0"),
        ({"thresholds": levels(binding=7)}, "Level 1: at most 16 scenarios"),
        ({"thresholds": levels(scenarios=17)}, "Level 1: at most 16 scenarios"),
        ({"in_force_from": dt.date(1, 1, 1)}, "its thresholds cannot be older"),
        ({"source": " "}, "Say where the thresholds were read."),
    ],
)
def test_thresholds_that_cannot_be_are_refused(places, seated, changes, message) -> None:
    with pytest.raises(ValidationError, match=message):
        issue(seated("nation", code="000000", may_decide=True), **changes)
    assert LevelRule.objects.count() == 2


def test_only_deciding_officers_of_the_nation_issue_thresholds(places, seated) -> None:
    for user in (
        seated("nation", code="000000", may_decide=False),
        seated("province", code="440000", may_decide=True),
    ):
        with pytest.raises(PermissionDenied):
            issue(user)


@pytest.mark.parametrize("looks", [1, 2])
def test_a_draft_begun_by_two_at_once_is_one(firm, seated, looks) -> None:
    one = firm()
    owner, editor, left = seated("owner", of=one), seated("editor", of=one), [looks]

    def rival(execute, sql, params, many, context):
        """Let somebody else begin just after the draft was looked for."""
        found = execute(sql, params, many, context)
        if sql.startswith("SELECT") and 'FROM "digital_assessmentdraft"' in sql:
            left[0] -= 1
            if not left[0]:
                AssessmentDraft.objects.create(enterprise=one, way=SELF, made_by=editor)
        return found

    with connection.execute_wrapper(rival):
        found = drafting.begin(one, way=SELF, by=owner)
    assert (found, found.made_by) == (AssessmentDraft.objects.get(), editor)
    assert not AuditRecord.objects.filter(action="maturity.draft_begun").exists()


def test_an_office_seat_without_the_right_assesses_nothing(firm, seated) -> None:
    one, reader = firm(), seated("county", code="440106", may_review=False)
    with pytest.raises(PermissionDenied):
        drafting.begin(one, way=ON_SITE, by=reader)
    with pytest.raises(PermissionDenied):
        maturity.record(
            one,
            way=ON_SITE,
            index_version=2024,
            level=2,
            assessed_on=TODAY,
            by=reader,
            assessor="x",
        )


def test_an_answer_in_another_order_agrees(firm, seated) -> None:
    one, officer = firm(), seated("county", code="440106")
    mixed = {**GIVEN, "questions": {**GIVEN["questions"], "1": ["E", "B", "D", "C"]}}
    assess(one, 1, way=SELF, answers=mixed)
    draft = drafting.begin(one, way=ON_SITE, by=officer, from_declared=True)
    keep(draft, officer, "q:1", ["B", "C", "D", "E"])
    assert drafting.agree_rest(draft, "foundation", by=officer) == 7
    assert [name for _step, name, _text in Sheet(draft).missing() if name == "q:1"] == []


def test_a_draft_says_what_is_wrong_with_its_days(begun) -> None:
    _one, owner, _last, draft = begun
    keep(draft, owner, "d:valid_to", "2026-06-30")
    keep(draft, owner, "d:assessed_on", "2026-07-01")
    assert Sheet(draft).missing() == [
        ("details", "d:assessed_on", "The day of the assessment lies in the future."),
        ("details", "d:valid_to", "The assessment would expire before it was made."),
    ]
