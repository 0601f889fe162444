from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from medallion.ledger import RunKey, open_ledger, tables
from medallion.ledger.streams import Part, land, mark_gold, waiting
from medallion.ledger.told import end_telling, note, take
from medallion.metrics import LedgerCollector
from medallion.severity import Severity

DAY = datetime(2026, 1, 15)


class Fleet:
    """A ledger in which clients have run."""

    def __init__(self, url):
        self.ledger = open_ledger(url)
        self.statuses = {("default", "active"): 2, ("default", "disabled"): 1}

    def run(self, client, run_id, day=DAY, **values):
        key = RunKey(f"client_{client}_pipeline", run_id)
        about = {"client_id": client, "config_version": "x", "dry_run": 0}
        span = {"interval_start": day, "interval_end": day + timedelta(days=1)}
        self.ledger.start_run(key, **about | span | values)
        self.at(tables.run.c.started_at, key, day + timedelta(days=1))
        return key

    def at(self, column, key, moment):
        mine = (column.table.c.dag_id == key.dag_id, column.table.c.run_id == key.run_id)
        with self.ledger.engine.begin() as connection:
            connection.execute(update(column.table).where(*mine).values({column: moment}))

    def delivers(self, key, moment, destination="shelf"):
        self.ledger.record(tables.delivery, key, [{"destination": destination, "path": "x", "tables": []}])
        self.at(tables.delivery.c.delivered_at, key, moment)

    def judges(self, key, layer, score, threshold=0.95):
        row = {"gate": f"{layer}.gate", "layer": layer, "passed": 1, "score": score, "threshold": threshold}
        self.ledger.record(tables.verdict, key, [{**row, "detail": {}}])

    def lands(self, key, source, rows):
        row = {"source": source, "entity": "orders", "rows": rows, "files": 1, "bytes": 9, "changes": []}
        self.ledger.record(tables.extraction, key, [row])

    def fails(self, key, failure, try_number=1):
        row = {"task_id": "silver.build", "try_number": try_number, "failure": failure, "sign": ""}
        row |= {"reason": "x", "again": 1, "failed_at": DAY}
        with self.ledger.engine.begin() as connection:
            connection.execute(insert(tables.failed_try).values(dag_id=key.dag_id, run_id=key.run_id, **row))

    def tells(self, key, client, problem=""):
        about = {"client_id": client, "kind": "task failed", "severity": Severity.ERROR}
        told, _ = note(self.ledger, key, cause="x", task_id="t", subject="s", **about)
        assert take(self.ledger, told.id, "chat", Severity.ERROR)
        end_telling(self.ledger, told.id, "chat", problem)

    def streams(self, client, events, happened, gold=None):
        """A micro-batch of some events, and when it was in gold."""
        key, path = RunKey(f"client_{client}_realtime", str(happened)), f"{happened:%H%M}"
        part = Part("sales", "orders", path, happened, happened, happened, events, happened)
        times = dict.fromkeys(("first_event", "early_event", "median_event", "last_event"), happened)
        taken = {"channel": "inbox", "events": events, "duplicates": 0, "late": 0, **times}
        land(self.ledger, key, client, part, {**taken, "first_arrival": happened})
        if gold:
            mark_gold(self.ledger, client, key.run_id, waiting(self.ledger, client))
            with self.ledger.engine.begin() as connection:
                own = (tables.stream_batch.c.client_id == client, tables.stream_batch.c.run_id == key.run_id)
                connection.execute(update(tables.stream_batch).where(*own).values(gold_at=gold))

    @property
    def collector(self):
        return LedgerCollector(lambda: self.ledger, lambda: self.statuses)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return request.getfixturevalue("own_schema")()


@pytest.fixture
def fleet(url):
    return fleet_at(url)


def fleet_at(url):
    """Two clients: shop delivered once, failed a try and streams; app was only tried dry, and began once."""
    made = Fleet(url)
    first = made.run("shop", "one")
    made.lands(first, "crm", 100)
    made.lands(first, "sales", 20)
    made.judges(first, "silver", 0.99)
    made.judges(first, "gold", 1.0)
    made.delivers(first, DAY + timedelta(days=1, minutes=5))
    second = made.run("shop", "two", DAY + timedelta(days=1))
    made.lands(second, "crm", 7)
    made.fails(second, "network")
    made.fails(second, "network", 2)
    made.fails(second, "locked", 3)
    made.judges(second, "silver", 0.96)
    made.tells(second, "shop", problem="refused")
    made.streams("shop", 10, DAY, gold=DAY + timedelta(seconds=30))
    made.streams("shop", 20, DAY + timedelta(minutes=1), gold=DAY + timedelta(minutes=1, seconds=12))
    made.streams("shop", 5, DAY + timedelta(minutes=2))
    made.run("app", "dry", dry_run=1)
    made.run("app", "one")
    return made
