# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.clients import Catalog, Entity, QualityThreshold, SourceContract, SourceRef
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.sample_data import Planted, Recipe, can_generate, generate, generate_client

pytestmark = pytest.mark.slow

MORNING = Interval.parse("2026-01-15T06:00:00+00:00/2026-01-15T12:00:00+00:00")
NOON = Interval.parse("2026-01-15T12:00:00+00:00/2026-01-15T18:00:00+00:00")
DAY = Interval.parse("2026-01-15T00:00:00+00:00/2026-01-16T00:00:00+00:00")


def test_orders_happen_in_their_interval_but_for_late_and_corrected_ones(query, planted) -> None:
    told = planted["sales"].counts["orders"]
    before = "ordered_at < '2026-01-15T06:00:00'"
    sent = "updated_at >= '2026-01-15T06:00:00' and updated_at < '2026-01-15T12:00:00'"
    assert query(f"select count(*) from orders where not ({sent})") == [(0,)]
    ((seen,),) = query(f"select count(distinct order_id) from orders where {before}")
    assert seen == told["late_rows"] + told["corrected_keys"]


def test_a_correction_changes_an_order_of_the_interval_before(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    told = [generate(contracts["sales"], "acme", interval, tmp_path) for interval in (MORNING, NOON)]
    first, second = (f"'{tmp_path}/acme/sales/orders/{interval.stamp}.jsonl'" for interval in (MORNING, NOON))
    corrected = duckdb.sql(
        f"""select count(*), count_if(now.updated_at > before.updated_at and now.status = 'delivered')
        from {second} as now inner join
        (from {first} qualify row_number() over (partition by order_id order by updated_at desc) = 1)
        as before
        using (order_id)"""
    ).fetchall()[0]
    assert corrected == (told[1].counts["orders"]["corrected_keys"],) * 2


def test_payments_are_made_in_their_interval(query) -> None:
    assert query(
        "select count(*) from payments where paid_at > updated_at or updated_at >= '2026-01-15T12:00:00'"
    ) == [(0,)]


def test_the_number_of_orders_follows_the_intervals_length(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    minutes = Interval.parse("2026-01-15T06:00:00+00:00/2026-01-15T06:10:00+00:00")
    small = Recipe(rows_a_day=10_000)
    counted = [
        generate(contracts["sales"], "acme", interval, tmp_path, small).counts["orders"]["keys"]
        for interval in (MORNING, DAY, minutes)
    ]
    assert counted == [500, 2000, 14]


def test_orders_of_an_interval_of_minutes_lie_within_it(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    minutes = Interval.parse("2026-01-15T06:00:00+00:00/2026-01-15T06:10:00+00:00")
    generate(contracts["sales"], "acme", minutes, tmp_path, Recipe(rows_a_day=200_000, defects=0))
    first, last = duckdb.sql(
        f"select min(ordered_at), max(updated_at) from '{tmp_path}/acme/sales/orders/*.jsonl'"
    ).fetchall()[0]
    assert str(first) >= "2026-01-15 06:00:00"
    assert str(last) < "2026-01-15 06:10:00"


@pytest.mark.timeout(30)
def test_time_grows_with_the_orders_not_with_their_square(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    told = generate(contracts["sales"], "acme", DAY, tmp_path, Recipe(rows_a_day=1_000_000))
    assert told.counts["orders"]["keys"] == 200_000


def test_an_interval_long_past_has_customers_and_orders(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    past = Interval.parse("1999-12-31T00:00:00+00:00/2000-01-01T00:00:00+00:00")
    told = {name: generate(contract, "acme", past, tmp_path).counts for name, contract in contracts.items()}
    assert told["crm"]["customers"]["keys"] == 50
    assert told["sales"]["orders"]["keys"] == 4000


def test_customers_join_as_time_goes_by(tmp_path: Path, contracts: dict[str, SourceContract]) -> None:
    later = Interval.parse("2026-12-15T06:00:00+00:00/2026-12-15T12:00:00+00:00")
    first, second = (
        generate(contracts["crm"], "acme", interval, tmp_path).counts["customers"]["keys"]
        for interval in (MORNING, later)
    )
    assert second > first


def test_a_customer_stays_the_same_from_snapshot_to_snapshot(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    for interval in (MORNING, NOON):
        generate(contracts["crm"], "acme", interval, tmp_path, Recipe(defects=0))
    names = duckdb.sql(
        f"""select count(*), count(distinct (customer_id, first_name, last_name, country))
        from '{tmp_path}/acme/crm/customers/*.csv'"""
    ).fetchall()[0]
    assert names[0] == 2 * names[1]


def test_the_contract_says_where_and_in_which_format(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    told = contracts["sales"].model_dump()
    moved = SourceContract(**told | {"format": "csv", "location": "{samples}/shop/{client}"})
    generate(moved, "acme", MORNING, tmp_path, Recipe(rows_a_day=4000))
    first_line = (tmp_path / "shop" / "acme" / "orders" / "20260115T0600.jsonl").read_text().splitlines()[0]
    assert first_line.startswith("order_id,customer_id,")


def test_nothing_unfinished_stays_behind(samples: Path, planted) -> None:
    assert not list(samples.rglob(".*"))


def test_a_source_nobody_can_generate_is_refused_by_name(tmp_path: Path, catalog: Catalog) -> None:
    other = catalog.sources["adventureworks_sales"]
    assert not can_generate(other)
    with pytest.raises(ConfigError, match="adventureworks_sales: there is no generator"):
        generate(other, "acme", MORNING, tmp_path)


def test_an_entity_nobody_can_generate_is_refused_with_those_known(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    odd = contracts["crm"].model_copy(update={"entities": {"visits": Entity(path="v.csv", keys=("id",))}})
    with pytest.raises(ConfigError, match=r"crm: the generator knows customers, segments, not visits"):
        generate(odd, "acme", MORNING, tmp_path)


def test_a_client_gets_all_its_sources_for_all_its_intervals(tmp_path: Path, catalog: Catalog) -> None:
    acme = catalog.clients["acme_corp"]
    told = generate_client(acme, catalog.sources, [MORNING, NOON], tmp_path, rows_a_day=1000)
    assert [(one.interval, one.source) for one in told] == [
        (interval, source)
        for interval in ("20260115T0600", "20260115T1200")
        for source in ("crm", "sales", "inventory")
    ]
    assert (tmp_path / "acme_corp" / "sales" / "orders" / "20260115T1200.jsonl").is_file()


def test_a_source_with_a_location_of_its_own_is_left_alone(tmp_path: Path, catalog: Catalog) -> None:
    acme = catalog.clients["acme_corp"]
    sources = (SourceRef(name="crm", location="s3://acme/crm"), SourceRef(name="sales"))
    client = acme.model_copy(update={"data_sources": sources})
    told = generate_client(client, catalog.sources, [MORNING], tmp_path, rows_a_day=1000)
    assert [one.source for one in told] == ["sales"]


def test_a_location_takes_the_clients_values(tmp_path: Path, catalog: Catalog) -> None:
    client = catalog.clients["acme_corp"].model_copy(update={"values": {"region": "eu-west"}})
    regional = catalog.sources["crm"].model_copy(update={"location": "{samples}/{client}/{region}/crm"})
    generate_client(client, {**catalog.sources, "crm": regional}, [MORNING], tmp_path, rows_a_day=1000)
    assert list((tmp_path / "acme_corp" / "eu-west" / "crm").iterdir())


def test_only_what_is_missing_or_of_another_recipe_is_written(tmp_path: Path, catalog: Catalog) -> None:
    acme = catalog.clients["acme_corp"]
    orders = tmp_path / "acme_corp" / "sales" / "orders" / "20260115T0600.jsonl"

    def write(**recipe: float) -> tuple[list[Planted], int]:
        told = generate_client(
            acme, catalog.sources, [MORNING], tmp_path, rows_a_day=1000, only_missing=True, **recipe
        )
        return told, orders.stat().st_ino

    first = write()
    assert write() == first
    assert write(defects=2)[1] != first[1]
    (tmp_path / "acme_corp" / "sales" / "planted" / "20260115T0600.json").write_text("{}")
    assert write()[0] == first[0]


def test_defects_follow_the_clients_threshold(tmp_path: Path, catalog: Catalog) -> None:
    acme = catalog.clients["acme_corp"]

    def broken(threshold: float) -> int:
        rules = acme.business_rules.model_copy(
            update={"quality_threshold": QualityThreshold(default=threshold)}
        )
        client = acme.model_copy(update={"business_rules": rules})
        told = generate_client(client, catalog.sources, [DAY], tmp_path)
        return next(one for one in told if one.source == "sales").counts["order_lines"][
            "sales_line_has_order"
        ]

    strict, usual, lax = broken(0.99), broken(0.95), broken(0.85)
    assert 0 < strict < usual / 4
    assert usual * 2.7 < lax
    assert broken(1.0) == 0
