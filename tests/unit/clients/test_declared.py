"""What is read of the dbt project's YAML, against what dbt itself makes of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from medallion.clients import Client, client_from_dict
from medallion.clients.declared import read_declared

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"


def _client(sources: list[str], steps: list[str]) -> Client:
    rules = {"data_retention_days": 3, "quality_threshold": 0.9}
    lists = {"data_sources": sources, "transformations": steps, "business_rules": rules}
    said = {"description": "A shop", "schedule_interval": timedelta(days=1), "destination": "shelf"}
    return client_from_dict("shop", said | lists)


def test_rules_are_those_of_the_clients_own_sources_and_steps() -> None:
    declared = read_declared(FIXTURES / "dbt")

    assert list(declared.rules_of(_client(["crm", "sales"], ["enrich"]))) == [
        "customer_has_phone",
        "line_has_order",
        "order_has_address",
    ]
    assert list(declared.rules_of(_client(["sales"], ["clean"]))) == ["line_has_order"]


def test_a_key_is_what_is_tested_to_be_unique() -> None:
    keys = {"crm__customers": ("shop_id", "customer_id"), "sales__orders": ("order_id",)}
    assert read_declared(FIXTURES / "dbt").keys == keys


@pytest.mark.parametrize("text", ["models: [", "models: 3", "models: [{}]", "- a", "models: [{name: 1}]", ""])
def test_a_file_that_is_not_right_declares_nothing(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "models" / "silver" / "validate"
    folder.mkdir(parents=True)
    (folder / "_models.yml").write_text(text)

    assert not read_declared(tmp_path).rules


def test_an_expression_that_only_dbt_understands_is_left_to_the_plan(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "silver" / "validate"
    folder.mkdir(parents=True)
    rule = "{name: odd, arguments: {}, config: {enabled: '{{ target.name == 1 }}'}}"
    (folder / "_models.yml").write_text(
        f"models: [{{name: validate_sales__orders, data_tests: [rule: {rule}]}}]"
    )

    assert list(read_declared(tmp_path).rules_of(_client(["sales"], []))) == ["odd"]
