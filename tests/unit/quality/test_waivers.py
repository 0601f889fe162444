from datetime import datetime, timedelta

import pytest

from medallion.clients.declared import Declared, DeclaredRule
from medallion.exceptions import ConfigError
from medallion.ledger import RunKey, open_ledger, tables
from medallion.ledger import waivers as book
from medallion.quality.waivers import sign_waiver, waivers_that_count, withdraw_waiver
from small_shop import small_shop

KEY = RunKey("client_shop_pipeline", "manual__1")
NOW = datetime(2026, 1, 15, 23, 59)
TODAY = NOW.date()
KNOWN = Declared(
    {name: DeclaredRule(name, source, "x") for name, source in (("positive", "sales"), ("named", "crm"))}
)


@pytest.fixture(autouse=True)
def _no_midnight(monkeypatch):
    for module in ("quality", "ledger"):
        monkeypatch.setattr(f"medallion.{module}.waivers.utcnow", lambda: NOW)


@pytest.fixture
def ledger(tmp_path):
    return open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


@pytest.fixture
def client():
    return small_shop(business_rules={"data_retention_days": 30, "quality_threshold": 0.9})


def sign(ledger, client, rule="positive", *, days=10, why="late tills", by="ann", far=False):
    until = TODAY + timedelta(days=days)
    return sign_waiver(ledger, client, rule, known=KNOWN, until=until, why=why, by=by, far=far)


def judged(ledger, *waivers):
    """Write down what the silver gate of the run said."""
    rules = [{"rule": one.rule, "waiver": one.facts()} for one in waivers]
    row = {"gate": "silver.gate", "layer": "silver", "passed": 1, "score": 0.7, "threshold": 0.9}
    ledger.record(tables.verdict, KEY, [row | {"detail": {"rules": [*rules, {"rule": "x", "waiver": None}]}}])


def counting(ledger, gate):
    return [one.id for one in waivers_that_count(ledger, KEY, "shop", "silver", gate=gate)]


def test_a_layers_gate_takes_what_is_in_force_today(ledger, client):
    signed = sign(ledger, client)
    book.sign(ledger, "shop", "positive", until=TODAY - timedelta(days=1), why="old", by="ann")
    book.sign(ledger, "other", "positive", until=TODAY, why="not ours", by="ann")
    assert counting(ledger, "silver.gate") == [signed.id]


def test_quality_validation_takes_what_the_layers_gate_took_though_its_day_is_over(ledger, client):
    ended = book.sign(ledger, "shop", "positive", until=TODAY - timedelta(days=1), why="old", by="ann")
    judged(ledger, ended)
    sign(ledger, client)
    assert counting(ledger, "quality_validation") == [ended.id]


def test_quality_validation_takes_no_waiver_that_was_withdrawn_since(ledger, client):
    judged(ledger, sign(ledger, client))
    withdraw_waiver(ledger, "shop", "positive", "bob")
    assert counting(ledger, "quality_validation") == []


def test_the_last_verdict_of_a_gate_that_was_cleared_counts(ledger, client):
    judged(ledger, sign(ledger, client))
    judged(ledger)
    assert counting(ledger, "quality_validation") == []


def test_without_a_verdict_of_the_layers_gate_quality_validation_takes_none(ledger, client):
    sign(ledger, client)
    assert counting(ledger, "quality_validation") == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rule": "positiv"}, "shop: 'positiv' is not a rule of the project; did you mean 'positive'?"),
        ({"rule": "x"}, "not a rule of the project; the client's run measures positive"),
        ({"rule": "named"}, "shop: named: is about crm, which is none of the client's data_sources"),
        ({"days": -1}, "is past; today is"),
        ({"days": 91}, "more than 90 days ahead"),
        ({"why": " "}, "--why: must not be blank"),
        ({"why": "\x1b[31mred"}, "--why: must be one line without control characters"),
        ({"by": ""}, "--by: must not be blank"),
        ({"by": "x" * 201}, "--by: must have at most 200 characters"),
    ],
)
def test_what_must_not_be_signed(ledger, client, changed, told):
    with pytest.raises(ConfigError) as refused:
        sign(ledger, client, **changed)
    assert told in str(refused.value)
    assert book.waivers(ledger, "shop") == []


def test_a_waiver_may_end_today_after_90_days_and_if_meant_later(ledger, client):
    assert sign(ledger, client, days=0).until == TODAY
    assert sign(ledger, client, days=90)
    assert sign(ledger, client, days=365, far=True)


def test_withdrawing_what_is_not_in_force_names_what_is(ledger, client):
    sign(ledger, client)
    with pytest.raises(ConfigError, match="no waiver is in force for 'named'; in force: positive"):
        withdraw_waiver(ledger, "shop", "named", "bob")
