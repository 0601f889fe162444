from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from medallion.clients import Catalog, Transformation, load_catalog

Edit = Callable[[str, str, str], None]


def _told(catalog: Catalog) -> list[str]:
    return [str(problem) for problem in catalog.problems]


def test_a_good_client_is_read_as_written(configs: Path) -> None:
    catalog = load_catalog(configs)

    shop = catalog.clients["shop"]
    assert _told(catalog) == []
    assert shop.schedule_interval == timedelta(hours=6)
    assert [(ref.name, ref.location) for ref in shop.data_sources] == [
        ("crm", None),
        ("sales", "s3://bucket/sales"),
    ]
    assert shop.notification_email == "shop@example.com"
    assert shop.business_rules.data_retention_days.silver == 90
    assert shop.business_rules.quality_threshold.of_rule("line_has_order") == 0.99
    assert shop.business_rules.quality_threshold.of_rule("any_other") == 0.95


def test_a_client_inherits_what_it_does_not_say(configs: Path) -> None:
    catalog = load_catalog(configs)

    shop, small = catalog.clients["shop"], catalog.clients["small"]
    assert (shop.owner, small.owner) == ("shop-team", "fixtures")
    assert (shop.retries, small.retries) == (0, 3)
    assert small.retry_delay == timedelta(minutes=1)
    assert small.start_date == date(2026, 1, 1)
    assert small.business_rules.enable_real_time is False


def test_every_value_says_where_it_came_from(configs: Path) -> None:
    origins = load_catalog(configs).origins["shop"]

    assert origins["owner"] == ("client", "configs/clients/shop.yml:15")
    assert origins["business_rules.quality_threshold"] == ("client", "configs/clients/shop.yml:13")
    assert origins["retry_delay"] == ("defaults", "configs/defaults.yml:2")
    assert origins["start_date"] == ("built in", "")


def test_transformations_run_in_their_own_order_and_a_note_says_so(configs: Path) -> None:
    catalog = load_catalog(configs)

    steps = catalog.clients["shop"].transformations
    assert steps == (Transformation.CLEAN, Transformation.VALIDATE)
    note = "configs/clients/shop.yml:8: transformations: will run in this order: clean, validate"
    assert note in [str(note) for note in catalog.notes]


def test_real_time_has_a_minute_unless_the_client_says_otherwise(configs: Path, edit: Edit) -> None:
    usual = load_catalog(configs).clients["shop"].realtime
    assert (usual.max_delay, usual.batch, usual.limit) == (
        timedelta(minutes=1),
        timedelta(seconds=10),
        50_000,
    )

    edit("clients/shop.yml", "owner: shop-team", "owner: shop-team\nrealtime: {max_delay: 30s, batch: 2s}")
    own = load_catalog(configs).clients["shop"].realtime
    assert (own.max_delay, own.batch) == (timedelta(seconds=30), timedelta(seconds=2))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{batch: 2m}", "realtime.batch: must be shorter than max_delay (1m), is 2m"),
        ("{limit: 0}", "realtime.limit: "),
        ("{queues: [{source: till, env: Q, topic: t}]}", "realtime.queues[0].entity: "),
        ("{queues: [{source: a, entity: b, topic: t}]}", "needs either connection or env"),
    ],
)
def test_a_stream_that_cannot_be_is_refused(configs: Path, edit: Edit, written: str, told: str) -> None:
    edit("clients/shop.yml", "owner: shop-team", f"owner: shop-team\nrealtime: {written}")

    assert told in "\n".join(map(str, load_catalog(configs).problems))


@pytest.mark.parametrize(("gold", "noted"), [(365, True), (91, True), (90, False), (30, False)])
def test_gold_that_shall_outlive_silver_is_noted(configs: Path, edit: Edit, gold: int, noted: bool) -> None:
    edit("clients/shop.yml", "gold: 365", f"gold: {gold}")

    notes = [str(note) for note in load_catalog(configs).notes if "retention" in note.key]

    place = "configs/clients/shop.yml:12: business_rules.data_retention_days.gold: "
    text = f"{gold} days, of tables with a _run_date alone: the other marts hold what silver holds, 90"
    assert notes == [place + text] * noted


def test_two_files_of_one_id_are_both_refused(configs: Path) -> None:
    shutil.copy(configs / "clients/small.yml", configs / "clients/small.yaml")

    catalog = load_catalog(configs)

    assert _told(catalog) == [
        "configs/clients/small.yaml:1: names the same as small.yml; keep one of them",
        "configs/clients/small.yml:1: names the same as small.yaml; keep one of them",
    ]
    assert set(catalog.clients) == {"shop"}
    assert len(catalog.broken["small"]) == 2


