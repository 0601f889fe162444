"""Who sees and starts which client, on an API server with FAB's auth manager; who reads any of our pages."""

from __future__ import annotations

import itertools
import shutil
from datetime import timedelta

import httpx
import pytest
from airflow.api_fastapi.core_api.security import get_user
from airflow.serialization.serialized_objects import DagSerialization
from fastapi.dependencies.models import Dependant

from fab_airflow import FabAirflow
from medallion.orchestration.plugin import MedallionPlugin

ACME, SHOP = "client_acme_pipeline", "client_shop_pipeline"
REPORT = "{}/year=2026/month=01/day=15/run_report.html"
#: acme's operator, a reader of the shop, somebody of neither, and the administrator.
PEOPLE = {"olga": ["acme-operators"], "rick": ["shop-readers"], "nina": ["visitors"], "adam": ["Admin"]}
CONFIG = {
    "description": "A client",
    "schedule_interval": timedelta(days=1),
    "data_sources": ["crm"],
    "transformations": ["clean"],
    "destination": "shelf",
    "business_rules": {"data_retention_days": 30, "quality_threshold": 0.9},
}


def routes():
    """Every route of every app that the plugin has, with each of its methods: a new one is tested unasked."""
    for one in MedallionPlugin.fastapi_apps:
        for route in one["app"].routes:
            yield from ((one["url_prefix"], route, method) for method in sorted(route.methods))


ROUTES = list(routes())
IDS = [f"{method} {prefix}{route.path}" for prefix, route, method in ROUTES]


def depends_on(dependant: Dependant):
    """What a route asks for before it is called, however deep."""
    yield dependant.call
    yield from itertools.chain.from_iterable(map(depends_on, dependant.dependencies))


@pytest.mark.parametrize(("prefix", "route", "method"), ROUTES, ids=IDS)
def test_every_route_asks_who_it_is(prefix, route, method):
    assert get_user in depends_on(route.dependant)


def test_the_plugin_has_no_other_way_in():
    assert len(ROUTES) == 2
    for name in ("flask_blueprints", "appbuilder_views", "fastapi_root_middlewares"):
        assert not getattr(MedallionPlugin, name), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("access", "told"),
    [
        ({}, {}),
        ({"see": ["r"]}, {"r": {"DAGs": ["can_read"], "DAG Runs": ["can_read"]}}),
        (
            {"see": ["r", "o"], "trigger": ["o"]},
            {
                "r": {"DAGs": ["can_read"], "DAG Runs": ["can_read"]},
                "o": {"DAGs": ["can_edit", "can_read"], "DAG Runs": ["can_create", "can_read"]},
            },
        ),
    ],
)
def test_a_dag_always_says_who_may_what(dag_of, access, told):
    """Of one that says nothing an auth manager would leave all permissions as they were."""
    dag = dag_of("shop", CONFIG | {"access": access})
    assert dag.access_control == told
    assert DagSerialization.from_dict(DagSerialization.to_dict(dag)).access_control == told
    assert ("may trigger" in dag.doc_md) is ("trigger" in access)


# --- On a server


@pytest.fixture(scope="module")
def fab(tmp_path_factory):
    """The server, of two clients."""
    folder = tmp_path_factory.mktemp("fab")
    server = FabAirflow(folder)
    write(server, "acme", {"trigger": ["acme-operators"]})
    write(server, "shop", {"see": ["shop-readers"]})
    for client in ("acme", "shop"):
        page = server.settings.home / "reports" / REPORT.format(client)
        page.parent.mkdir(parents=True)
        page.write_text(f"<p>{client}'s figures</p>")
    index = server.settings.home / "reports" / "index"
    index.with_suffix(".html").write_text("<p>all figures</p>")
    index.with_suffix(".json").write_text('{"clients": [{"id": "acme"}, {"id": "shop"}]}')
    server.make(PEOPLE)
    with server.serving():
        yield server


def write(server, client, access):
    from dags.conftest import write_files

    write_files(server.dags, client, CONFIG | {"access": access})


@pytest.fixture(scope="module")
def tokens(fab):
    return {name: fab.token(name) for name in PEOPLE}


