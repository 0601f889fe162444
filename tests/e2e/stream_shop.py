"""A small shop with real time: one source of events, six models, and what is dropped into its inbox."""

import json
import shutil
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from live_airflow import until
from sqlalchemy import select

from medallion.clients import load_catalog
from medallion.embedded.prepare import make_ready
from medallion.interval import Interval, midnight
from medallion.ledger import RunKey, open_ledger, streams
from medallion.pipeline import dag_id_of, realtime_dag_id_of
from medallion.settings import Settings, load_settings
from sharing import share_airflow_tables

CLIENT = """
description: A shop that sells all day
schedule_interval: null
data_sources: [till]
transformations: [{steps}]
destination: data_warehouse
business_rules: {{data_retention_days: 30, quality_threshold: {threshold}, enable_real_time: {real_time}}}
notification_email: shop@example.com
retries: 2
retry_delay: 2s
realtime: {{max_delay: {max_delay}, batch: {batch}, limit: {limit}, queues: [{queues}]}}
"""
SOURCE = """
description: What is sold, sale by sale
connector: files
location: "{samples}/{client}/till"
format: jsonl
load: interval
entities:
  sales: {path: "sales/{interval}.jsonl", keys: [sale_id], event_time: sold_at, required: [amount, item]}
"""
MODELS = {
    "bronze/till/bronze_till__sales.sql": """
        select
            {{ to_text('sale_id') }} as sale_id, {{ to_text('item') }} as item,
            {{ to_decimal('amount', typed=true) }} as amount,
            {{ to_timestamp('sold_at', typed=true) }} as sold_at,
            _interval_start, _run_date
        from {{ landed('till', 'sales') }}""",
    "silver/clean/till/clean_till__sales.sql": """
        {{ clean('till', 'sales', newest=['sold_at', '_interval_start'], texts=['sale_id', 'item'],
            kept=['amount', 'sold_at']) }}""",
    "silver/validate/till/validate_till__sales.sql": "{{ validate('till', 'sales', ['clean']) }}",
    "silver/validate/till/quarantine_till__sales.sql": "{{ quarantine('till', 'sales', ['clean']) }}",
    "gold/till/till_sales.sql": """
        {%- set steps = ['clean', 'validate'] -%}
        {{- keyed(nearest_name('till', 'sales', steps), ['sale_id'], logged=['sale_date']) -}}
        with sales as (
            select * from {{ one_per_key('till', 'sales', steps, ['sold_at', '_interval_start']) }}
            {{- touched('sales') }}
        )
        select sale_id, item, amount, sold_at, cast(sold_at as date) as sale_date from sales""",
    "gold/till/till_days.sql": """
        {{- keyed('till_sales', ['sale_date']) -}}
        select sale_date, count(*) as sale_count, sum(amount) as amount
        from {{ ref('till_sales') }} as sales {{- touched('sales') }} group by sale_date""",
    "gold/till/till_items.sql": """
        select item, count(*) as sale_count from {{ ref('till_sales') }} group by item""",
}
YAML = """
models:
  - name: bronze_till__sales
    config: {meta: {keys: [sale_id]}, tags: [realtime]}
    columns: [{name: _interval_start, data_tests: [not_null]}]
  - name: clean_till__sales
    config: {tags: [realtime]}
    columns: [{name: sale_id, data_tests: [unique, not_null]}]
  - name: validate_till__sales
    config: {tags: [realtime]}
    columns: [{name: sale_id, data_tests: [unique]}]
    data_tests:
      - rule:
          name: sale_amount_is_positive
          arguments: {source: till, entity: sales, entering: [clean], condition: amount > 0}
  - name: quarantine_till__sales
    config: {tags: [realtime]}
  - name: till_sales
    config: {tags: [realtime]}
    columns: [{name: sale_id, data_tests: [unique, not_null]}]
  - name: till_days
    config: {tags: [realtime]}
    columns: [{name: sale_date, data_tests: [unique]}]
  - name: till_items
    columns: [{name: item, data_tests: [unique]}]
"""


