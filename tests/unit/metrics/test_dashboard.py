"""Grafana's dashboard and the alert rules, asked of a real Prometheus that scrapes a real exporter."""

import json
import re
import shutil
import subprocess
import threading
import time

import httpx
import pytest
import yaml

from medallion.metrics import AirflowCollector, exposition
from medallion.metrics.serve import server
from medallion.settings import load_settings
from servers import free_port
from unit.metrics.conftest import fleet_at
from unit.metrics.test_families import Answers

METRICS = load_settings().project / "deploy" / "metrics"
DASHBOARD = json.loads((METRICS / "grafana" / "dashboards" / "medallion.json").read_text())
PASSWORD = "a test's password"
#: When the shop's third run was scraped.
THIRD_RUN = 'timestamp(medallion_runs_total{client="shop"} == 3)'
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("prometheus"), reason="needs Prometheus"),
]


@pytest.fixture(scope="module")
def fleet_and_exporter(tmp_path_factory):
    """The fleet, and the port of an exporter that tells of it."""
    fleet = fleet_at(f"sqlite:///{tmp_path_factory.mktemp('fleet') / 'ledger.db'}")
    collectors = [fleet.collector, AirflowCollector(Answers().client, ("default", "warehouse"))]
    with server(0, PASSWORD, lambda: exposition(collectors), host="127.0.0.1") as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield fleet, made.server_port
        finally:
            made.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def prometheus(fleet_and_exporter, tmp_path_factory):
    """Prometheus with the stack's own configuration, but for addresses, the password's place and the pace."""
    (fleet, exporter), tmp_path = fleet_and_exporter, tmp_path_factory.mktemp("prometheus")
    config = yaml.safe_load((METRICS / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "2s", "evaluation_interval": "2s"}
    config["rule_files"] = [str(METRICS / "alerts.yml")]
    (scrape,) = config["scrape_configs"]
    scrape["static_configs"] = [{"targets": [f"127.0.0.1:{exporter}"]}]
    scrape["basic_auth"]["password_file"] = str(tmp_path / "password")
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            _wait(lambda: _asked(http, "up") == [1.0], tmp_path / "log")
            # Something more happens between two scrapes, for whatever shows an increase.
            key = fleet.run("shop", "three")
            fleet.lands(key, "crm", 5)
            # All that was scraped then is there whenever it is asked for, also if a later scrape comes late.
            (moment,) = _wait(lambda: _asked(http, THIRD_RUN), tmp_path / "log")
            yield http, moment
    finally:
        process.terminate()
        process.wait(30)


def _asked(http, query, at=None):
    try:
        answer = http.get("/api/v1/query", params={"query": query} | ({"time": at} if at else {}))
    except httpx.TransportError:
        return None
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:  # it still starts
        return None
    found = answer.json()
    assert found["status"] == "success", f"{query}: {found}"
    return [float(one["value"][1]) for one in found["data"]["result"]]


def _wait(holds, log):
    end = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.2)
    return found


def test_every_panel_shows_something(prometheus):
    http, at = prometheus
    asked = {
        f"{panel['title']}: {target['expr']}": _asked(http, target["expr"].replace("$client", ".*"), at)
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    }
    assert len(asked) >= 15
    assert [query for query, found in asked.items() if not found] == []
    ((least,),) = [found for query, found in asked.items() if query.startswith("Least room")]
    assert round(least, 6) == 0.01
    ((waiting,),) = [found for query, found in asked.items() if query.startswith("Tasks waiting")]
    assert waiting == 7
    assert max(max(found) for query, found in asked.items() if query.startswith("Runs and deliveries")) > 0


def test_the_clients_of_its_list_are_those_that_ran(prometheus):
    (variable,) = DASHBOARD["templating"]["list"]
    assert variable["query"]["query"] == "label_values(medallion_runs_total, client)"
    http, _ = prometheus
    found = http.get("/api/v1/series", params={"match[]": "medallion_runs_total"}).json()["data"]
    assert {one["client"] for one in found} == {"shop", "app"}


def test_prometheus_takes_the_rules_and_each_speaks_of_what_there_is(prometheus):
    http, _ = prometheus
    (group,) = http.get("/api/v1/rules").json()["data"]["groups"]
    rules = group["rules"]
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    there = set(http.get("/api/v1/label/__name__/values").json()["data"])
    named = {name for rule in rules for name in re.findall("medallion_[a-z_]+", rule["query"])}
    assert len(named) >= 8
    assert named - there == set()


def test_each_rule_fires_when_it_should_and_not_before():
    command = ["promtool", "test", "rules", "alerts_test.yml"]
    done = subprocess.run(command, cwd=METRICS, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    rules = yaml.safe_load((METRICS / "alerts.yml").read_text())["groups"][0]["rules"]
    tested = yaml.safe_load((METRICS / "alerts_test.yml").read_text())["tests"][0]["alert_rule_test"]
    assert {one["alertname"] for one in tested if one.get("exp_alerts")} == {rule["alert"] for rule in rules}
