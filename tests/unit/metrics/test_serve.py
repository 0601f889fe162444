import threading
from contextlib import contextmanager

import httpx
import pytest

from medallion.exceptions import ConfigError
from medallion.metrics import exposition
from medallion.metrics.serve import server
from unit.metrics.conftest import fleet_at

LOGIN = ("prometheus", "a test's password")


@contextmanager
def serving(measure):
    with server(0, LOGIN[1], measure, host="127.0.0.1") as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{made.server_port}", trust_env=False) as http:
                yield http
        finally:
            made.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    fleet = fleet_at(f"sqlite:///{tmp_path_factory.mktemp('fleet') / 'ledger.db'}")
    with serving(lambda: exposition([fleet.collector])) as made:
        yield made


def test_whoever_knows_the_password_reads(http):
    found = http.get("/metrics", auth=LOGIN)
    assert found.status_code == 200
    assert found.headers["content-type"].startswith("text/plain; version=")
    assert 'medallion_runs_total{client="shop"} 2.0' in found.text
    assert http.head("/metrics", auth=LOGIN).text == ""


@pytest.mark.parametrize("auth", [None, ("prometheus", ""), ("prometheus", "guessed"), ("admin", LOGIN[1])])
@pytest.mark.parametrize("path", ["/metrics", "/", "/else"])
def test_nobody_else_does(http, auth, path):
    found = http.get(path, auth=auth)
    assert found.status_code == 401
    assert found.headers["www-authenticate"] == 'Basic realm="medallion"'
    assert "shop" not in found.text


@pytest.mark.parametrize(
    "header", ["Bearer x", "Basic", "Basic \u00e4\u00f6", "basic =", "Basic " + "A" * 9000]
)
def test_a_header_that_is_none_is_refused(http, header):
    assert http.get("/metrics", headers={"Authorization": header.encode()}).status_code == 401


def test_other_paths_and_methods_are_named(http):
    assert http.get("/", auth=LOGIN).status_code == 404
    assert http.post("/metrics", auth=LOGIN).status_code == 405


def test_a_ledger_that_is_away_fails_the_scrape_and_the_next_one_is_answered():
    broken = [RuntimeError("postgresql://user:hunter2@host is away")]

    def measure():
        if broken:
            raise broken.pop()
        return b"well 1\n"

    with serving(measure) as http:
        first = http.get("/metrics", auth=LOGIN)
        assert (first.status_code, first.text) == (503, "RuntimeError\n")
        assert http.get("/metrics", auth=LOGIN).text == "well 1\n"


def test_it_is_not_served_without_a_password(monkeypatch):
    from medallion.metrics.cli import metrics

    monkeypatch.delenv("MEDALLION_METRICS_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="MEDALLION_METRICS_PASSWORD is not set: nobody could log in"):
        metrics(port=9187)
