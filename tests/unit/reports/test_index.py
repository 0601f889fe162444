import json
import multiprocessing
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import create_engine

from medallion.database import metadata
from medallion.interval import Interval
from medallion.ledger import Ledger
from medallion.pipeline import Asked
from medallion.reports import index, write_run_report
from medallion.reports.fleet_page import picture_of, render_fleet
from medallion.reports.history import RUNS
from medallion.reports.index import read_fleet, update_fleet

HOSTILE = "<script>alert(1)</script>\"'&{{ 7 * 7 }}"


@pytest.fixture
def ledger():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    yield Ledger(engine)
    engine.dispose()


def report(root, client="acme", day=15, *, outcome="delivered", score=0.99, threshold=0.95, reason=""):
    """Put a report into place that says no more than the fleet's page wants to know."""
    figures = {
        "run": {
            "run_id": f"run_{day}",
            "interval_start": f"2026-01-{day:02}T00:00:00Z",
            "interval_end": f"2026-01-{day + 1:02}T00:00:00Z",
            "started_at": f"2026-01-{day + 1:02}T00:05:00Z",
            "ended_at": f"2026-01-{day + 1:02}T00:07:00Z",
            "seconds": 120.0,
        },
        "verdict": {"outcome": outcome, "reasons": [reason] if reason else []},
        "layers": [{"score": None, "threshold": threshold}, {"score": score, "threshold": threshold}],
    }
    folder = root / client / f"year=2026/month=01/day={day:02}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run_report.json").write_text(json.dumps(figures))
    return folder / "run_report.json"


def start(ledger, client="acme", day=15):
    values = {"interval_start": datetime(2026, 1, day), "interval_end": datetime(2026, 1, day + 1)}
    key = index_key(client, day)
    ledger.start_run(key, client_id=client, config_version="x", **values)


def index_key(client, day):
    from medallion.ledger import RunKey

    return RunKey(f"client_{client}_pipeline", f"run_{day}")


def written(root):
    return json.loads((root / "index.json").read_text(encoding="utf-8"))


def test_the_worst_are_first(ledger, tmp_path):
    report(tmp_path, "fine", score=0.999)
    report(tmp_path, "close", score=0.951)
    report(tmp_path, "late", outcome="failed", score=None)
    report(tmp_path, "breached", outcome="failed", score=0.5)
    start(ledger, "new")
    update_fleet(ledger, tmp_path, "fine")
    facts = written(tmp_path)
    assert [one["id"] for one in facts["clients"]] == ["breached", "late", "new", "close", "fine"]
    assert facts["counts"] == {"clients": 5, "delivered": 2, "failed": 2, "no_report": 1}


def test_a_client_shows_its_last_runs_by_interval(ledger, tmp_path):
    for day in (14, 15, 13):
        report(tmp_path, day=day, score=day / 100)
    update_fleet(ledger, tmp_path, "acme")
    (client,) = written(tmp_path)["clients"]
    assert [run["score"] for run in client["runs"]] == [0.15, 0.14, 0.13]
    assert client["runs"][0]["page"] == "year=2026/month=01/day=15/run_report.html"


def test_no_more_runs_are_kept_than_are_drawn(ledger, tmp_path):
    for month in ("02", "01"):
        for day in range(1, 28):
            there = report(tmp_path, day=day)
            target = tmp_path / f"acme/year=2026/month={month}/day={day:02}/run_report.json"
            target.parent.mkdir(parents=True, exist_ok=True)
            there.rename(target)
    update_fleet(ledger, tmp_path, "acme")
    runs = written(tmp_path)["clients"][0]["runs"]
    assert len(runs) == RUNS
    assert [runs[place]["page"][10:25] for place in (0, 26, 27)] == [
        "month=02/day=27",
        "month=02/day=01",
        "month=01/day=27",
    ]


def test_only_the_changed_clients_reports_are_read_again(ledger, tmp_path):
    for client in ("acme", "other"):
        report(tmp_path, client, score=0.96)
    update_fleet(ledger, tmp_path, "acme")
    for client in ("acme", "other"):
        report(tmp_path, client, score=0.98)
    update_fleet(ledger, tmp_path, "acme")
    scores = {one["id"]: one["runs"][0]["score"] for one in written(tmp_path)["clients"]}
    assert scores == {"acme": 0.98, "other": 0.96}


