"""The way of a breach, from a ledger and an outbox as a run leaves them."""

from datetime import UTC, datetime

import pytest

from medallion.clients import Catalog, SourceContract
from medallion.embedded.fault import chosen_for, way_facts, way_lines, way_of
from medallion.embedded.follow import ClientRun
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.ledger.told import end_telling, note, take
from medallion.notifications import GateBreached, Outbox, Row, render
from medallion.orchestration.gates import record_verdicts
from medallion.quality import LayerVerdict, RuleScore
from medallion.sample_data import Fault
from medallion.settings import load_settings
from medallion.severity import Severity
from small_shop import small_shop

RUN = ClientRun("shop", "by_hand__20260115T0000__20260116T070000.123456", "client_shop_pipeline")
KEY = RunKey(RUN.dag_id, RUN.run_id)
DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))


def score(name, failing):
    return RuleScore(
        rule=name,
        model="validate_sales__orders",
        condition="amount > 0",
        gates=True,
        on_fail="quarantine",
        failing=failing,
        population=100,
        threshold=0.95,
        allow_empty=False,
    )


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    return load_settings()


def breach(settings):
    """What a gate that stopped leaves: its verdict, what was told, and the mail."""
    ledger = open_ledger(settings.database_url)
    verdict = LayerVerdict(
        "silver", 9, (), (), (score("amount_is_positive", 9), score("city_is_known", 1)), 0.95
    )
    record_verdicts(ledger, KEY, "silver.gate", [verdict])
    message = GateBreached(
        client_id="shop",
        dag_id=RUN.dag_id,
        run_id=RUN.run_id,
        task_id="silver.gate",
        cause="breach:silver",
        severity=Severity.ERROR,
        at=datetime.now(UTC),
        rows=(Row("amount_is_positive", "score 0.91 < 0.95"),),
    )
    said = {"kind": message.kind, "task_id": message.task_id, "subject": message.subject}
    told, _ = note(ledger, KEY, client_id="shop", cause=message.cause, severity=message.severity, **said)
    take(ledger, told.id, "email", message.severity)
    Outbox(settings.outbox, "shop@example.com").send(render(message))
    end_telling(ledger, told.id, "email")


def test_a_breach_is_followed_from_its_gate_to_the_report(settings):
    breach(settings)
    way = way_of(settings, small_shop(), RUN, DAY)
    assert (way.gate, [rule.rule for rule in way.rules]) == ("silver.gate", ["amount_is_positive"])
    assert way.mail.parent == settings.outbox / "shop"
    assert way.told == ("email: sent",)
    text = "\n".join(one.plain for one in way_lines(way))
    for fact in (
        "1 gate    silver.gate of shop stopped the run: nothing was published",
        "amount_is_positive: 9 of 100 rows of validate_sales__orders fail, score 0.91000 < 0.95",
        "2 mail    [medallion] shop stopped at silver.gate: amount_is_positive is below its threshold",
        str(way.mail),
        f"3 report  {settings.reports}/shop/year=2026/month=01/day=15/run_report.html",
        "medallion waive shop amount_is_positive --until DAY --why WHY",
    ):
        assert fact in text
    assert "city_is_known" not in text
    assert way_facts(way)["mail"] == str(way.mail)


def test_a_run_that_nothing_stopped_has_no_way(settings, monkeypatch):
    monkeypatch.setattr("medallion.embedded.fault._TOLD_WITHIN", 0.0)
    way = way_of(settings, small_shop(), RUN, DAY)
    (line,) = way_lines(way)
    assert line.plain.startswith("shop: no rule is below its threshold")


def catalog(**locations):
    contracts = {
        name: SourceContract.model_validate(
            {
                "name": name,
                "description": name,
                "location": location,
                "format": "csv",
                "load": "interval",
                "entities": {"things": {"path": "things.csv", "keys": ["id"]}},
            }
        )
        for name, location in locations.items()
    }
    return Catalog({}, contracts, {})


def test_the_fault_happens_to_the_first_client_whose_extracts_are_generated():
    real, made = small_shop(data_sources=["crm", "sales"]), small_shop(data_sources=["sales"])
    known = catalog(crm="/data/crm", sales="{samples}/{client}/sales")
    assert chosen_for(Fault.GATE, [real, made], known, 1.0) == (made, 2.0)
    assert chosen_for(Fault.GATE, [made], known, 5.0) == (made, 5.0)
    with pytest.raises(ConfigError, match="no client for the fault gate"):
        chosen_for(Fault.GATE, [real], known, 1.0)
