# ruff: noqa: S608 - the names in the SQL are the test's own
"""Real time on a live Airflow: what is dropped into the inbox is in gold, once, whatever is killed."""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from live_airflow import until
from stream_shop import LiveStream, StreamShop, day, not_over_midnight

from medallion.clients import load_catalog
from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.factory import bring_up_to_date
from medallion.ledger import tables
from medallion.pipeline import realtime_dag_id_of
from servers import RedisServer

pytestmark = pytest.mark.live


QUEUE = "{source: till, entity: sales, env: TILL_QUEUE_URL, topic: 'sales:{client}'}"


@pytest.fixture(scope="module")
def queue(tmp_path_factory):
    """A Redis, whose URL all of Airflow's processes have."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server, pytest.MonkeyPatch.context() as patched:
        patched.setenv("TILL_QUEUE_URL", server.url)
        yield server


@pytest.fixture(scope="module")
def shop(tmp_path_factory, queue):
    own = {"strict": {"threshold": 0.9}, "queued": {"queues": QUEUE}}
    return StreamShop(
        tmp_path_factory.mktemp("stream"), clients=("live", "strict", "queued", "soaked"), own=own
    )


@pytest.fixture(scope="module")
def live(shop):
    not_over_midnight()
    with EmbeddedAirflow(shop.settings, AirflowOptions(schedules=True, parse_seconds=600)) as airflow:
        live = LiveStream(shop, airflow)
        for client in shop.clients:
            until(
                f"the DAGs of {client}", lambda client=client: airflow.client.dag(realtime_dag_id_of(client))
            )
            live.watched(client)
        yield live


def gold(shop, client):
    """All that the destination has of the client's sales, by table, as sorted rows."""
    return {
        table: sorted(shop.destination(f"select * from {table}", client))
        for table in ("till_sales", "till_days", "till_items")
    }


def expected(sales):
    """The same, worked out from the events alone: the last version of each sale, of those that are good."""
    last = {one["sale_id"]: one for one in sorted(sales, key=lambda one: one["sold_at"])}
    good = [one for one in last.values() if one["amount"] > 0]
    return sorted((one["sale_id"], one["item"], float(one["amount"])) for one in good)


def in_gold(shop, client):
    query = "select sale_id, item, cast(amount as double) from till_sales"
    return sorted(shop.destination(query, client))


class Producer(threading.Thread):
    """Drops sales at a rate, now and then one twice, one of yesterday, a bad one."""

    def __init__(self, shop, client, seconds, rate=20):
        super().__init__(daemon=True)
        self.shop, self.client, self.seconds, self.rate = shop, client, seconds, rate
        self.sales = []

    def run(self):
        end, number, every = time.monotonic() + self.seconds, 0, 0.5
        while time.monotonic() < end:
            fresh = []
            for _ in range(max(1, int(self.rate * every))):
                number += 1
                late = number % 97 == 0
                at = datetime.now(UTC) - timedelta(days=1) if late else datetime.now(UTC)
                amount = -1 if number % 53 == 0 else number % 9 + 1
                fresh.append(self.shop.sale(f"{self.client}{number}", at, amount, f"item {number % 5}"))
            again = self.sales[-3:] if number % 7 == 0 else []
            self.shop.drop([*fresh, *again], self.client)
            self.sales += fresh
            time.sleep(every)


@contextmanager
def producing(shop, client, seconds, rate=20):
    producer = Producer(shop, client, seconds, rate)
    producer.start()
    yield producer
    producer.join()


def kill(live, part):
    killed = live.airflow.kill(part)
    until(f"the {part} to come back", lambda: live.airflow.state.pids.get(part) not in (None, killed))


def test_events_wait_for_the_first_batch_and_reach_gold_with_it(shop, live):
    shop.drop([shop.sale("early")])
    until("the event to land", lambda: shop.waiting().events == 1)
    assert shop.delivered() == (0, 0)
    live.batch([shop.sale("old", day(1).start)], day(1))
    assert in_gold(shop, "live") == expected([shop.sale("early"), shop.sale("old")])
    assert not shop.waiting()


def test_a_burst_is_one_micro_batch_and_in_the_ledger_with_how_long_it_took(shop, live):
    before, runs = shop.delivered()[0], {run["dag_run_id"] for run in live.runs()}
    for number in range(5):
        shop.drop([shop.sale(f"burst{number}")])
    until("the burst in gold", lambda: shop.delivered()[0] == before + 5)
    until("the ledger to know", lambda: not shop.waiting())
    last = [row for row in shop.rows_of(tables.stream_batch) if row["run_id"] not in runs]
    assert [row["events"] for row in last] == [5]
    assert last[0]["gold_run"] == last[0]["run_id"]
    took = (last[0]["gold_at"] - last[0]["first_event"]).total_seconds()
    assert 0 < took < 60
    assert shop.destination("select sum(sale_count) from till_days") == [(before + 5,)]


