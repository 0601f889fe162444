"""Growth for `make bench`: what a day's run costs after ten days, and after many more.

A run is what Airflow's tasks do, from the files to the delivery, in one process; acme_corp by the day.
"""

import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from homes import home_of, land

from medallion.clients import load_catalog
from medallion.interval import Interval
from medallion.settings import load_settings

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
EARLY, ROUNDS = 10, 3
#: The clients, and how many days each has behind it at last.
CLIENTS = (("acme_corp", 90), ("adventure_works", 30))


def growth_figures(home: Path, figure: Callable[..., dict[str, object]]) -> Iterator[dict[str, object]]:
    """A figure a client: seconds of a late day / of the tenth, each the median of three."""
    for client_id, late in CLIENTS:
        if client_id == "adventure_works" and load_settings().adventureworks is None:
            continue
        early, then = _seconds(home / f"growth_{client_id}", client_id, late)
        told = f"{client_id}: a run on day {late} ({then:.1f} s) / on day {EARLY} ({early:.1f} s)"
        yield figure(f"growth {client_id}", then / early, 1.3, "ratio", told)


def _seconds(folder: Path, client_id: str, late: int) -> tuple[float, float]:
    catalog = load_catalog(load_settings().configs)
    client = catalog.clients[client_id].model_copy(update={"schedule_interval": timedelta(days=1)})
    home = home_of(folder, client, catalog)
    samples = client_id != "adventure_works"
    days = [_day(number) for number in range(late + ROUNDS)]
    medians = []
    behind = 0
    for reached in (EARLY, late):
        # What lies between is landed and built at once: only the rows that are there count.
        land(home, days[behind : reached - 1], samples=samples)
        home.build(*days[behind : reached - 1])
        taken = []
        for day in days[reached - 1 : reached - 1 + ROUNDS]:
            if samples:
                home.generate(day)
            taken.append(home.seconds(day))
        behind = reached - 1 + ROUNDS
        medians.append(statistics.median(taken))
    shutil.rmtree(folder)
    return medians[0], medians[1]


def _day(number: int) -> Interval:
    start = FIRST + timedelta(days=number)
    return Interval(start, start + timedelta(days=1))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="growth-") as scratch:
        for one in growth_figures(Path(scratch), lambda *told: {"figure": told}):
            print(one["figure"])
