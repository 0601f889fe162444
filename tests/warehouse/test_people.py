"""The personnel system's numbers against what the generator planted, and against its files."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

import pytest

from warehouse.office import office_client, planted_rules, two_hours
from warehouse.retailer import Retailer, Run, planted_in

pytestmark = pytest.mark.slow

MORNING = two_hours("2026-01-15T06:00")
#: One row an employee as the file says it last, without those that `validate` takes out.
EMPLOYEES = """(
    from '{files}'
    qualify row_number() over (partition by employee_id order by updated_at desc) = 1
)
where hired_on <= updated_at::date and (left_on is null or left_on >= hired_on)
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return Retailer(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def people(office: Retailer) -> Run:
    return office.run(office_client("people", ["hr"]), MORNING)


@pytest.fixture(scope="module")
def employees(office: Retailer) -> str:
    return EMPLOYEES.format(files=f"{office.settings.samples}/people/hr/employees/*.csv")


def test_every_rule_counts_what_was_planted(people: Run) -> None:
    planted = planted_in([people])["employees"]
    expected = planted_rules(
        [people],
        "hr",
        {
            "hr_email_is_valid": planted["keys"] - planted["hr_employee_has_email"],
            "hr_employee_has_manager": planted["keys"] - planted["without_manager"],
        },
    )
    assert people.rules == expected
    assert len(expected) == 10
    assert all(failing > 0 for _, failing in expected.values())


def test_every_gate_passes_with_scores_just_above_the_threshold(people: Run) -> None:
    for layer in ("bronze", "silver", "gold"):
        assert people.verdict(layer).passed, str(people.verdict(layer))
    gates = {rule.rule: rule.score or 0 for rule in people.verdict("silver").rules if rule.gates}
    assert min(gates, key=lambda rule: gates[rule]) == "hr_employee_has_department"
    assert 0.99 <= gates["hr_employee_has_department"] < 0.9925
    assert all(score < 1 for score in gates.values())


@pytest.mark.soak
def test_more_defects_are_stopped_by_the_silver_gate_with_their_rule(office: Retailer) -> None:
    careless = office.run(office_client("careless", ["hr"]), MORNING, defects=2)
    assert [rule.rule for rule in careless.verdict("silver").breaches] == ["hr_employee_has_department"]


def test_every_row_is_kept_replaced_or_in_quarantine(people: Run) -> None:
    planted = planted_in([people])["employees"]
    out = planted["hr_employee_left_after_hired"] + planted["hr_employee_is_not_from_the_future"]
    told = people.query(
        "select landed_rows, kept_rows, quarantined_rows, replaced_rows from {gold}.run_summary_hr "
        "where entity = 'employees'"
    )
    keys, rows = planted["keys"], planted["rows"]
    assert told == [(rows, keys - out, out, rows - keys)]


def test_what_came_untidy_is_tidy(people: Run) -> None:
    untidy = (
        "department_code <> upper(trim(department_code)) or employment_type <> lower(employment_type) "
        "or employment_type like '%-%' or email <> lower(trim(email)) or job_title = ''"
    )
    assert people.query(f"select count(*) from {{silver}}.validate_hr__employees where {untidy}") == [(0,)]
    landed = people.query(f"select count(*) from {{bronze}}.bronze_hr__employees where {untidy}")
    assert landed > [(0,)]


def test_the_headcount_of_every_month_is_what_the_file_says(people: Run, employees: str) -> None:
    gold = "select month_start, headcount from {gold}.people_attrition where month_start < date '2026-01-01'"
    told = people.query(f"{gold} order by all")
    counted = people.query(
        f"""
        with months as (
            select month_start, month_start + interval 1 month as ended_on from {{gold}}.people_attrition
        )
        select
            month_start,
            (
                select count(*) from {employees}
                    and hired_on < ended_on and (left_on is null or left_on >= ended_on)
            )
        from months
        where month_start < date '2026-01-01'
        order by all
        """
    )
    assert told == counted
    assert told[0][0].isoformat() == "2012-01-01"
    assert len(told) == 14 * 12


def test_departments_add_up_to_everybody_who_works_here(people: Run, employees: str) -> None:
    here = people.query(
        f"select count(*) from {employees} and (left_on is null or left_on > date '2026-01-15')"
    )
    for model, condition in (
        ("people_headcount", "month_start = date '2026-01-01'"),
        ("people_tenure", "1 = 1"),
        ("people_attrition", "month_start = date '2026-01-01'"),
    ):
        assert people.query(f"select sum(headcount) from {{gold}}.{model} where {condition}") == here, model
    assert here == people.query("select count(*) from {gold}.people_employees where is_employed = 1")


def test_attrition_is_a_years_leavers_by_its_average_headcount(people: Run, employees: str) -> None:
    leavers = people.query(
        f"select count(*) from {employees} and left_on >= date '2025-01-01' and left_on < date '2026-01-01'"
    )[0][0]
    months = people.query("select headcount from {gold}.people_attrition where year(month_start) = 2025")
    average = sum(headcount for (headcount,) in months) / 12
    told = people.query(
        "select leavers_of_12_months, attrition_rate from {gold}.people_attrition "
        "where month_start = date '2025-12-01'"
    )[0]
    assert told[0] == leavers
    assert float(told[1]) == pytest.approx(leavers / average, abs=0.0001)
    assert 0.1 < told[1] < 0.3


@pytest.mark.soak
def test_without_clean_and_normalize_the_headcount_still_adds_up(office: Retailer) -> None:
    bare = office.run(office_client("bare", ["hr"], ("enrich", "aggregate")), MORNING)
    planted = planted_in([bare])["employees"]
    keys, rows = planted["keys"], planted["rows"]
    population, repeated = bare.rules["hr_employee_key_is_unique"]
    assert (population, rows - keys < (repeated or 0) <= 2 * (rows - keys)) == (rows, True)
    assert bare.query("select count(*) from {gold}.people_employees") == [(keys,)]
    assert bare.query("select sum(headcount) from {gold}.people_tenure") == bare.query(
        "select sum(is_employed) from {gold}.people_employees"
    )


@pytest.mark.soak
def test_running_the_interval_again_leaves_the_same_rows(office: Retailer, people: Run) -> None:
    before = people.contents()
    assert office.run(people.plan.client, MORNING).contents() == before