def test_an_id_in_other_letters_is_refused_and_the_good_one_stays(configs: Path) -> None:
    shutil.copy(configs / "clients/small.yml", configs / "clients/Small.yml")

    catalog = load_catalog(configs)

    told = _told(catalog)
    assert told[0] == "configs/clients/Small.yml:1: names the same as small.yml; keep one of them"
    assert told[1].startswith("configs/clients/Small.yml:2: id: must be 1 to 50 lower-case")
    assert set(catalog.clients) == {"shop", "small"}


def test_a_file_that_is_not_read_is_noted(configs: Path) -> None:
    (configs / "clients/acme.yml.bak").write_text("", encoding="utf-8")
    (configs / "clients/.hidden").write_text("", encoding="utf-8")

    notes = [str(note) for note in load_catalog(configs).notes if "is not read" in note.message]

    assert notes == ["configs/clients/acme.yml.bak:1: is not read: its name does not end in .yml or .yaml"]


def test_an_empty_place_is_told_folder_by_folder(tmp_path: Path) -> None:
    catalog = load_catalog(tmp_path / "configs")

    assert _told(catalog) == [
        "configs/clients:1: cannot be read: No such file or directory",
        "configs/destinations.yml:1: cannot be read: No such file or directory",
        "configs/sources:1: cannot be read: No such file or directory",
    ]


def test_without_defaults_the_built_in_ones_hold(configs: Path) -> None:
    (configs / "defaults.yml").unlink()

    catalog = load_catalog(configs)

    assert _told(catalog) == []
    assert catalog.clients["small"].owner == "data-platform"


def test_broken_defaults_are_told_once_and_no_client_runs_on_a_guess(configs: Path, edit: Edit) -> None:
    edit("defaults.yml", "retry_delay: 1m", "retry_delay: soon\nretrys: 3")

    catalog = load_catalog(configs)

    assert _told(catalog) == [
        "configs/defaults.yml:2: retry_delay: must be a duration such as 90s, 5m, 6h, 1d or PT6H, is 'soon'",
        "configs/defaults.yml:3: retrys: is not a known key; did you mean 'retries'?",
    ]
    assert catalog.clients == {}
    assert [problem.key for problem in catalog.broken["small"]] == ["retry_delay", "retrys"]


def test_defaults_may_not_say_what_only_a_client_can(configs: Path, edit: Edit) -> None:
    edit("defaults.yml", "owner:", "destination: lake\nowner:")

    (told,) = _told(load_catalog(configs))

    assert told.startswith("configs/defaults.yml:1: destination: is not a known key")


