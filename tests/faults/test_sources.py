"""Sources that do what sources do: nothing wrong lands, and the run ends as if they had not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.test_rest import Handler, Shop
from faults.stand import CLIENT, Stand, again, check_survived, make_project, orders
from medallion.extract import rest_reader
from sharing import share_manifests

pytestmark = [pytest.mark.faults, pytest.mark.slow]


# --- Files


def cut(stand: Stand) -> None:
    """The first half of the file."""
    path = stand.sell(2)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 3])


def drop(stand: Stand, *columns: str) -> None:
    """All rows, without some columns."""
    rows = [{name: value for name, value in row.items() if name not in columns} for row in orders(2)]
    stand.sell(2, rows)


def _soak(*values: Any, **more: Any) -> Any:
    return pytest.param(*values, marks=pytest.mark.soak, **more)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        pytest.param(cut, "not delivered", r"orders_20260102T0000.csv: is cut off or malformed", id="half"),
        _soak(lambda stand: stand.sell(2).unlink(), "not delivered", "no such file", id="nothing"),
        _soak(lambda stand: stand.sell(2, []), "not delivered", "0 rows; expected at least 1", id="no row"),
    ],
)
def test_what_comes_late_is_waited_for(
    stand: Stand, clean: Stand, fault: Callable[[Stand], None], kind: str, said: str
) -> None:
    before = stand.contents()
    fault(stand)

    def send() -> None:
        assert stand.contents() == before
        stand.sell(2)

    stand.mend = send
    assert stand.run(2)
    ((task, failure),) = stand.failed
    assert (task, failure.kind) == ("extract_shop", kind)
    assert said in failure.reason
    check_survived(stand, clean, 2, *again("extract_shop"))


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "task", "kind", "said"),
    [
        (lambda stand: drop(stand, "id"), "extract_shop", "schema changed", "columns missing: id"),
        (lambda stand: drop(stand, "amount"), "bronze.build", "schema changed", 'Column "amount"'),
        (
            lambda stand: stand.sell(2, [row | {"amount": f"{row['amount']} EUR"} for row in orders(2)]),
            "bronze.build",
            "data wrong",
            "Could not convert string",
        ),
    ],
    ids=["a key is gone", "a column is gone", "a number is text"],
)
def test_what_is_another_thing_stops_the_run_until_it_is_mended(
    stand: Stand, clean: Stand, fault: Callable[[Stand], None], task: str, kind: str, said: str
) -> None:
    """Nothing heals it but the source's owner; then all behind the extract is cleared."""
    delivered = stand.delivered()
    fault(stand)
    assert not stand.run(2)
    assert stand.first_failure == (task, kind)
    assert said in stand.failed[0][1].reason
    assert stand.delivered() == delivered
    assert stand.deliveries(2) == 0
    assert stand.told() == [f"failed: {task}"]
    stand.sell(2)
    stand.mended()
    assert stand.run(2, since="extract_shop")
    check_survived(stand, clean, 2, f"failed: {task}", f"recovered: {task}")


@pytest.mark.soak
def test_a_new_column_lands_and_changes_no_row_of_gold(stand: Stand, clean: Stand) -> None:
    stand.sell(2, [row | {"note": "as ordered"} for row in orders(2)])
    assert stand.run(2)
    assert stand.failed == []
    assert stand.delivered() == clean.delivered()
    assert stand.told() == []


@pytest.mark.soak
def test_ten_times_the_usual_does_not_land(stand: Stand) -> None:
    """A fourth day, for three say what is usual."""
    for day in (2, 3):
        stand.sell(day)
        assert stand.run(day)
    before, told = stand.contents(), stand.told()
    stand.sell(4, orders(4, count=400))
    assert not stand.run(4)
    assert stand.first_failure == ("extract_shop", "data wrong")
    assert "405 rows; expected at most 225 (times_usual: 5, of 45)" in stand.failed[0][1].reason
    assert stand.contents() == before
    stand.sell(4)
    stand.mended()
    assert stand.run(4, since="extract_shop")
    landed = stand.contents()[f"landing/{CLIENT}/shop/orders/year=2026/month=01/day=04/part-0.parquet"]
    assert landed[0] == 45
    assert stand.contents()[f"{CLIENT}.shop_orders in shelf.duckdb"][0] == 4 * 40 + 5
    assert stand.deliveries(4) == 1
    assert stand.told() == [*told, "failed: extract_shop", "recovered: extract_shop"]


# --- An interface


class Counter(Shop):
    """Serves the orders of all days; ``broken`` is done first, once a request."""

    broken: list[Callable[[Any], None]]

    def __init__(self) -> None:
        super().__init__()
        self.broken = []
        self.RequestHandlerClass = Orders


class Orders(Handler):
    server: Counter

    def orders(self, _: Any) -> None:
        if self.server.broken:
            self.server.broken.pop(0)(self)
        else:
            self.rows([row for day in (1, 2) for row in orders(day)])


def hang(_: Orders) -> None:
    time.sleep(1)


def fail(handler: Orders) -> None:
    handler.answer(b"{}", {"Retry-After": "0"}, 500)


def half(handler: Orders) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'[{"id": 200, "sold_at": ')
    handler.close_connection = True


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with Counter() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def asked(counter: Counter, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """The client with an interface for its source, after its first run."""
    entity = {"path": "orders", "keys": ["id"], "event_time": "sold_at", "min_rows": 1}
    entities = {"orders": entity}
    folder = tmp_path_factory.mktemp("asked")
    project = make_project(folder, connector="rest", location=counter.url, format=None, entities=entities)
    made = Stand(project, tmp_path_factory.mktemp("asked_home"))
    share_manifests(made.home)
    assert made.run(1)
    return made


@pytest.fixture(scope="module")
def asked_clean(asked: Stand, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    made = asked.copy(tmp_path_factory.mktemp("asked_clean") / "home")
    assert made.run(2)
    return made


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "kind"), [(hang, "timed out"), (fail, "server error"), (half, "connection lost")]
)
def test_an_interface_that_fails_a_try_is_asked_by_the_next(
    asked: Stand,
    asked_clean: Stand,
    counter: Counter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Orders], None],
    kind: str,
) -> None:
    monkeypatch.setattr(rest_reader, "_ATTEMPTS", 1)
    monkeypatch.setattr(rest_reader, "_TIMEOUT", 0.3)
    stand = asked.copy(tmp_path / "home")
    counter.broken = [fault]
    stand.mend = counter.broken.clear
    assert stand.run(2)
    ((task, failure),) = stand.failed
    assert (task, failure.kind) == ("extract_shop", kind)
    assert f"{CLIENT}: shop.orders: orders: 127.0.0.1:" in failure.reason
    check_survived(stand, asked_clean, 2, *again("extract_shop"))


@pytest.mark.soak
def test_an_interface_that_fails_twice_and_then_works_costs_no_try(
    asked: Stand, asked_clean: Stand, counter: Counter, tmp_path: Path
) -> None:
    stand, before = asked.copy(tmp_path / "home"), len(counter.seen)
    counter.broken = [fail, fail]
    stand.mended()
    assert stand.run(2)
    assert len(counter.seen) - before == 3
    assert stand.failed == []
    check_survived(stand, asked_clean, 2)
