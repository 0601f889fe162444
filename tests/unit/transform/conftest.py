"""A dbt project of five models, with the real project's macros, prepared once."""

import shutil
from collections import Counter
from datetime import UTC, datetime

import psycopg
import pytest

from medallion.clients import client_from_dict
from medallion.interval import Interval
from medallion.pipeline import make_plan, shape_of
from medallion.settings import Settings, load_settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare

MODELS = {
    "bronze/shop/bronze_shop__orders.sql": "select i as id, i - 2 as amount from range(10) t(i)",
    "bronze/shop/bronze_shop__people.sql": "select i as id from range(5) t(i)",
    "silver/clean/shop/clean_shop__orders.sql": (
        "select * from {{ ref('bronze_shop__orders') }}\n"
        "where 1 = (select min(ok) from read_csv('{{ env_var('MEDALLION_TEST_FLAG', 'flag.csv') }}'))"
    ),
    "silver/clean/shop/clean_shop__people.sql": "select * from {{ ref('bronze_shop__people') }}",
    "silver/validate/shop/validate_shop__orders.sql": "{{ validate('shop', 'orders', ['clean']) }}",
    "gold/shop/shop_orders.sql": "select * from {{ nearest_step('shop', 'orders', ['clean', 'validate']) }}",
}
YAML = """
models:
  - name: bronze_shop__orders
    config: {meta: {keys: [id]}}
  - name: clean_shop__orders
    columns: [{name: id, data_tests: [unique, not_null]}]
  - name: clean_shop__people
    columns: [{name: id, data_tests: [unique]}]
  - name: validate_shop__orders
    data_tests:
      - rule:
          name: amount_is_positive
          arguments: {source: shop, entity: orders, entering: [clean], condition: "amount > 0"}
          config: {severity: warn, tags: [rule], enabled: true}
"""


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def flag(shop, monkeypatch):
    """The file without which clean_shop__orders fails; there unless a test takes it away."""
    path = shop.settings.home / "flag.csv"
    path.write_text("ok\n1\n")
    monkeypatch.setenv("MEDALLION_TEST_FLAG", str(path))
    return path


class Shop:
    """The prepared project, and one client of it."""

    def __init__(self, folder):
        shutil.copytree(
            load_settings().dbt_project, folder / "dbt", ignore=shutil.ignore_patterns("models", "singular")
        )
        for path, sql in MODELS.items():
            target = folder / "dbt" / "models" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(sql)
        (folder / "dbt" / "models" / "_models.yml").write_text(YAML)
        self.settings = Settings(project=folder, home=folder / "home", database_url="sqlite://")
        self.settings.home.mkdir()
        self.client = client_from_dict(
            "corner_shop",
            {
                "description": "A shop",
                "schedule_interval": "1d",
                "data_sources": ["shop"],
                "transformations": ["clean", "validate"],
                "destination": "shelf",
                "business_rules": {"data_retention_days": 3, "quality_threshold": 0.5},
            },
        )
        self.prepare()

    def write(self, path, sql):
        """Change a model and make the manifest anew."""
        (self.settings.dbt_project / "models" / path).write_text(sql)
        self.prepare()

    def restore(self):
        """Put every model back."""
        for path, sql in MODELS.items():
            (self.settings.dbt_project / "models" / path).write_text(sql)
        self.prepare()

    def prepare(self):
        shape = shape_of(self.client)
        prepare(self.settings, [shape])
        self.plan = make_plan(self.client, load_slim(self.settings, shape))

    def build(self, *layers, nodes=None, unsaid=None):
        """Build layers (or some nodes by name); returns rows by name and what was raised.

        The row of the node ``unsaid`` is not taken. How many rows each node had is in ``told``.
        """
        chosen = [node for layer in layers for node in self.plan.layer(layer).nodes]
        if nodes:
            chosen = [node for node in chosen if node.name in nodes]
        names = {node.unique_id: node.name for node in chosen}
        rows, raised, self.told = {}, None, Counter()
        start = datetime(2026, 1, 15, tzinfo=UTC)
        request = BuildRequest(self.plan, chosen, (Interval(start, start.replace(day=16)),), ())

        def write(row):
            if names[row.node] == unsaid:
                raise psycopg.OperationalError("the ledger is away")
            rows[names[row.node]] = row
            self.told[names[row.node]] += 1

        try:
            build_nodes(self.settings, request, write)
        except Exception as error:  # the tests look at it
            raised = error
        return rows, raised
