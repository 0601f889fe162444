from medallion.transform.landed import landed_until


def land(landing, *partitions):
    for partition in partitions:
        (landing / partition).mkdir(parents=True)


def test_the_last_day_of_a_source_is_that_of_what_lands_by_interval(tmp_path):
    land(
        tmp_path,
        "sales/orders/year=2025/month=12/day=31",
        "sales/orders/year=2026/month=01/day=09/hour=0600",
        "sales/orders/year=2026/month=01/day=10",
        "crm/customers/year=2026/month=01/day=20",
        "erp/a_suppliers/year=2026/month=02/day=01",
        "erp/sales_orders/year=2026/month=01/day=12",
        "hr/people",
    )
    found = landed_until(
        tmp_path, ["sales", "crm", "erp", "hr", "finance"], ["crm.customers", "erp.a_suppliers"]
    )
    assert found == {"sales": "2026-01-10", "erp": "2026-01-12"}


def test_a_client_that_never_landed_has_no_last_day(tmp_path):
    assert landed_until(tmp_path / "acme", ["sales"], []) == {}