def test_a_breach_stops_publishing_once_told_and_a_repaired_batch_catches_up(shop, live):
    good = [shop.sale(number, day(1).start) for number in range(10)]
    live.batch(good, day(1), "strict")
    bad = [shop.sale(f"bad{number}", amount=-1) for number in range(5)]
    shop.drop(bad, "strict")
    dag = realtime_dag_id_of("strict")
    until("the breach", lambda: any(run["state"] == "failed" for run in live.runs("strict")))
    shop.drop([shop.sale("more")], "strict")
    until("the stream to go on landing", lambda: shop.waiting("strict").events == 6)
    failed = lambda: [run for run in live.runs("strict") if run["state"] == "failed"]  # noqa: E731
    until("a second breach", lambda: len(failed()) > 1)
    assert shop.delivered("strict") == (10, 10)
    told = shop.rows_of(tables.notification, "strict")
    assert [(row["kind"], row["held"] > 0, row["run_id"]) for row in told] == [("gate breached", True, "")]
    assert dag == told[0]["dag_id"]
    mended = [{**sale, "amount": 1} for sale in bad]
    live.batch([*mended, shop.sale("more")], day(), "strict")
    assert shop.delivered("strict") == (16, 16)
    shop.drop([shop.sale("after")], "strict")
    until("the stream to go on", lambda: shop.delivered("strict") == (17, 17))
    until("the recovery", lambda: all(one["ended_at"] for one in shop.rows_of(tables.notification, "strict")))


def stream_with_restarts(shop, live, client, seconds, kills):
    """Stream for some time, kill parts of Airflow meanwhile; then let the day's batch come over it."""
    live.batch([shop.sale(f"{client}0", day(1).start)], day(1), client)
    first = [shop.sale(f"{client}0", day(1).start)]
    with producing(shop, client, seconds) as producer:
        for part in kills:
            time.sleep(seconds / (len(kills) + 1))
            kill(live, part)
    sent = first + producer.sales
    until(
        "all of it in gold",
        lambda: len(in_gold(shop, client)) == len(expected(sent)) and not shop.waiting(client),
        180,
    )
    assert in_gold(shop, client) == expected(sent)
    bronze = shop.warehouse(
        f"select count(*), count(distinct sale_id) from {client}_bronze.bronze_till__sales",
        client,
    )
    assert bronze == [(len(sent), len(sent))]
    streamed = gold(shop, client)
    for back in (1, 0):
        of_day = [
            one for one in sent if day(back).start <= datetime.fromisoformat(one["sold_at"]) < day(back).end
        ]
        live.batch(of_day, day(back), client)
    assert gold(shop, client)["till_sales"] == streamed["till_sales"]
    assert gold(shop, client)["till_days"] == streamed["till_days"]
    assert sum(count for _, count in gold(shop, client)["till_items"]) == len(expected(sent))
    found = {row["interval_start"]: row for row in shop.rows_of(tables.stream_difference, client)}
    for back, batch_only in ((1, 1), (0, 0)):  # of yesterday, the sale that a batch had brought before
        row = found[day(back).start.replace(tzinfo=None)]
        assert (row["differing"], row["batch_only"], row["stream_only"]) == (0, batch_only, 0), row
    assert sum(row["same"] for row in found.values()) == len(sent) - 1


def test_gold_is_that_of_the_batch_to_the_row_also_where_triggerer_and_scheduler_are_killed(shop, live):
    stream_with_restarts(shop, live, "soaked", 40, ("triggerer", "scheduler"))


def test_messages_of_a_queue_reach_gold_also_where_it_was_killed(shop, live, queue):
    live.batch([shop.sale("old", day(1).start)], day(1), "queued")
    queue.send("sales:queued", *(json.dumps(shop.sale(number)) for number in range(5)))
    until("the messages in gold", lambda: shop.delivered("queued") == (6, 6))
    queue.stop()
    queue.start()
    queue.send("sales:queued", *(json.dumps(shop.sale(number)) for number in range(5, 9)))
    until("the messages behind the kill", lambda: shop.delivered("queued") == (10, 10))
    until("the queue to be trimmed", lambda: not queue.waiting("sales:queued"))


def test_without_real_time_the_stream_is_closed_and_what_landed_comes_with_the_batch(shop, live):
    before = shop.delivered()[0]
    shop.drop([shop.sale("last")])
    until("the last event in gold", lambda: shop.delivered()[0] == before + 1)
    shop.open("live", real_time=False)
    bring_up_to_date(shop.settings, load_catalog(shop.settings.configs), actor="test")
    dag = realtime_dag_id_of("live")
    until("the stream to be closed", lambda: "no real time" in live.airflow.client.dag(dag)["description"])
    until("nobody to watch the inbox", lambda: not live.watchers("live"))
    assert live.airflow.client.runs_in_flight(dag) == []
    shop.drop([shop.sale("too late")])
    live.batch([shop.sale("old", day(1).start)], day(1))
    assert shop.delivered()[0] == before + 1
    assert len(list(shop.inbox().glob("*.jsonl"))) == 1


@pytest.mark.soak
def test_ten_minutes_of_events_with_restarts_are_those_of_the_batch_to_the_row(tmp_path):
    not_over_midnight()
    shop = StreamShop(tmp_path, clients=("long",), batch="10s")
    with EmbeddedAirflow(shop.settings, AirflowOptions(schedules=True, parse_seconds=600)) as airflow:
        live = LiveStream(shop, airflow)
        until("the DAGs", lambda: airflow.client.dag(realtime_dag_id_of("long")))
        live.watched("long")
        kills = ("triggerer", "scheduler", "triggerer", "scheduler", "dag-processor")
        stream_with_restarts(shop, live, "long", 600, kills)
