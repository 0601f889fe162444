"""A client with a stream of sales, its inbox and landing, and the registry's database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from medallion.clients import Client, Entity, SourceContract, client_from_dict
from medallion.extract.parts import write_part
from medallion.interval import Interval, midnight
from medallion.ledger import Ledger, RunKey, open_ledger, streams
from medallion.pipeline import Streamed
from medallion.settings import Settings
from medallion.storage import found_below
from medallion.stream import Stream, reconcile
from medallion.stream.rows import read_rows

KEY = RunKey("client_shop_realtime", "asset_triggered__1")


class Till:
    """What drops sales into the inbox, and looks at what landed."""

    key = KEY

    def __init__(self, home: Path, **realtime: object) -> None:
        self.now = datetime.now(UTC)
        self.today = Interval(midnight(self.now.date()), midnight(self.now.date() + timedelta(days=1)))
        self.settings = Settings(project=home, home=home, database_url=f"sqlite:///{home}/registry.db")
        self.client: Client = client_from_dict(
            "shop",
            {
                "description": "A shop",
                "schedule_interval": "1d",
                "data_sources": ["till"],
                "transformations": [],
                "destination": "shelf",
                "business_rules": {
                    "data_retention_days": 30,
                    "quality_threshold": 0.5,
                    "enable_real_time": True,
                },
                "realtime": realtime,
            },
        )
        entity = Entity(path="sales/{interval}.jsonl", keys=("id",), event_time="at", required=("amount",))
        self.contract = SourceContract(
            name="till",
            description="Sales",
            connector="files",
            location="{samples}/till",
            format="jsonl",
            load="interval",
            entities={"sales": entity},
        )
        self.sales = Streamed("till", "sales", entity)

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url)

    @property
    def inbox(self) -> Path:
        return self.settings.inbox / "shop" / "till" / "sales"

    @property
    def stream(self) -> Stream:
        return Stream(self.settings, self.ledger, self.client, KEY, sub_daily=False)

    def sale(self, number: int, at: datetime | None = None, amount: float = 5.0) -> dict[str, object]:
        return {"id": f"S{number}", "amount": amount, "at": (at or self.now).isoformat()}

    def drop(self, name: str, *sales: dict[str, object]) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        (self.inbox / name).write_text("".join(f"{json.dumps(one)}\n" for one in sales))

    def take(self) -> list[tuple[int, int, bool]]:
        taken = self.stream.take(self.sales, self.contract)
        return [(one.events, one.duplicates, one.more) for one in taken]

    def landed(self) -> list[str]:
        """The ids of all rows that events brought, copies among them."""
        found = found_below(self.settings.landing / "shop", "stream-0.parquet")
        rows = [read_rows(path, ["id"]) for path in found]
        return sorted(one for table in rows if table for one in table.column("id").to_pylist())

    def batch(
        self, *sales: dict[str, object], interval: Interval | None = None, sub_daily: bool = False
    ) -> None:
        """Land a batch of an interval, of today unless told."""
        interval = interval or self.today
        self._write(interval.partition_path(sub_daily=sub_daily), "part-0.parquet", sales, interval)

    def write_part(self, part: streams.Part, *sales: dict[str, object]) -> None:
        """Land events as if they had come in a minute."""
        self._write(part.path, "stream-0.parquet", sales, self.today)
        streams.land(self.ledger, KEY, "shop", part, None)

    def _write(self, path: str, name: str, sales: Iterable[dict[str, object]], interval: Interval) -> None:
        folder = self.settings.landing / "shop" / "till" / "sales" / path
        folder.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(list(sales))
        write_part(folder / name, table.schema, table.to_batches(), interval)

    def reconcile(
        self, run: str = "manual__1", interval: Interval | None = None, sub_daily: bool = False
    ) -> dict[str, int] | None:
        key = RunKey("client_shop_pipeline", run)
        found = reconcile(
            self.settings,
            self.ledger,
            key,
            self.client,
            self.sales,
            interval or self.today,
            sub_daily=sub_daily,
        )
        return found.counts if found else None

    def waiting(self) -> streams.Waiting:
        return streams.waiting(self.ledger, "shop")


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till(tmp_path)