def test_a_client_whose_reports_are_gone_is_gone(ledger, tmp_path):
    gone = report(tmp_path, "gone")
    report(tmp_path)
    update_fleet(ledger, tmp_path, "gone")
    gone.unlink()
    gone.parent.rename(tmp_path / "elsewhere")
    update_fleet(ledger, tmp_path, "gone")
    assert [one["id"] for one in written(tmp_path)["clients"]] == ["acme"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 0}', '{"format": 1}'])
def test_an_index_that_is_broken_is_made_anew(ledger, tmp_path, text):
    report(tmp_path)
    report(tmp_path, "other")
    (tmp_path / "index.json").write_text(text)
    update_fleet(ledger, tmp_path, "acme")
    assert written(tmp_path)["counts"]["clients"] == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"run": {}}', '{"run": 3, "verdict": 4}'])
def test_what_is_no_report_is_left_out(ledger, tmp_path, text):
    report(tmp_path, day=14)
    report(tmp_path, day=15).write_text(text)
    update_fleet(ledger, tmp_path, "acme")
    assert [run["run_id"] for run in written(tmp_path)["clients"][0]["runs"]] == ["run_14"]


def test_a_run_without_a_report_is_told_until_it_has_one(ledger, tmp_path):
    report(tmp_path, day=14)
    start(ledger, day=15)
    update_fleet(ledger, tmp_path, "acme")
    unreported = written(tmp_path)["clients"][0]["unreported"]
    assert (unreported["run_id"], unreported["interval_start"]) == ("run_15", "2026-01-15T00:00:00Z")
    assert "has no report yet" in (tmp_path / "index.html").read_text(encoding="utf-8")
    report(tmp_path, day=15)
    update_fleet(ledger, tmp_path, "acme")
    assert written(tmp_path)["clients"][0]["unreported"] is None


def test_statuses_are_shown_of_whoever_has_one(ledger, tmp_path):
    report(tmp_path)
    update_fleet(ledger, tmp_path, "acme", statuses={"acme": "disabled", "unborn": "active"})
    statuses = {one["id"]: one["status"] for one in written(tmp_path)["clients"]}
    assert statuses == {"acme": "disabled", "unborn": "active"}
    assert "disabled</span>" in (tmp_path / "index.html").read_text(encoding="utf-8")


HOLE = {"hole": True, "said": "2 intervals did not land", "todo": "medallion run acme --date 2026-01-12"}


def looking(found, asked):
    """Look for what is missing; ``asked`` keeps who was looked at."""

    def look(but):
        names = [name for name in found if name not in but]
        asked.append(names)
        return {name: found[name] for name in names}

    return look


