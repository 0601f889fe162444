# ruff: noqa: S608 - the names in the SQL are the test's own
"""A small shop for the wrong turns: its own source, seven models, a client for each thing that can go wrong.

What goes wrong is in a client's own data and in one switch file a client, so that all of them run in one
Airflow: ``clean_shop__orders`` reads the switch. Missing, the model fails; a named pipe, it waits until
somebody writes; a file, it goes on.
"""

import os
import shutil
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import duckdb
import psutil

from medallion.clients import load_catalog
from medallion.embedded.prepare import make_ready
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger, tables
from medallion.ledger.tries import failed_tries_of
from medallion.pipeline import dag_id_of
from medallion.settings import Settings, load_settings
from sharing import share_airflow_tables

DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
WRONG = ("heals", "no_compile", "hard_test", "strict", "no_file", "refused", "killed", "waits", "asked")
CLIENTS = ("steady", *WRONG, "holes", "late", "idle")
STRICT = ("strict", "holes")  # one order in ten is bad, which their gates do not let pass
#: What stands in a client's file beside what stands in each.
MORE = {"late": "sla: {run: 5s, layers: {bronze: 1s}}\n"}
SWITCHED = "clean_shop__orders"

CLIENT = """
description: A shop that goes wrong in its own way
schedule_interval: 1d
data_sources: [shop]
transformations: [clean, validate, aggregate]
destination: data_warehouse
business_rules:
  data_retention_days: 30
  quality_threshold: {threshold}
notification_email: shop@example.com
retries: 2
retry_delay: 2s
"""
SOURCE = """
description: A shop
connector: files
location: "{samples}/{client}/shop"
format: csv
load: snapshot
entities:
  orders: {path: orders.csv, keys: [id], min_rows: 1, checks: {not_null: [id]}}
  people: {path: people.csv, keys: [id]}
"""
MODELS = {
    "bronze/shop/bronze_shop__orders.sql": """
        select cast(id as integer) as id, cast(amount as integer) as amount, _interval_start, _run_date
        from {{ landed('shop', 'orders') }}""",
    "bronze/shop/bronze_shop__people.sql": """
        select cast(id as integer) as id, _interval_start, _run_date
        from {{ landed('shop', 'people') }}""",
    "silver/clean/shop/clean_shop__orders.sql": """
        {% if execute and var('client') == 'no_compile' %}
            {{ exceptions.raise_compiler_error('there is no such column') }}
        {% endif %}
        select * from {{ ref('bronze_shop__orders') }}
        where 1 = (
            select min(ok) from read_csv('{{ var('landing') }}/../switches/{{ var('client') }}.csv',
                header = false, auto_detect = false, columns = {'ok': 'INTEGER'}, delim = ',')
        )""",
    "silver/clean/shop/clean_shop__people.sql": "select * from {{ ref('bronze_shop__people') }}",
    "silver/validate/shop/validate_shop__orders.sql": "{{ validate('shop', 'orders', ['clean']) }}",
    "gold/shop/shop_orders.sql": "select * from {{ nearest_step('shop', 'orders', ['clean', 'validate']) }}",
    "gold/shop/shop_total.sql": """
        {{ needs_transformation('aggregate') }}
        select count(*) as orders, sum(amount) as amount from {{ ref('shop_orders') }}""",
}
YAML = """
models:
  - name: bronze_shop__orders
    config: {meta: {keys: [id]}}
    columns: [{name: id, data_tests: [not_null]}]
  - name: bronze_shop__people
    config: {meta: {keys: [id]}}
    columns: [{name: id, data_tests: [not_null]}]
  - name: clean_shop__orders
    columns: [{name: id, data_tests: [unique, not_null]}]
  - name: clean_shop__people
    columns: [{name: id, data_tests: [unique]}]
  - name: validate_shop__orders
    columns: [{name: id, data_tests: [unique]}]
    data_tests:
      - rule:
          name: amount_is_positive
          arguments: {source: shop, entity: orders, entering: [clean], condition: amount > 0}
  - name: shop_orders
    columns: [{name: id, data_tests: [unique]}]
  - name: shop_total
    columns: [{name: orders, data_tests: [not_null]}]
"""


