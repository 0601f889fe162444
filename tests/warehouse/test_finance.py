"""The bookkeeping's numbers against what the generator planted, and against its files."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

import pytest

from warehouse.office import office_client, planted_rules, two_hours
from warehouse.retailer import Retailer, Run, planted_in

pytestmark = pytest.mark.slow

MORNING, FORENOON = two_hours("2026-01-15T06:00"), two_hours("2026-01-15T08:00")
#: Enough journals an interval that one in 485 is there.
ROWS = 100_000
LAST = "qualify row_number() over (partition by {key} order by updated_at desc) = 1"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return Retailer(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def runs(office: Retailer) -> list[Run]:
    """Two intervals, one after the other."""
    client = office_client("books", ["crm", "finance"])
    return [office.run(client, interval, rows_a_day=ROWS) for interval in (MORNING, FORENOON)]


@pytest.fixture(scope="module")
def books(runs: list[Run]) -> Run:
    return runs[-1]


@pytest.fixture(scope="module")
def files(office: Retailer) -> str:
    return f"{office.settings.samples}/books/finance"


def test_every_rule_counts_what_was_planted(runs: list[Run]) -> None:
    for number, run in enumerate(runs, start=1):
        invoices = planted_in(runs[:number])["invoices"]
        first = next(one.counts["invoices"] for one in runs[0].planted if one.source == "finance")
        expected = planted_rules(
            runs[:number],
            "finance",
            {
                "finance_invoice_is_not_overpaid": invoices["keys"] - invoices["finance_invoice_is_positive"],
                "finance_invoice_has_customer": invoices["receivables"] + first["corrected_receivables"],
            },
        )
        measured = {rule: counts for rule, counts in run.rules.items() if rule.startswith("finance_")}
        assert measured == expected
        assert len(expected) == 13
        assert all(failing > 0 for _, failing in expected.values()), expected


def test_every_gate_passes_with_scores_just_above_the_threshold(books: Run) -> None:
    for layer in ("bronze", "silver", "gold"):
        assert books.verdict(layer).passed, str(books.verdict(layer))
    verdict = books.verdict("silver")
    gates = {rule.rule: rule.score or 0 for rule in verdict.rules if rule.gates and "finance" in rule.rule}
    closest = sorted(gates, key=lambda rule: gates[rule])[:2]
    assert set(closest) == {"finance_entry_has_account", "finance_invoice_is_positive"}
    assert all(0.99 <= gates[rule] < 0.9925 for rule in closest)


@pytest.mark.soak
def test_more_defects_are_stopped_by_the_silver_gate_with_their_rules(office: Retailer) -> None:
    careless = office.run(office_client("careless", ["crm", "finance"]), MORNING, defects=2)
    assert [rule.rule for rule in careless.verdict("silver").breaches] == [
        "crm_country_is_known",
        "finance_entry_has_account",
        "finance_invoice_is_positive",
    ]


def test_every_row_is_kept_replaced_or_in_quarantine(runs: list[Run], books: Run) -> None:
    planted = planted_in(runs)
    told = books.query(
        "select entity, sum(landed_rows), sum(kept_rows + quarantined_rows), sum(replaced_rows) "
        "from {gold}.run_summary_finance where entity <> 'accounts' group by entity order by entity"
    )
    assert told == [
        (name, planted[name]["rows"], planted[name]["keys"], planted[name]["rows"] - planted[name]["keys"])
        for name in ("invoices", "journal_entries")
    ]
    entries = planted["journal_entries"]
    out = books.query("select count(*) from {silver}.quarantine_finance__journal_entries")[0][0]
    broken = entries["finance_journal_balances"] + entries["finance_journal_is_not_from_the_future"]
    assert 0 < out <= broken


def test_corrected_rows_replace_what_came_before(runs: list[Run], books: Run) -> None:
    corrected = next(one.counts for one in books.planted if one.source == "finance")
    assert corrected["journal_entries"]["corrected_keys"] > 0
    entries = "select count(*), max(cost_center), min(cost_center) from {gold}.finance_journal_lines"
    before = planted_in(runs[:1])["journal_entries"]["corrected_keys"]
    count = before + corrected["journal_entries"]["corrected_keys"]
    assert books.query(f"{entries} where entry_text = 'corrected'") == [(count, "CC900", "CC900")]
    assert books.query(f"{entries} where entry_text = 'draft'")[0][0] == 0


def test_what_came_untidy_is_tidy(books: Run) -> None:
    for entity, column, tidied in (
        ("journal_entries", "currency_code", "upper(trim(currency_code))"),
        ("invoices", "currency_code", "upper(trim(currency_code))"),
        ("invoices", "invoice_kind", "lower(trim(invoice_kind))"),
    ):
        counts = [
            books.query(f"select count(*) from {model} where {column} <> {tidied}")[0][0]
            for model in (f"{{bronze}}.bronze_finance__{entity}", f"{{silver}}.validate_finance__{entity}")
        ]
        assert counts[0] > 0 == counts[1], (entity, column)


def test_accounts_hold_what_the_files_say_and_sum_to_zero(books: Run, files: str) -> None:
    told = books.query(
        "select account_id, debit_eur, credit_eur from {gold}.finance_trial_balance order by all"
    )
    expected = books.query(
        f"""
        with entries as (from '{files}/journal_entries/*.parquet' {LAST.format(key="entry_id")}),
        whole as (
            select journal_id from entries group by journal_id
            having sum(debit_amount) = sum(credit_amount) and bool_and(posted_at <= updated_at)
        )
        select trim(account_id), sum(debit_amount * exchange_rate), sum(credit_amount * exchange_rate)
        from entries semi join whole using (journal_id) group by all order by all
        """
    )
    assert told == expected
    assert sum(debit for _, debit, _ in told) == sum(credit for _, _, credit in told)
    signed = "sum(debit_balance_eur), sum(credit_balance_eur)"
    debit, credit = books.query(f"select {signed} from {{gold}}.finance_trial_balance")[0]
    assert debit == credit > 0


def test_the_last_running_balance_is_the_trial_balance(books: Run) -> None:
    running = books.query(
        "select account_id, arg_max(balance_eur, month_start) from {gold}.finance_account_balances "
        "group by account_id order by account_id"
    )
    trial = books.query(
        "select account_id, debit_balance_eur - credit_balance_eur from {gold}.finance_trial_balance "
        "order by account_id"
    )
    assert running == trial


def test_open_invoices_age_as_the_files_say(books: Run, files: str) -> None:
    told = books.query(
        "select invoice_kind, age_bucket, invoice_count, open_amount_eur from {gold}.finance_ageing "
        "order by all"
    )
    expected = books.query(
        f"""
        with invoices as (
            from '{files}/invoices/*.parquet' {LAST.format(key="invoice_id")}
        ),
        unpaid as (
            select *, lower(trim(kind)) as tidy_kind, date '2026-01-15' - due_on as days
            from invoices
            where amount > paid_amount and amount > 0
                and due_on >= issued_on and issued_on <= updated_at::date
                and lower(trim(kind)) in ('payable', 'receivable')
        )
        select
            tidy_kind,
            case
                when days > 90 then 'over 90' when days > 60 then '61-90' when days > 30 then '31-60'
                when days > 0 then '1-30' else 'not due'
            end as age,
            count(*), sum((amount - paid_amount) * exchange_rate)
        from unpaid group by all order by all
        """
    )
    assert told == expected
    assert len(told) == 10


@pytest.mark.soak
def test_without_crm_clean_and_validate_gold_still_adds_up(office: Retailer) -> None:
    bare = office.run(office_client("bare", ["finance"], ("enrich", "aggregate")), MORNING)
    assert "finance_invoice_has_customer" not in bare.rules
    planted = {name: dict(counts) for one in bare.planted for name, counts in one.counts.items()}
    for rule, entity in (
        ("finance_entry_key_is_unique", "journal_entries"),
        ("finance_invoice_key_is_unique", "invoices"),
    ):
        population, repeated = bare.rules[rule]
        assert population == planted[entity]["rows"]
        assert repeated == 2 * (planted[entity]["exact_duplicates"] + planted[entity]["old_versions"])
    assert bare.query("select count(*) from {gold}.finance_journal_lines") == [
        (planted["journal_entries"]["keys"] + planted["journal_entries"]["corrected_keys"],)
    ]
    assert bare.query("select sum(open_amount_eur) from {gold}.finance_ageing") == bare.query(
        "select sum(open_amount_eur) from {gold}.finance_invoices"
    )


@pytest.mark.soak
def test_running_the_older_interval_again_leaves_the_same_rows(office: Retailer, books: Run) -> None:
    before = books.contents()
    assert office.run(books.plan.client, MORNING, rows_a_day=ROWS).contents() == before