def test_what_did_not_land_is_named_with_the_command_that_runs_it(ledger, tmp_path):
    report(tmp_path)
    report(tmp_path, "other")
    update_fleet(ledger, tmp_path, "acme", look=looking({"acme": [HOLE], "other": []}, []))
    missing = {one["id"]: one["missing"] for one in written(tmp_path)["clients"]}
    assert missing == {"acme": [HOLE], "other": []}
    page = Texts((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert (page.said.count("2 intervals did not land"), page.said.count(HOLE["todo"])) == (1, 1)


def test_others_are_looked_at_once_an_hour(ledger, tmp_path):
    asked, found = [], {"acme": [HOLE], "other": [HOLE]}
    for client in found:
        report(tmp_path, client)
    update_fleet(ledger, tmp_path, "acme", look=looking(found, asked))
    update_fleet(ledger, tmp_path, "acme", look=looking(found | {"acme": []}, asked))
    assert asked == [["acme", "other"], ["acme"]]
    missing = {one["id"]: one["missing"] for one in written(tmp_path)["clients"]}
    assert missing == {"acme": [], "other": [HOLE]}

    facts = written(tmp_path)
    for client in facts["clients"]:
        client["looked_at"] = f"{datetime.now(UTC) - timedelta(minutes=61):%Y-%m-%dT%H:%M:%SZ}"
    (tmp_path / "index.json").write_text(json.dumps(facts))
    update_fleet(ledger, tmp_path, "acme", look=looking(found | {"other": []}, asked))
    assert asked[2] == ["acme", "other"]
    assert all(
        one["missing"] == found["acme"] * (one["id"] == "acme") for one in written(tmp_path)["clients"]
    )


def test_a_client_that_is_looked_at_no_more_misses_nothing(ledger, tmp_path):
    report(tmp_path)
    update_fleet(ledger, tmp_path, "acme", look=looking({"acme": [HOLE]}, []))
    update_fleet(ledger, tmp_path, "acme", look=looking({}, []))
    (client,) = written(tmp_path)["clients"]
    assert (client["missing"], client["looked_at"]) == ([], None)


class Texts(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.said, self.elements, self.hrefs = "", set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.hrefs += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.said += data


def test_hostile_names_and_reasons_stay_text(ledger, tmp_path):
    name = HOSTILE.replace("/", "")
    report(tmp_path, name, outcome="failed", reason=HOSTILE)
    report(tmp_path, "javascript:alert(1)")
    start(ledger, name, day=16)
    update_fleet(ledger, tmp_path, name, statuses={name: HOSTILE})
    page = Texts((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert (page.said.count(HOSTILE), page.said.count(name)) == (2, 1)
    assert "script" not in page.elements
    assert all(href.endswith(("run_report.html", "index.json")) for href in page.hrefs)
    assert not any(href.startswith("javascript:") for href in page.hrefs)


def test_a_picture_has_a_bar_for_each_run(ledger, tmp_path):
    for day, outcome, score in ((13, "failed", None), (14, "failed", 0.9), (15, "delivered", 1.0)):
        report(tmp_path, day=day, outcome=outcome, score=score)
    runs = read_fleet(ledger, tmp_path)["clients"][0]["runs"]
    drawn = picture_of(runs)
    assert drawn.good == "M177 31v-30"
    assert drawn.bad == "M165 31v-3M171 31v-10"  # not measured: a stub; 0.9 on an axis from 0.85 to 1
    assert drawn.said == "3 runs, 2 failed; scores from 0.90000 to 1, the last 1"


def test_an_empty_fleet_has_a_page(ledger, tmp_path):
    facts = read_fleet(ledger, tmp_path / "none")
    assert "No client has run yet" in render_fleet(facts)


def test_a_writer_that_died_half_way_is_made_up_for(ledger, tmp_path, monkeypatch):
    for client in ("acme", "other"):
        report(tmp_path, client, score=0.96)
        update_fleet(ledger, tmp_path, client)
    report(tmp_path, "other", score=0.98)
    with monkeypatch.context() as broken:
        broken.setattr(index, "replace_all", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            update_fleet(ledger, tmp_path, "other")
    update_fleet(ledger, tmp_path, "acme")
    scores = {one["id"]: one["runs"][0]["score"] for one in written(tmp_path)["clients"]}
    assert scores == {"acme": 0.96, "other": 0.98}


def _write_many(url, root, client, barrier):
    ledger = Ledger(create_engine(url))
    for day in range(1, 11):
        report(root, client, day)
        barrier.wait(timeout=20)  # a writer that failed must not hold up the others for ever
        update_fleet(ledger, root, client)


def test_several_processes_lose_no_report(tmp_path):
    url, root = f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "reports"
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(3)
    writers = [fork.Process(target=_write_many, args=(url, root, f"c{n}", barrier)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert {one["id"]: len(one["runs"]) for one in written(root)["clients"]} == {"c0": 10, "c1": 10, "c2": 10}
    assert sorted(one.name for one in root.iterdir() if one.is_file()) == [
        ".index.lock",
        "index.html",
        "index.json",
    ]


def test_each_report_is_taken_into_the_index(story, tmp_path):
    told = story()
    told.all_well(has_address={"failing": 41})
    write_run_report(told.ledger, told.plan, told.key, Asked((told.interval,)), tmp_path)
    told.interval = Interval(*(datetime(2026, 1, 16, tzinfo=UTC) + timedelta(days=n) for n in (0, 1)))
    write_run_report(told.ledger, told.plan, told.key, Asked((told.interval,)), tmp_path)
    (client,) = written(tmp_path)["clients"]
    assert (client["id"], [run["score"] for run in client["runs"]]) == ("acme_corp", [0.959, 0.959])