class Shop:
    """The project with its clients, and what became of their runs."""

    def __init__(self, folder: Path, clients=CLIENTS, url: str = "", **settings) -> None:
        real = load_settings()
        self.clients = clients
        url = url or f"sqlite:///{folder}/var/registry.db"
        self.settings = Settings(project=folder, home=folder / "var", database_url=url, **settings)
        shutil.copytree(
            real.dbt_project, folder / "dbt", ignore=shutil.ignore_patterns("models", "singular", "target")
        )
        for path, sql in MODELS.items():
            _write(folder / "dbt" / "models" / path, sql)
        _write(folder / "dbt" / "models" / "_shop.yml", YAML)
        _write(folder / "configs" / "sources" / "shop.yml", SOURCE)
        for name in ("defaults.yml", "destinations.yml"):
            shutil.copy(real.configs / name, folder / "configs" / name)
        for client in clients:
            self.open(client, "0.95" if client in STRICT else "0.5", MORE.get(client, ""))
        share_airflow_tables(self.settings)
        catalog = load_catalog(self.settings.configs)
        assert make_ready(catalog, self.settings) == {}

    @property
    def ledger(self):
        return open_ledger(self.settings.database_url)

    def failed_tries(self, client, run_id, task):
        """Number and class of a task's failed tries in a run, and whether another was to follow."""
        rows = failed_tries_of(self.ledger, RunKey(dag_id_of(client), run_id), task)
        return [(row["try_number"], row["failure"], bool(row["again"])) for row in rows]

    # --- what the shop does

    def open(self, client, threshold="0.5", more=""):
        """Write a client's file, more lines of it last, its extract and its switch."""
        text = CLIENT.replace("{threshold}", threshold) + more
        _write(self.settings.configs / "clients" / f"{client}.yml", text)
        self.sell(client)
        self.switch(client)

    def sell(self, client, amounts=(5, 7, -1, 9, 3, 2, 4, 6, 8, 1), twice=False):
        """Write the client's extract; one amount in ten is negative."""
        rows = [f"{number},{amount}" for number, amount in enumerate(amounts)]
        rows += rows[:1] if twice else []
        _write(self.settings.samples / client / "shop" / "orders.csv", "\n".join(["id,amount", *rows]) + "\n")
        _write(self.settings.samples / client / "shop" / "people.csv", "id\n1\n2\n")

    def switch(self, client, position="on"):
        """Set the client's switch: on, off, or wait; on, a model that waits already goes on as well."""
        path = self._switch_of(client)
        waits = os.open(path, os.O_RDWR) if position == "on" and path.is_fifo() else None
        self._put_switch(path, position)
        if waits is not None:  # a next try may have come to it before it was on
            os.write(waits, b"1\n")
            os.close(waits)

    def go_on(self, client):
        """Let the model that waits at the switch go on, and later ones pass."""
        path = self._switch_of(client)
        with path.open("w") as end:  # returns once the model reads
            self._put_switch(path, "on")
            end.write("1\n")

    def _switch_of(self, client):
        return self.settings.home / "switches" / f"{client}.csv"

    def _put_switch(self, path, position):
        """Put the new one into the old one's place: no model finds none in between."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if position == "off":
            path.unlink(missing_ok=True)
            return
        new = path.with_suffix(".new")
        if position == "wait":
            os.mkfifo(new)
        else:
            new.write_text("1\n")
        new.replace(path)

    # --- what became of it

    def last_delivery(self, client):
        """The run that the client's destination holds, and its orders; None while there is none."""
        path = self.settings.destinations / "data_warehouse.duckdb"
        if not path.exists():
            return None
        with duckdb.connect(str(path), read_only=True) as destination:
            schemas = {
                name
                for (name,) in destination.sql(
                    "select schema_name from information_schema.schemata"
                ).fetchall()
            }
            if client not in schemas:
                return None
            last = f"select run_id from {client}._delivery order by delivered_at desc limit 1"
            ((run_id,),) = destination.sql(last).fetchall()
            ((orders,),) = destination.sql(f"select count(*) from {client}.shop_orders").fetchall()
            return run_id, orders

    def builds(self, client, run_id):
        """The run's builds as (layer, state, names of nodes)."""
        key = RunKey(dag_id_of(client), run_id)
        rows = self.ledger.results_after(key)
        return [
            (build.layer, build.state, sorted(_name(row.node) for row in rows if row.build_id == build.id))
            for build in self.ledger.builds(key)
        ]

    def told(self, client):
        """The subjects of the client's mails, oldest first, without what all begin with."""
        mails = sorted((self.settings.outbox / client).glob("*.eml"), key=lambda one: one.stat().st_mtime_ns)
        read = [message_from_bytes(mail.read_bytes(), policy=policy.default) for mail in mails]
        return [mail["Subject"].removeprefix(f"[medallion] {client} ") for mail in read]

    def builder(self, client):
        """The process that holds the client's warehouse open."""
        warehouse = str(self.settings.warehouse(client))
        for process in psutil.process_iter():
            try:
                if any(file.path == warehouse for file in process.open_files()):
                    return process
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return None

    def check_colours(self, client, run_id, tasks, *, reported=True):
        """Every task ended in the colour that its nodes deserve; only a green run delivered."""
        states = {task_id: task["state"] for task_id, task in tasks.items()}
        undone = {task_id: state for task_id, state in states.items() if state not in ENDED}
        assert not undone
        key = RunKey(dag_id_of(client), run_id)
        good = {_name(row.node) for row in self.ledger.latest_results(key).values() if row.good}
        for task_id, state in states.items():
            if task_id.endswith(".run"):
                assert (state == "success") == (task_id.split(".")[-2] in good), f"{task_id} is {state}"
        delivered = bool(self.ledger.rows_of(tables.delivery, key))
        assert delivered == (states["end"] == "success")
        assert (states["daily_report"] == "success") is reported


ENDED = {"success", "failed", "upstream_failed", "skipped"}


def _name(unique_id):
    return unique_id.split(".")[2]


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