class StreamShop:
    """The project with its clients, their inboxes, and what became of their events."""

    def __init__(self, folder: Path, clients=("live",), own=None, **more) -> None:
        real = load_settings()
        self.clients = clients
        self.settings = Settings(
            project=folder, home=folder / "var", database_url=f"sqlite:///{folder}/var/registry.db"
        )
        shutil.copytree(
            real.dbt_project, folder / "dbt", ignore=shutil.ignore_patterns("models", "singular", "target")
        )
        for path, sql in MODELS.items():
            _write(folder / "dbt" / "models" / path, sql)
        _write(folder / "dbt" / "models" / "_till.yml", YAML)
        _write(folder / "configs" / "sources" / "till.yml", SOURCE)
        for name in ("defaults.yml", "destinations.yml"):
            shutil.copy(real.configs / name, folder / "configs" / name)
        for client in clients:
            self.open(client, **more, **(own or {}).get(client, {}))
        share_airflow_tables(self.settings)
        self.catalog = load_catalog(self.settings.configs)
        assert make_ready(self.catalog, self.settings) == {}
        self.sold = Counter()

    @property
    def ledger(self):
        return open_ledger(self.settings.database_url)

    def open(
        self, client, *, batch="3s", max_delay="60s", limit=50_000, threshold=0.5, real_time=True,
        steps="clean, validate", queues="",
    ):  # fmt: skip
        """Write a client's file."""
        text = CLIENT.format(
            batch=batch, max_delay=max_delay, limit=limit, threshold=threshold, steps=steps, queues=queues,
            real_time=str(real_time).lower(),
        )  # fmt: skip
        _write(self.settings.configs / "clients" / f"{client}.yml", text)

    def inbox(self, client="live"):
        return self.settings.inbox / client / "till" / "sales"

    def drop(self, sales, client="live", name=None):
        """Move a file of events into the inbox, written beside it first."""
        folder = self.inbox(client)
        folder.mkdir(parents=True, exist_ok=True)
        name = name or f"{time.time_ns()}.jsonl"
        scratch = folder / f".{name}"
        scratch.write_text("".join(f"{json.dumps(sale)}\n" for sale in sales))
        scratch.replace(folder / name)

    def sale(self, number, at=None, amount=5, item="tea"):
        """One event, now unless said otherwise."""
        at = at or datetime.now(UTC)
        return {"sale_id": f"S{number}", "item": item, "amount": amount, "sold_at": at.isoformat()}

    def deliver(self, sales, interval, client="live"):
        """Write the file that a batch of an interval extracts."""
        path = self.settings.samples / client / "till" / "sales" / f"{interval.stamp}.jsonl"
        _write(path, "".join(f"{json.dumps(sale)}\n" for sale in sales))

    # --- what became of it

    def destination(self, query, client="live"):
        """Ask the client's schema at the destination; nothing while there is none."""
        path = self.settings.destinations / "data_warehouse.duckdb"
        if not path.exists():
            return []
        for _ in range(100):
            try:
                with duckdb.connect(str(path), read_only=True) as found:
                    found.execute(f"use {client}")
                    return found.execute(query).fetchall()
            except duckdb.CatalogException:
                return []
            except duckdb.IOException:  # a delivery has it open
                time.sleep(0.1)
        raise AssertionError(f"{path} stayed held")

    def warehouse(self, query, client="live"):
        for _ in range(100):
            try:
                with duckdb.connect(str(self.settings.warehouse(client)), read_only=True) as found:
                    return found.execute(query).fetchall()
            except duckdb.IOException:
                time.sleep(0.1)
        raise AssertionError("the warehouse stayed held")

    def delivered(self, client="live"):
        """How many sales the destination has, and how many different ones."""
        found = self.destination("select count(*), count(distinct sale_id) from till_sales", client)
        return found[0] if found else (0, 0)

    def rows_of(self, table, client="live"):
        with self.ledger.engine.connect() as connection:
            query = select(table).where(table.c.client_id == client)
            return [dict(row._mapping) for row in connection.execute(query)]

    def waiting(self, client="live"):
        return streams.waiting(self.ledger, client)


class LiveStream:
    """The shop's clients on a live Airflow."""

    def __init__(self, shop, airflow):
        self.shop = shop
        self.airflow = airflow

    def batch(self, sales, interval, client="live", seconds=240, good=True):
        """Run a batch of an interval to its end."""
        self.shop.deliver(sales, interval, client)
        dag = dag_id_of(client)
        run_id = self.airflow.client.trigger(dag, interval)
        state = until(
            f"the batch of {client}",
            lambda: (
                (found := self.airflow.client.run(dag, run_id)["state"]) in ("success", "failed") and found
            ),
            seconds,
        )
        if good:
            tasks = {name: one["state"] for name, one in self.airflow.client.tasks(dag, run_id).items()}
            assert state == "success", tasks
        return RunKey(dag, run_id)

    def watched(self, client="live"):
        """Wait until Airflow watches the client's inbox."""
        until(f"the watcher of {client}", lambda: self.watchers(client))

    def watchers(self, client):
        pattern = {"name_pattern": realtime_dag_id_of(client)}
        found = self.airflow.client._send("GET", "/assets", params=pattern).json().get("assets")
        return bool(found and found[0]["watchers"])

    def runs(self, client="live"):
        return self.airflow.client.runs(realtime_dag_id_of(client))


def not_over_midnight(minutes=12):
    """Wait for the next day where this one ends so soon: what is compared by days must not go over one."""
    left = day().end - datetime.now(UTC)
    if left < timedelta(minutes=minutes):
        time.sleep(left.total_seconds() + 1)


def day(back=0):
    """A whole day in UTC: today, or so many days before."""
    date = (datetime.now(UTC) - timedelta(days=back)).date()
    return Interval(midnight(date), midnight(date + timedelta(days=1)))


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