def test_an_inherited_value_that_does_not_fit_points_at_the_client(configs: Path, edit: Edit) -> None:
    edit("clients/small.yml", "destination:", "task_timeout: 12h\ndestination:")

    place = "configs/clients/small.yml:6: run_timeout"
    assert _told(load_catalog(configs)) == [f"{place}: must be at least task_timeout (12h), is 6h"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("format: jsonl", "format: xml", "3: format: must be one of csv, jsonl, parquet, is 'xml'"),
        (
            "load: interval",
            "load: hourly",
            "4: load: must be one of interval, snapshot, history, is 'hourly'; did you mean 'history'?",
        ),
        ("load: interval", "loads: interval", "4: loads: is not a known key; did you mean 'load'?"),
        (
            "freshness: 1d",
            "freshness: 0d",
            "5: freshness: must be longer than 0 and at most ten years, is '0d'",
        ),
        (
            "event_time:",
            "eventtime:",
            "10: entities.orders.eventtime: is not a known key; did you mean 'event_time'?",
        ),
        ("min_rows: 1", "min_rows: -1", "12: entities.orders.min_rows: must be 0 or more, is -1"),
        (
            "freshness: 1d",
            "freshness: {at_most: 1d, on_breach: stop}",
            "5: freshness.on_breach: must be one of fail, warn, is 'stop'",
        ),
        ("freshness: 1d", "freshness: {on_breach: fail}", "5: freshness.at_most: is missing"),
        (
            "min_rows: 1",
            "checks: {rows_per_day: 50}",
            "12: entities.orders.checks.rows_per_day: is not a known key; did you mean 'rows_a_day'?",
        ),
        (
            "min_rows: 1",
            "checks: {rows_a_day: many}",
            "12: entities.orders.checks.rows_a_day: must be a whole number, is 'many'",
        ),
        (
            "min_rows: 1",
            "checks: {not_null: [order_id, {name: ordered_at, share: 2}]}",
            "12: entities.orders.checks.not_null[1].share: must be between 0 and 1, is 2",
        ),
        (
            "min_rows: 1",
            "checks: {not_null: [order_id, order_id]}",
            "12: entities.orders.checks.not_null[1]: is listed twice",
        ),
        (
            "min_rows: 1",
            "checks: {not_null: [{name: order_id, shares: 0}]}",
            "12: entities.orders.checks.not_null[0].shares: is not a known key; did you mean 'share'?",
        ),
        (
            "min_rows: 1",
            "checks: {outside_interval: 5%}",
            "12: entities.orders.checks.outside_interval: must be a number, is '5%'",
        ),
        (
            "min_rows: 1",
            "checks: {freshness: {at_most: 0d}}",
            "12: entities.orders.checks.freshness.at_most: must be longer than 0 and at most ten years, "
            "is '0d'",
        ),
        (
            "[order_id, ordered_at]",
            "[order_id, 'drop table']",
            "11: entities.orders.required[1]: must be a column's name: letters, digits and underscores, "
            "no digit first, is 'drop table'",
        ),
        (
            "path: orders/{interval}.jsonl",
            "path: ../orders.jsonl",
            "8: entities.orders.path: must not lead out of its folder with '..', is '../orders.jsonl'",
        ),
        (
            "path: orders/{interval}.jsonl",
            "path: /orders.jsonl",
            "8: entities.orders.path: must be relative to the source's location, is '/orders.jsonl'",
        ),
        (
            "path: orders/{interval}.jsonl",
            "path: orders/{intervall}.jsonl",
            "8: entities.orders.path: may hold only {interval}, is 'orders/{intervall}.jsonl'; "
            "did you mean 'interval'?",
        ),
        (
            "  orders:",
            "  Orders:",
            "7: entities.Orders: must be 1 to 50 lower-case letters, digits and underscores, a letter first, "
            "is 'Orders'",
        ),
        ("description:", "name: sale\ndescription:", "1: name: must be 'sales' as its place says, is 'sale'"),
    ],
)
def test_a_broken_contract_is_told_and_so_are_its_users(
    configs: Path, edit: Edit, old: str, new: str, told: str
) -> None:
    edit("sources/sales.yml", old, new)

    catalog = load_catalog(configs)

    user = "configs/clients/shop.yml:6: data_sources[1].name: names sales, which has problems of its own"
    assert user in _told(catalog)
    assert f"configs/sources/sales.yml:{told}" in _told(catalog)
    assert set(catalog.clients) == {"small"}
    assert set(catalog.sources) == {"crm", "till"}


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (
            "{type: csv, path: lake}",
            "2: lake.type: must be one of duckdb, parquet, postgres, sqlserver, is 'csv'",
        ),
        ("{type: parquet}", "2: lake.path: is missing"),
        ("{type: parquet, path: lake, pat: x}", "2: lake.pat: is not a known key; did you mean 'path'?"),
        (
            "{type: parquet, path: ../lake}",
            "2: lake.path: must not lead out of its folder with '..', is '../lake'",
        ),
        (
            '{type: parquet, path: "{client}/lake"}',
            "2: lake.path: may hold only no placeholders, is '{client}/lake'",
        ),
        ("parquet", "2: lake: must be a map of keys, is 'parquet'"),
        (
            "{name: pond, type: parquet, path: lake}",
            "2: lake.name: must be 'lake' as its place says, is 'pond'",
        ),
    ],
)
def test_a_broken_destination_is_told_and_so_are_its_users(
    configs: Path, edit: Edit, new: str, told: str
) -> None:
    edit("destinations.yml", "{type: parquet, path: lake}", new)

    catalog = load_catalog(configs)

    assert _told(catalog) == [
        "configs/clients/shop.yml:9: destination: names lake, which has problems of its own",
        f"configs/destinations.yml:{told}",
    ]
    assert set(catalog.destinations) == {"warehouse"}
    assert set(catalog.clients) == {"small"}


def test_a_destination_given_twice_serves_nobody(configs: Path, edit: Edit) -> None:
    edit("destinations.yml", "lake: {", "lake: {type: duckdb, path: lake.duckdb}\nlake: {")

    assert "configs/destinations.yml:3: lake: is given twice, first in line 2" in _told(load_catalog(configs))
    assert set(load_catalog(configs).clients) == {"small"}


def test_the_name_of_a_destination_is_held_to_its_rule(configs: Path, edit: Edit) -> None:
    edit("destinations.yml", "lake: {", "Lake-1: {")

    assert [problem.key for problem in load_catalog(configs).problems][-1] == "Lake-1"
