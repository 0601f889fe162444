# ruff: noqa: E402 - the stream shop of the live tests is measured
"""Real time for `make bench`: from a file's drop into the inbox to gold, at some rates and for many clients.

By itself: ``python tests/bench/stream_speed.py [--seconds 90] [--rates 1 10 100] [--clients 10]`` prints the
figures as JSON. An event that does not reach gold once ends it with an error. Latencies are exact: an event's
micro-batch is known by when the event happened, for there is one producer a client.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "e2e"), str(Path(__file__).resolve().parents[1])]

from stream_shop import LiveStream, StreamShop, day

from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.ledger import tables
from sharing import VARIABLE

SECONDS, RATES, CLIENTS, RATE_OF_MANY = 90, (1, 10, 100), 10, 10
#: The issue's own: seconds from an event to gold, of 19 of 20 events at 100 a second.
LIMIT = 20.0
EVERY, PATIENCE = 0.5, 600.0


class Producer(threading.Thread):
    """Drops a file of events twice a second, or an event a second."""

    def __init__(self, shop: StreamShop, client: str, rate: float, seconds: float) -> None:
        super().__init__(daemon=True)
        self.shop, self.client, self.rate, self.seconds = shop, client, rate, seconds
        self.happened: list[datetime] = []

    def run(self) -> None:
        every = max(EVERY, 1 / self.rate)
        begun = time.monotonic()
        for turn in range(int(self.seconds / every)):
            time.sleep(max(0.0, begun + turn * every - time.monotonic()))
            now = datetime.now(UTC)
            names = [f"{self.client}{self.rate}-{turn}-{n}" for n in range(round(self.rate * every))]
            self.shop.drop([self.shop.sale(name, now) for name in names], self.client)
            self.happened += [now.replace(tzinfo=None)] * len(names)


def stream_figures(
    folder: Path,
    figure: Callable[..., dict[str, object]],
    seconds: float = SECONDS,
    rates: tuple[float, ...] = RATES,
    clients: int = CLIENTS,
) -> Iterator[dict[str, object]]:
    """Latencies at some rates of one client, then of many; what they cost.

    Args:
        folder: where the installations are made.
        figure: makes a line of the table of name, value, limit, unit and what.
        seconds: how long events come.
        rates: events a second of one client.
        clients: how many there are then, each with ten events a second.
    """
    names = [f"client{number}" for number in range(clients)]
    shop = StreamShop(folder / "stream", clients=names, batch="10s")
    with EmbeddedAirflow(shop.settings, AirflowOptions(schedules=True, parse_seconds=600)) as airflow:
        live = LiveStream(shop, airflow)
        for name in names:
            live.watched(name)
        with ThreadPoolExecutor(len(names)) as pool:
            first = [shop.sale("first", day(1).start)]
            list(pool.map(lambda name: live.batch(first, day(1), name, seconds=PATIENCE), names))
        for rate in rates:
            took, cost = measured(shop, live, names[:1], rate, seconds)
            limit = LIMIT if rate == 100 else None
            yield from of_rate(figure, f"stream {rate}/s", f"one client, {rate} events/s", took, limit, cost)
        took, cost = measured(shop, live, names, RATE_OF_MANY, seconds)
        what = f"{clients} clients, {RATE_OF_MANY} events/s each"
        yield from of_rate(figure, f"stream {clients} clients", what, took, None, cost)


def of_rate(
    figure: Callable[..., dict[str, object]],
    name: str,
    what: str,
    took: list[float],
    limit: float | None,
    cost: dict[str, float],
) -> Iterator[dict[str, object]]:
    """The lines of one rate."""
    p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    yield figure(f"{name} p50", p50, None, "s", f"{what}: from drop to gold, half of {len(took):,} events")
    yield figure(f"{name} p95", p95, limit, "s", f"{what}: 19 of 20")
    yield figure(f"{name} runs", cost["runs"], None, "1/h", f"{what}: DAG runs an hour")
    yield figure(
        f"{name} scheduler", cost["scheduler"], None, "cores", f"{what}: the scheduler, without tasks"
    )


def measured(
    shop: StreamShop, live: LiveStream, names: list[str], rate: float, seconds: float
) -> tuple[list[float], dict[str, float]]:
    """Let events come, wait until gold has them, and say how long each took, in seconds; and the cost."""
    scheduler = psutil.Process(live.airflow.state.pids["scheduler"])
    before, began = cpu_of(scheduler), time.monotonic()
    earlier = {name: len(shop.rows_of(tables.stream_batch, name)) for name in names}
    runs = sum(len(live.runs(name)) for name in names)
    producers = [Producer(shop, name, rate, seconds) for name in names]
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.join()
    span = time.monotonic() - began
    cost = {
        "scheduler": (cpu_of(scheduler) - before) / span,
        "runs": 3600 * (sum(len(live.runs(name)) for name in names) - runs) / span,
    }
    took: list[float] = []
    for producer in producers:
        wait_for(lambda producer=producer: not waiting(shop, producer.client), producer.client)
        took += latencies(shop, producer, earlier[producer.client])
    return took, cost


def cpu_of(process: psutil.Process) -> float:
    """Seconds of processor time of a process, without those of its children."""
    times = process.cpu_times()
    return float(times.user + times.system)


def waiting(shop: StreamShop, client: str) -> bool:
    """Whether anything of a client is not in gold."""
    return bool(list(shop.inbox(client).glob("*.jsonl")) or shop.waiting(client))


def wait_for(done: Callable[[], bool], client: str) -> None:
    """Look twice a second until done."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {PATIENCE:.0f} s for the events of {client} to be in gold")
        time.sleep(0.5)


def latencies(shop: StreamShop, producer: Producer, earlier: int) -> list[float]:
    """How long each event took, by the micro-batch that brought it."""
    rows = shop.rows_of(tables.stream_batch, producer.client)[earlier:]
    took = [
        (row["gold_at"] - happened).total_seconds()
        for row in rows
        for happened in producer.happened
        if row["first_event"] <= happened <= row["last_event"]
    ]
    if len(took) != len(producer.happened) or sum(row["events"] for row in rows) != len(took):
        told = f"{len(producer.happened)} events were dropped, {sum(row['events'] for row in rows)} landed"
        raise SystemExit(f"{producer.client}: {told}, {len(took)} are known by their time")
    return took


def main() -> int:
    """Measure alone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES))
    parser.add_argument("--clients", type=int, default=CLIENTS)
    asked = parser.parse_args()
    from bench import figure

    with (
        tempfile.TemporaryDirectory(prefix="medallion-stream-") as folder,
        tempfile.TemporaryDirectory() as kept,
    ):
        import os

        os.environ.setdefault(VARIABLE, kept)
        for one in stream_figures(Path(folder), figure, asked.seconds, tuple(asked.rates), asked.clients):
            print(json.dumps(one), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
