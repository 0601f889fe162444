from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from medallion.clients.schema import SCHEMA_LINE, client_schema, schema_text
from medallion.settings import load_settings

CONFIGS = load_settings().configs


def _refuses(config: object) -> bool:
    return not jsonschema.Draft202012Validator(client_schema()).is_valid(config)


def _config(**changed: object) -> dict[str, object]:
    rules = {"data_retention_days": 365, "quality_threshold": 0.95}
    config: dict[str, object] = {
        "description": "x",
        "schedule_interval": "6h",
        "data_sources": ["crm", {"name": "sales", "location": "s3://bucket/sales"}],
        "transformations": ["clean"],
        "destination": "lake",
        "business_rules": rules,
    }
    return {**config, **changed}


def test_the_schema_on_disk_is_that_of_the_model() -> None:
    assert (CONFIGS / "client.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(client_schema())


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("clients/*.yml")), ids=lambda file: file.stem)
def test_every_client_names_the_schema_and_holds_to_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert text.splitlines()[0] == SCHEMA_LINE
    assert (file.parent / SCHEMA_LINE.split("=")[1]).resolve() == CONFIGS / "client.schema.json"
    jsonschema.validate(yaml.safe_load(text), client_schema())


def test_the_schema_accepts_both_ways_of_writing_a_section() -> None:
    short = _config(cleanup_on="sunday")
    long = _config(
        cleanup_on=["monday", "thursday"],
        business_rules={
            "data_retention_days": {"landing": 1, "bronze": 1, "silver": 1, "gold": 1},
            "quality_threshold": {"default": 0.9, "rules": {"line_has_order": 1}},
            "enable_real_time": False,
        },
    )

    assert not _refuses(short)
    assert not _refuses(long)


@pytest.mark.parametrize(
    "changed",
    [
        {"unknown": 1},
        {"data_sources": []},
        {"data_sources": ["Not A Name"]},
        {"transformations": ["polish"]},
        {"retry_delay": "soon"},
        {"retries": 11},
        {"cleanup_on": "sundays"},
        {"cleanup_on": []},
        {"cleanup_on": ["monday", "daily"]},
        {"notification_email": "nobody"},
        {"business_rules": {"data_retention_days": 0, "quality_threshold": 0.5}},
        {"business_rules": {"data_retention_days": 1, "quality_threshold": 1.5}},
        {"business_rules": {"quality_threshold": 0.5}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_model_refuses(changed: dict[str, object]) -> None:
    assert _refuses(_config(**changed))


def test_the_schema_knows_for_each() -> None:
    assert not _refuses(_config(for_each={"region": ["us-east", 2]}))
    for wrong in (
        {},
        {"region": []},
        {"region": "eu"},
        {"region": ["../etc"]},
        {"Region": ["eu"]},
        {"r": [True]},
    ):
        assert _refuses(_config(for_each=wrong)), wrong


def test_the_schema_asks_for_what_has_no_default() -> None:
    assert client_schema()["required"] == [
        "description",
        "schedule_interval",
        "data_sources",
        "transformations",
        "destination",
        "business_rules",
    ]