@pytest.fixture
def ask(fab, tokens):
    """Ask the server for something, as somebody."""

    def ask(who, path, method="GET", **json):
        head = {"Authorization": f"Bearer {tokens[who]}"} if who else {}
        more = {"json": json} if json else {}
        return httpx.request(method, f"{fab.url}{path}", headers=head, timeout=60, **more)

    return ask


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "seen"), [("olga", {ACME}), ("rick", {SHOP}), ("nina", set()), ("adam", {ACME, SHOP})]
)
def test_people_see_their_clients_and_no_others(ask, who, seen):
    listed = ask(who, "/api/v2/dags")
    ids = {dag["dag_id"] for dag in listed.json()["dags"]} if listed.is_success else set()
    assert (ids, listed.status_code) == (seen, 200 if seen else 403)
    for dag in (ACME, SHOP):
        for path in (f"/api/v2/dags/{dag}", f"/api/v2/dags/{dag}/dagRuns", f"/api/v2/dags/{dag}/tasks"):
            if path.endswith("tasks") and who != "adam":
                continue
            assert ask(who, path).status_code == (200 if dag in seen else 403), path


@pytest.mark.slow
@pytest.mark.parametrize(("who", "started"), [("olga", {ACME}), ("rick", set()), ("nina", set())])
def test_people_start_their_clients_and_no_others(ask, who, started):
    for dag in (ACME, SHOP):
        answer = ask(who, f"/api/v2/dags/{dag}/dagRuns", "POST", logical_date=None, dag_run_id=f"by_{who}")
        assert answer.status_code == (200 if dag in started else 403), (dag, answer.text)
        paused = ask(who, f"/api/v2/dags/{dag}", "PATCH", is_paused=False)
        assert paused.status_code == (200 if dag in started else 403), (dag, paused.text)


@pytest.mark.slow
@pytest.mark.parametrize(("prefix", "route", "method"), ROUTES, ids=IDS)
@pytest.mark.parametrize("path", ["", "index.json", REPORT.format("acme"), REPORT.format("nobody")])
def test_no_route_answers_without_a_login_or_without_permission(ask, prefix, route, method, path):
    url = f"{prefix}{route.path.replace('{path:path}', path)}"
    assert "{" not in url, "say here which values the new route's path takes"
    assert ask(None, url, method).status_code == 401
    refused = ask("nina", url, method)
    assert refused.status_code == 403
    assert "figures" not in refused.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "read"), [("olga", {"acme"}), ("rick", {"shop"}), ("adam", {"acme", "shop", "all"})]
)
def test_reports_are_for_those_who_see_the_client(ask, who, read):
    pages = {"acme": REPORT.format("acme"), "shop": REPORT.format("shop"), "all": "index.html"}
    for name, page in pages.items():
        answer = ask(who, f"/medallion/{page}")
        assert (answer.status_code, "figures" in answer.text) == (
            (200, True) if name in read else (403, False)
        )


@pytest.mark.slow
def test_a_report_behind_a_link_is_no_report(fab, ask):
    """Else whoever may write reports of one client could show its people those of another."""
    day = fab.settings.home / "reports" / "acme" / "year=2026" / "month=01" / "day=16"
    day.symlink_to(fab.settings.home / "reports" / "shop" / "year=2026" / "month=01" / "day=15")
    answer = ask("olga", f"/medallion/{REPORT.format('acme').replace('day=15', 'day=16')}")
    assert (answer.status_code, "figures" in answer.text) == (404, False)


@pytest.mark.slow
def test_whom_a_client_names_no_more_sees_it_no_more(fab, ask):
    """The last one: it changes who may what."""
    assert ask("rick", f"/api/v2/dags/{SHOP}").status_code == 200
    shutil.rmtree(fab.dags)
    write(fab, "acme", {"see": ["acme-operators"]})
    write(fab, "shop", {})
    fab.read_dags()
    assert ask("rick", f"/api/v2/dags/{SHOP}").status_code == 403
    assert ask("rick", f"/medallion/{REPORT.format('shop')}").status_code == 403
    assert ask("olga", f"/api/v2/dags/{ACME}").status_code == 200
    started = ask("olga", f"/api/v2/dags/{ACME}/dagRuns", "POST", logical_date=None)
    assert started.status_code == 403
