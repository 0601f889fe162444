"""The app's numbers against what the generator planted, and against its files."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from medallion.clients import Client, client_from_dict
from medallion.interval import Interval
from medallion.transform.manifest import manifest_for
from medallion.transform.runner import dbt_runner
from warehouse.retailer import Retailer, Run, planted_in

pytestmark = pytest.mark.slow

SOURCES = ("app_events", "user_data")
ALL = ("clean", "normalize", "enrich", "validate", "aggregate")
DETAIL = {"engagement_events", "engagement_users"}
AGGREGATED = {
    "engagement_daily_activity",
    "engagement_daily_revenue",
    "engagement_funnel",
    "engagement_retention",
    "engagement_weekly_activity",
}
NEED_STEPS = {  # rules of columns that only these steps add or make comparable
    "app_events_event_has_user": "enrich",
    "user_data_user_has_plan": "enrich",
    "user_data_country_is_known": "normalize",
}
QUARANTINING = {
    "app_events_amount_is_positive",
    "app_events_event_is_not_from_the_future",
    "app_events_event_name_is_known",
    "user_data_user_is_not_from_the_future",
}


def day(start: str) -> Interval:
    begin = datetime.fromisoformat(f"{start}T00:00+00:00")
    return Interval(begin, begin + timedelta(days=1))


THURSDAY, FRIDAY = day("2026-01-15"), day("2026-01-16")


def app_client(
    client_id: str, steps: tuple[str, ...], sources: tuple[str, ...] = SOURCES, threshold: float = 0.85
) -> Client:
    return client_from_dict(
        client_id,
        {
            "description": "An app",
            "schedule_interval": timedelta(days=1),
            "data_sources": list(sources),
            "transformations": list(steps),
            "destination": "data_warehouse",
            "business_rules": {"data_retention_days": 90, "quality_threshold": threshold},
        },
    )


def app_rules(runs: list[Run]) -> dict[str, tuple[int, int]]:
    """Population and failing rows of each rule that the runs' client has, as planted.

    With `clean` the rows are the keys; without it every row counts, and a key that is there twice
    fails twice.
    """
    planted = planted_in(runs)
    steps = runs[-1].plan.shape.transformations
    rows = "keys" if "clean" in steps else "rows"
    events, users = planted["events"], planted["users"]
    expected = {
        rule: (counts[rows], count)
        for counts in (events, users)
        for rule, count in counts.items()
        if rule.startswith(SOURCES) and NEED_STEPS.get(rule, "validate") in steps
    }
    if "clean" in steps:
        del expected["app_events_event_key_is_unique"], expected["user_data_user_key_is_unique"]
    return expected


def populated_rules(app: Retailer, runs: list[Run]) -> dict[str, tuple[int, int]]:
    """The same, for rules that are about some of the rows, too."""
    expected = app_rules(runs)
    less = {
        "user_data_email_is_valid": "user_data_user_has_email",
        "app_events_event_has_user": "app_events_event_names_user",
    }
    for rule, other in less.items():
        if rule in expected:
            population, failing = expected[rule]
            expected[rule] = (population - expected[other][1], failing)
    bought = purchases(app, runs)
    for rule in ("app_events_amount_is_positive", "app_events_currency_is_known"):
        expected[rule] = (bought, expected[rule][1])
    return expected


def purchases(app: Retailer, runs: list[Run]) -> int:
    """How many purchases the files of the runs hold: each once where the client lists `clean`."""
    plan = runs[-1].plan
    files = [
        f"{app.settings.samples}/{plan.client.id}/app_events/events/{run.planted[0].interval}.jsonl"
        for run in runs
    ]
    counted = "distinct event_id" if "clean" in plan.shape.transformations else "*"
    sql = f"select count({counted}) from read_json({files}) where event_name = 'purchase'"
    return int(duckdb.sql(sql).fetchall()[0][0])


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return Retailer(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def runs(app: Retailer) -> list[Run]:
    """Two days of startup_inc, one after the other."""
    client = app.catalog.clients["startup_inc"]
    return [app.run(client, interval) for interval in (THURSDAY, FRIDAY)]


@pytest.fixture(scope="module")
def two_days(runs: list[Run]) -> Run:
    return runs[-1]


@pytest.fixture(scope="module")
def full(app: Retailer) -> Run:
    return app.run(app_client("full", ALL, threshold=0.95), THURSDAY)


def test_every_rule_counts_what_was_planted_without_clean(app: Retailer, runs: list[Run]) -> None:
    for number, run in enumerate(runs, start=1):
        expected = populated_rules(app, runs[:number])
        again = sum(one.planted[0].counts["events"]["corrected_keys"] for one in runs[1:number])
        population, failing = expected["app_events_event_key_is_unique"]
        expected["app_events_event_key_is_unique"] = (population, failing + 2 * again)
        assert run.rules == expected
        assert all(failing > 0 for _, failing in expected.values())


def test_every_rule_counts_what_was_planted_with_all_steps(app: Retailer, full: Run) -> None:
    expected = populated_rules(app, [full])
    assert full.rules == expected
    assert len(expected) == 15
    assert all(failing > 0 for _, failing in expected.values())


@pytest.mark.parametrize(("name", "threshold"), [("two_days", 0.85), ("full", 0.95)])
def test_every_gate_passes_with_scores_just_above_the_threshold(
    request: pytest.FixtureRequest, name: str, threshold: float
) -> None:
    run: Run = request.getfixturevalue(name)
    for layer in ("bronze", "silver", "gold"):
        assert run.verdict(layer).passed, str(run.verdict(layer))
    gates = {rule.rule: rule.score for rule in run.verdict("silver").rules if rule.gates}
    lowest = sorted(gates, key=lambda rule: gates[rule])[:2]
    assert set(lowest) == {"app_events_event_name_is_known", "user_data_user_has_email"}
    assert threshold <= gates[lowest[0]] < threshold + (1 - threshold) / 5


def test_the_report_rule_does_not_gate(two_days: Run) -> None:
    assert [rule.rule for rule in two_days.verdict("silver").rules if not rule.gates] == [
        "app_events_event_names_user"
    ]


@pytest.mark.soak
def test_more_defects_are_stopped_by_the_silver_gate_with_their_rules(app: Retailer) -> None:
    careless = app.run(app_client("careless", ("validate", "aggregate")), THURSDAY, defects=2)
    verdict = careless.verdict("silver")
    assert not verdict.passed
    assert [rule.rule for rule in verdict.breaches] == [
        "app_events_event_name_is_known",
        "user_data_user_has_email",
    ]


def test_each_quarantine_rule_takes_out_the_rows_it_counts(full: Run) -> None:
    taken = dict(
        full.query(
            " union all ".join(
                f"select unnest(string_split(_broken_rules, ',')) as broken, count(*) "
                f"from {{silver}}.quarantine_{entity} group by broken"
                for entity in ("app_events__events", "user_data__users")
            )
        )
    )
    assert taken == {rule: full.rules[rule][1] for rule in QUARANTINING}


def test_what_came_untidy_is_tidy_where_the_client_asks_for_it(full: Run, two_days: Run) -> None:
    tidy = {
        "app_events__events": "platform <> lower(trim(platform)) or currency_code like ' %'",
        "user_data__users": "email <> lower(trim(email)) or country_code like 'GERMANY%'",
    }
    for entity, untidy in tidy.items():
        assert full.query(f"select count(*) from {{silver}}.normalize_{entity} where {untidy}") == [(0,)]
        assert two_days.query(f"select count(*) from {{silver}}.validate_{entity} where {untidy}") > [(0,)]


def test_every_unit_test_of_the_models_passes(
    app: Retailer, full: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = str(app.settings.dbt_project)
    monkeypatch.setenv("MEDALLION_DUCKDB_PATH", str(full.path))
    variables = {
        "client": "full",
        "sources": list(full.plan.shape.sources),
        "transformations": list(full.plan.shape.transformations),
        "landing": str(app.settings.landing),
    }
    manifest = manifest_for(app.settings, full.plan.shape, full.plan.manifest, "full")
    tested = dbt_runner(manifest).invoke(
        [
            *("test", "--select", "test_type:unit", "--vars", json.dumps(variables)),
            *("--project-dir", project, "--profiles-dir", project, "--target-path", str(tmp_path)),
            *("--log-path", str(tmp_path), "--log-level", "none", "--quiet"),
        ]
    )
    ran = [result for result in tested.result.results if result.node.resource_type == "unit_test"]
    outcomes = {result.node.name: str(result.status) for result in ran}
    assert len(outcomes) == 8
    assert set(outcomes.values()) == {"pass"}, outcomes


def test_gold_holds_detail_and_aggregated_marts_that_add_up(two_days: Run) -> None:
    assert set(two_days.plan.marts) == DETAIL | AGGREGATED | {f"run_summary_{name}" for name in SOURCES}
    agreed = [
        row.status for node, row in two_days.rows.items() if ".engagement_" in node and "_up_to_" in node
    ]
    assert agreed == ["pass"] * 3


def sound_events(app: Retailer, client_id: str) -> str:
    """Each event of the files once, without those that `validate` takes out."""
    files = f"{app.settings.samples}/{client_id}/app_events/events/*.jsonl"
    return f"""
        select
            event_id, nullif(trim(user_id), '') as user_id, event_name, upper(trim(currency)) as currency,
            amount::decimal(10, 2) as amount, occurred_at::timestamp::date as day
        from '{files}'
        where event_name not like 'tap%' and occurred_at <= received_at and coalesce(amount, 1) > 0
        qualify row_number() over (partition by event_id order by received_at desc) = 1
    """


def test_active_users_are_those_of_the_files(app: Retailer, two_days: Run) -> None:
    counted = two_days.query(
        f"""
        with events as ({sound_events(app, "startup_inc")})
        select
            day,
            count(*),
            count(distinct user_id),
            (
                select count(distinct recent.user_id) from events as recent
                where recent.day between one.day - 6 and one.day
            )
        from events as one
        group by day
        order by day
        """
    )
    told = two_days.query(
        "select event_date, event_count, daily_active_users, weekly_active_users "
        "from {gold}.engagement_daily_activity order by event_date"
    )
    assert told == counted
    assert len(told) == 3  # the day before the first one has what came late
    assert told[-1][2] < told[-1][3]


def test_revenue_is_that_of_the_files(app: Retailer, two_days: Run) -> None:
    paid = two_days.query(
        f"""
        select day, currency, count(*), sum(amount) from ({sound_events(app, "startup_inc")})
        where event_name = 'purchase' group by day, currency order by day, currency
        """
    )
    told = two_days.query(
        "select event_date, currency_code, purchase_count, revenue_amount "
        "from {gold}.engagement_daily_revenue order by event_date, currency_code"
    )
    assert told == paid
    assert {currency for _, currency, *_ in told} == {"CHF", "EUR", "GBP", "PLN", "USD", "XXX"}


def test_the_funnel_narrows_to_those_who_bought(app: Retailer, two_days: Run) -> None:
    funnel = two_days.query(
        "select step_name, user_count from {gold}.engagement_funnel "
        "where event_date = '2026-01-15' order by step_number"
    )
    counts = [count for _, count in funnel]
    assert len(funnel) == 6
    assert counts == sorted(counts, reverse=True)
    bought = two_days.query(
        f"select count(distinct user_id) from ({sound_events(app, 'startup_inc')}) "
        "where event_name = 'purchase' and day = '2026-01-15'"
    )
    assert [funnel[-1][1:]] == bought


@pytest.fixture(scope="module")
def weeks(app: Retailer) -> list[Run]:
    """Two days of small extracts a fortnight apart, of events alone."""
    client = app_client("weeks", ("clean", "aggregate"), ("app_events",))
    return [app.run(client, interval, rows_a_day=2000) for interval in (THURSDAY, day("2026-01-29"))]


def test_cohorts_come_back_as_the_files_say(app: Retailer, weeks: list[Run]) -> None:
    files = f"{app.settings.samples}/weeks/app_events/events/*.jsonl"
    seen = weeks[-1].query(
        f"""
        with visits as (
            select distinct user_id, date_trunc('week', occurred_at::timestamp)::date as week
            from '{files}' where trim(user_id) <> ''
        ),
        first_visits as (select user_id, min(week) as cohort from visits group by user_id)
        select cohort, (week - cohort) // 7, count(*)
        from visits inner join first_visits using (user_id)
        group by cohort, week order by cohort, week
        """
    )
    told = weeks[-1].query(
        "select cohort_week, weeks_since, active_user_count from {gold}.engagement_retention "
        "order by cohort_week, activity_week"
    )
    assert told == seen
    assert ("2026-01-12", 2) in {(str(cohort), since) for cohort, since, _ in told}


def test_events_stand_alone_with_few_steps(weeks: list[Run]) -> None:
    run = weeks[-1]
    assert {row.status for row in run.rows.values()} <= {"success", "pass", "warn"}
    assert set(run.plan.marts) == AGGREGATED | {"engagement_events", "run_summary_app_events"}
    assert run.query("select count(user_plan_code), count(flags) from {gold}.engagement_events") == [(0, 0)]


@pytest.mark.soak
def test_users_stand_alone_without_clean_and_validate(app: Retailer) -> None:
    client = app_client("users", ("normalize", "enrich"), ("user_data",))
    run = app.run(client, THURSDAY, rows_a_day=2000)
    assert set(run.plan.marts) == {"engagement_users", "run_summary_user_data"}
    assert run.rules == user_rules(run)
    keys = planted_in([run])["users"]["keys"]
    assert run.query("select count(*), count(distinct user_id) from {gold}.engagement_users") == [
        (keys, keys)
    ]


def user_rules(run: Run) -> dict[str, tuple[int, int]]:
    users = planted_in([run])["users"]
    expected = {rule: (users["rows"], count) for rule, count in users.items() if rule.startswith("user_data")}
    nameless = users["user_data_user_has_email"]
    return expected | {
        "user_data_email_is_valid": (users["rows"] - nameless, users["user_data_email_is_valid"])
    }


@pytest.mark.soak
def test_running_the_older_day_again_leaves_the_same_rows(app: Retailer, runs: list[Run]) -> None:
    before = runs[-1].contents()
    assert app.run(runs[-1].plan.client, THURSDAY).contents() == before
