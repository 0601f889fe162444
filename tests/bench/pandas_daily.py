"""The daily pipeline of a shop as it is usually written with pandas: the yardstick of `make bench`.

Generate a day's orders, lines and payments as CSV; read and clean them; measure the rules and take out what
breaks them; join and add up by day and channel; 7-day windows over the days. It does less than a client's
run: no landing, no tests, no ledger.
"""

import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

CHANNELS = ("web", "web", "app", "store", "phone")
STATUSES = ("paid", "shipped", "shipped", "delivered", "delivered", "cancelled")
DAY = datetime(2026, 1, 15)


def generate(folder: Path, rows: int) -> None:
    """Write about so many rows as three CSV files, one order in twenty bad in some way."""
    chance = random.Random(7)
    orders, lines, payments = [], [], []
    for number in range(rows * 28 // 100):
        order_id = f"O{number:08d}"
        ordered = DAY + timedelta(seconds=chance.randrange(86_400))
        orders.append(
            {
                "order_id": order_id,
                "customer_id": f"C{chance.randrange(100_000):07d}" if number % 19 else "",
                "channel": chance.choice(CHANNELS),
                "status": chance.choice(STATUSES),
                "currency": "EUR" if number % 79 else "XXX",
                "exchange_rate": 1.0,
                "shipping_fee": chance.choice((0, 4.9, 9.9)),
                "ordered_at": (ordered + timedelta(days=45 if number % 71 == 0 else 0)).isoformat(),
                "updated_at": (ordered + timedelta(seconds=chance.randrange(600))).isoformat(),
            }
        )
        total = 0.0
        for line in range(1, 2 + chance.randrange(2)):
            quantity = 1 + chance.randrange(5)
            price = round(5 + chance.random() * 300, 2)
            total += quantity * price
            lines.append(
                {
                    "order_id": order_id if number % 23 else f"X{number:08d}",
                    "line_number": line,
                    "product_id": f"P{chance.randrange(20_000):05d}",
                    "quantity": quantity if number % 53 else -quantity,
                    "unit_price": price,
                    "discount_percent": chance.choice((0, 0, 0, 5, 10)),
                    "updated_at": ordered.isoformat(),
                }
            )
        payments.append(
            {
                "payment_id": f"Y{number:08d}",
                "order_id": order_id,
                "method": chance.choice(("card", "paypal", "invoice", "voucher")),
                "amount": round(total, 2) if number % 61 else -round(total, 2),
                "paid_at": ordered.isoformat(),
                "updated_at": ordered.isoformat(),
            }
        )
    for name, records in (("orders", orders), ("order_lines", lines), ("payments", payments)):
        pd.DataFrame(records).to_csv(folder / f"{name}.csv", index=False)


def validate(folder: Path) -> tuple[dict[str, float], dict[str, pd.DataFrame]]:
    """Read and clean the files; return each rule's score, and the rows that break none."""
    orders = pd.read_csv(folder / "orders.csv", parse_dates=["ordered_at", "updated_at"])
    lines = pd.read_csv(folder / "order_lines.csv", parse_dates=["updated_at"])
    payments = pd.read_csv(folder / "payments.csv", parse_dates=["paid_at", "updated_at"])
    for frame in (orders, lines, payments):
        for column in frame.select_dtypes(["object", "string"]):
            frame[column] = frame[column].str.strip()
    orders = orders.sort_values("updated_at").drop_duplicates("order_id", keep="last")
    lines = lines.sort_values("updated_at").drop_duplicates(["order_id", "line_number"], keep="last")
    payments = payments.sort_values("updated_at").drop_duplicates("payment_id", keep="last")
    rules = {
        "order_is_not_from_the_future": orders["ordered_at"] <= orders["updated_at"],
        "currency_is_known": orders["currency"].isin(["EUR", "CHF", "GBP", "USD", "PLN"]),
        "line_has_order": lines["order_id"].isin(orders["order_id"]),
        "line_quantity_is_positive": lines["quantity"] > 0,
        "line_price_is_positive": lines["unit_price"] > 0,
        "payment_has_order": payments["order_id"].isin(orders["order_id"]),
        "payment_is_positive": payments["amount"] > 0,
    }
    scores = {name: float(holds.mean()) for name, holds in rules.items()}
    good = {
        "orders": orders[rules["order_is_not_from_the_future"]],
        "lines": lines[rules["line_has_order"] & rules["line_quantity_is_positive"]],
        "payments": payments[rules["payment_has_order"] & rules["payment_is_positive"]],
    }
    return scores, good


def process(good: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Join and add up: orders, units, revenue and what was paid, by day and channel."""
    lines = good["lines"]
    lines = lines.assign(
        value=lines["quantity"] * lines["unit_price"] * (100 - lines["discount_percent"]) / 100
    )
    valued = lines.groupby("order_id", as_index=False).agg(units=("quantity", "sum"), value=("value", "sum"))
    paid = good["payments"].groupby("order_id", as_index=False).agg(paid=("amount", "sum"))
    orders = good["orders"].merge(valued, on="order_id", how="left").merge(paid, on="order_id", how="left")
    orders["revenue"] = (orders["value"] * orders["exchange_rate"]).where(orders["status"] != "cancelled", 0)
    orders["day"] = orders["ordered_at"].dt.normalize()
    return orders.groupby(["day", "channel"], as_index=False).agg(
        orders=("order_id", "count"),
        customers=("customer_id", "nunique"),
        units=("units", "sum"),
        revenue=("revenue", "sum"),
        paid=("paid", "sum"),
    )


def roll(daily: pd.DataFrame) -> pd.DataFrame:
    """Averages of orders and revenue over seven days."""
    days = daily.groupby("day")[["orders", "revenue"]].sum().asfreq("D", fill_value=0)
    return days.rolling(7, min_periods=1).mean()


def main() -> None:
    """Run it all once in a folder, for about so many rows."""
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    generate(folder, rows)
    scores, good = validate(folder)
    daily = process(good)
    daily.to_csv(folder / "daily_sales.csv", index=False)
    roll(daily).to_csv(folder / "rolling.csv")
    pd.Series(scores).to_csv(folder / "scores.csv")


if __name__ == "__main__":
    main()
