"""Bronze of columns that landed as a database's, with types: what it is of a file's, which are texts."""

from __future__ import annotations

import pyarrow as pa

SOURCE = "adventureworks_sales"
LINE = {"salesorderid": "1", "productid": "5", "orderqty": "2", "unitpricediscount": "0"}
LINES = [
    {**LINE, "salesorderdetailid": "1", "unitprice": "2024.9940", "modifieddate": "2014-02-08 10:01:36.827"},
    {**LINE, "salesorderdetailid": "2", "unitprice": "-0.5000", "modifieddate": "2011-05-31 00:00:00.000"},
]
ORDERS = [{"salesorderid": "1", "customerid": "7", "onlineorderflag": "true", "orderdate": "2011-05-31"}]
KINDS = {
    **dict.fromkeys(("salesorderid", "salesorderdetailid", "productid", "orderqty"), pa.int64()),
    **dict.fromkeys(("unitprice", "unitpricediscount"), pa.decimal128(19, 4)),
    "modifieddate": pa.timestamp("us"),
    "orderdate": pa.date32(),
    "onlineorderflag": pa.bool_(),
}


def test_bronze_takes_columns_with_types_as_it_takes_texts(project):
    found = {}
    for client, kinds in (("texts", {}), ("typed", KINDS)):
        landed = {"order_lines": LINES, "orders": [{**ORDERS[0], "modifieddate": LINES[0]["modifieddate"]}]}
        project.land_rows(SOURCE, landed, client, kinds=kinds)
        built = project.dbt("build", "--select", "tag:bronze", client=client, sources=(SOURCE,))
        assert set(built.statuses.values()) == {"success", "pass"}
        found[client] = [
            built.rows(f"from {{bronze}}.bronze_{SOURCE}__{name} order by all") for name in landed
        ]
    assert found["typed"] == found["texts"]
    assert [len(rows) for rows in found["typed"]] == [2, 1]
