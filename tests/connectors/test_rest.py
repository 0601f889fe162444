"""Sources behind a real HTTP server: pages, tokens, limits of rate, and answers that are no good."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.conftest import Land, day, table
from medallion.exceptions import ExtractError

START = datetime(2026, 1, 15, tzinfo=UTC)
TICKETS = [
    {
        "id": n,
        "note": f"ticket {n}",
        "hours": n / 4,
        "updated_at": (START + timedelta(hours=n - 6)).isoformat(),
    }
    for n in range(36)
]
OF_THE_15TH = list(range(6, 30))
SIZE = 10


class Shop(ThreadingHTTPServer):
    """Serves tickets in every manner; ``faults`` are answered first, one a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: list[tuple[int, dict[str, str], bytes]] = []
        self.seen: list[dict[str, list[str]]] = []
        self.at: list[float] = []
        self.away = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.server.at.append(time.monotonic())
        self.server.seen.append(query)
        if self.server.faults:
            status, headers, body = self.server.faults.pop(0)
            self.answer(body, headers, status)
        elif path.startswith("/private") and self.headers.get("Authorization") != "Bearer s3cret":
            self.answer(b"{}", {}, 401)
        else:
            getattr(self, path.rpartition("/")[2])(query)

    def whole(self, _: Any) -> None:
        self.answer(json.dumps(TICKETS).encode())

    def numbered(self, query: Any) -> None:
        page = int(query.get("page", ["1"])[0])
        self.rows({"data": {"items": TICKETS[(page - 1) * SIZE : page * SIZE]}})

    def counted(self, query: Any) -> None:
        start = int(query["offset"][0])
        self.rows({"data": {"items": TICKETS[start : start + int(query["limit"][0])]}})

    def linked(self, query: Any) -> None:
        page = int(query.get("at", ["0"])[0])
        further = f"{self.server.url}/linked?at={page + 1}" if (page + 1) * SIZE < len(TICKETS) else None
        self.rows({"data": {"items": TICKETS[page * SIZE : (page + 1) * SIZE]}, "links": {"next": further}})

    def headed(self, query: Any) -> None:
        page = int(query.get("at", ["0"])[0])
        link = {"Link": f'<{self.server.url}/headed?at={page + 1}>; rel="next"'}
        more = link if (page + 1) * SIZE < len(TICKETS) else {}
        self.answer(json.dumps(TICKETS[page * SIZE : (page + 1) * SIZE]).encode(), more)

    def led_away(self, _: Any) -> None:
        self.rows({"next": self.server.away, "items": TICKETS})

    def sent_away(self, _: Any) -> None:
        self.answer(json.dumps(TICKETS).encode(), {"Link": f'<{self.server.away}>; rel="next"'})

    def empty(self, _: Any) -> None:
        self.answer(b"[]")

    def rows(self, body: object) -> None:
        self.answer(json.dumps(body).encode())

    def answer(self, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def source(shop: Shop, path: str, **more: Any) -> dict[str, Any]:
    """A contract that reads one resource, the interval's rows unless it says otherwise."""
    entity = {"path": path, "keys": ["id"], "cursor": "updated_at"} | more.pop("entity", {})
    said = {"connector": "rest", "location": shop.url, "load": "interval", "entities": {"tickets": entity}}
    return said | more


def ids(landed: Any) -> list[int]:
    return sorted(table(landed)["id"].to_pylist())


ITEMS = {"records": "data.items"}


@pytest.mark.parametrize(
    ("path", "pages", "entity", "fetched"),
    [
        ("whole", None, {}, 1),
        ("numbered", {"type": "page_number"}, ITEMS, 5),
        ("counted", {"type": "offset", "size": 12}, ITEMS, 4),
        ("linked", {"type": "next_url", "next": "links.next"}, ITEMS, 4),
        ("headed", {"type": "link_header"}, {}, 4),
    ],
)
def test_all_pages_are_read_and_the_intervals_rows_land(
    shop: Shop, land: Land, path: str, pages: Any, entity: Any, fetched: int
) -> None:
    (tickets,) = land(day(15), **source(shop, path, entity=entity, **({"pages": pages} if pages else {})))
    assert ids(tickets) == OF_THE_15TH
    assert len(shop.seen) == fetched
    first = min(table(tickets).to_pylist(), key=lambda row: row["id"])
    assert first == TICKETS[6] | {"updated_at": "2026-01-15T00:00:00+00:00"}


def test_a_snapshot_keeps_all_rows_and_a_history_those_up_to_its_end(shop: Shop, land: Land) -> None:
    assert ids(land(day(15), **source(shop, "whole", load="snapshot"))[0]) == list(range(36))
    history = source(shop, "whole", load="history") | {"name": "archive"}
    assert ids(land(day(15), **history)[0]) == list(range(30))
    assert ids(land(day(16), **history)[0]) == list(range(30, 36))


def test_the_interval_is_asked_for_where_the_interface_can_tell(shop: Shop, land: Land) -> None:
    params = {"since": "{start}", "before": "{end}", "state": "open"}
    land(day(15), **source(shop, "whole", entity={"params": params}))
    asked = {"since": ["2026-01-15T00:00:00Z"], "before": ["2026-01-16T00:00:00Z"], "state": ["open"]}
    assert shop.seen == [asked]
    land(day(15), **source(shop, "whole", entity={"params": params}, load="history") | {"name": "archive"})
    assert shop.seen[1] == {name: value for name, value in asked.items() if name != "since"}


@pytest.mark.parametrize("path", ["led_away", "sent_away"])
@pytest.mark.parametrize("token", ["s3cret", None])
def test_a_link_to_another_server_is_not_followed(
    shop: Shop, land: Land, path: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither with the token, which is the other's, nor without it: who knows what is behind it."""
    monkeypatch.setenv("SHOP_TOKEN", token or "-")
    items = {"records": "items"} if path == "led_away" else {}
    pages = {"pages": {"type": "next_url" if path == "led_away" else "link_header", "next": "next"}}
    with Shop() as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        shop.away = f"http://user:s3cret@127.0.0.1:{other.server_address[1]}/whole?key=s3cret"
        try:
            with pytest.raises(ExtractError) as refused:
                land(
                    day(15),
                    **source(shop, path, entity=items),
                    **pages,
                    **({"env": "SHOP_TOKEN"} if token else {}),
                )
        finally:
            other.shutdown()
            thread.join()
    assert f"its next page would be at {other.url}; expected it at {shop.url}" in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert (len(shop.seen), other.seen) == (1, [])


def test_a_redirect_takes_no_token_along(shop: Shop, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret")
    with Shop() as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        shop.faults = [(302, {"Location": f"http://localhost:{other.server_address[1]}/private/whole"}, b"")]
        try:
            with pytest.raises(ExtractError, match="401"):
                land(day(15), **source(shop, "whole"), env="SHOP_TOKEN")
        finally:
            other.shutdown()
            thread.join()
    assert len(other.seen) == 1


def test_no_rows_are_no_mistake_unless_the_contract_says_so(shop: Shop, land: Land) -> None:
    (nothing,) = land(day(15), **source(shop, "empty"))
    assert (nothing.rows, table(nothing).column_names) == (0, ["id", "updated_at"])
    with pytest.raises(ExtractError, match=r"acme: shop.tickets: .*: 0 rows; expected at least 1"):
        land(day(15), **source(shop, "empty", entity={"min_rows": 1}))


def test_a_limit_of_rate_is_waited_for(shop: Shop, land: Land) -> None:
    shop.faults = [(429, {"Retry-After": "2"}, b"{}")]
    assert ids(land(day(15), **source(shop, "whole"))[0]) == OF_THE_15TH
    assert shop.at[1] - shop.at[0] >= 2


def test_a_server_that_stumbles_is_asked_again(shop: Shop, land: Land) -> None:
    shop.faults = [(500, {"Retry-After": "1"}, b""), (503, {"Retry-After": "1"}, b"")]
    assert ids(land(day(15), **source(shop, "whole"))[0]) == OF_THE_15TH
    assert len(shop.seen) == 3


def test_a_token_comes_from_the_environment_and_is_never_told(
    shop: Shop, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = source(shop, "private/whole")
    with pytest.raises(ExtractError, match=r"answered 401 Unauthorized: no token was sent; name it under"):
        land(day(15), **private)
    monkeypatch.setenv("SHOP_TOKEN", "wr0ng")
    with pytest.raises(ExtractError, match=r"the token that was sent was not accepted") as raised:
        land(day(15), **private, env="SHOP_TOKEN")
    assert "wr0ng" not in repr(raised.value)
    monkeypatch.setenv("SHOP_TOKEN", "s3cret")
    assert ids(land(day(15), **private, env="SHOP_TOKEN")[0]) == OF_THE_15TH


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>", "is no JSON with rows"),
        (b"[2]", "has a row that is no object"),
        (b'[{"id": 1, "updated_at": "soon"}]', "updated_at of a row is 'soon'; expected a time"),
        (b'[{"id": 1}]', "updated_at of a row is 'None'; expected a time"),
        (b'[{"updated_at": "2026-01-15T06:00:00Z"}]', "columns missing: id"),
    ],
)
def test_an_answer_that_is_no_good_lands_nothing(shop: Shop, land: Land, body: bytes, told: str) -> None:
    shop.faults = [(200, {}, body)]
    with pytest.raises(ExtractError) as raised:
        land(day(15), **source(shop, "whole"))
    assert str(raised.value).startswith("acme: shop.tickets: ")
    assert told in str(raised.value)


def test_a_server_that_is_not_there_is_said(shop: Shop, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medallion.extract.rest_reader._ATTEMPTS", 1)
    nowhere = source(shop, "whole") | {"location": "http://127.0.0.1:9"}
    with pytest.raises(ExtractError, match=r"whole: 127.0.0.1:9 cannot be read: ConnectionError"):
        land(day(15), **nowhere)
