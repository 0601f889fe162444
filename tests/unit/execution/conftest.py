from __future__ import annotations

from datetime import UTC, datetime

import pytest

from medallion.clients import client_from_dict
from medallion.execution import BuildJob
from medallion.interval import Interval
from medallion.ledger import RunKey
from medallion.ledger.releases import Release
from medallion.pipeline import LAYERS, LayerPlan, Node, Plan
from medallion.pipeline.plan import Extract
from medallion.pipeline.shape import Rolling, Rule
from medallion.settings import Settings
from medallion.transform import BuildRequest

ORDERS = Node("model.medallion.bronze_shop__orders", "bronze_shop__orders", "model", "bronze", "shop", "-")
RULE = Rule("amount_is_positive", "amount > 0", "gate", "keep", allow_empty=True)
TEST = Node("test.medallion.a", "a", "test", "bronze", "shop", ORDERS.unique_id, RULE, "x", Rolling("EUR"))


@pytest.fixture
def job():
    """A build that has of everything that one can have."""
    client = client_from_dict(
        "corner_shop",
        {
            "description": "A shop",
            "schedule_interval": "6h",
            "timezone": "Europe/Berlin",
            "data_sources": ["shop", {"name": "crm", "location": "s3://deliveries/{client}/crm"}],
            "transformations": ["clean", "validate"],
            "destination": "shelf",
            "business_rules": {
                "data_retention_days": {"landing": 3, "bronze": 3, "silver": 4, "gold": 5},
                "quality_threshold": {"default": 0.5, "rules": {"amount_is_positive": 0.9}},
            },
        },
    )
    start = datetime(2026, 1, 15, tzinfo=UTC)
    release = Release(
        "corner_shop", "shop__orders", {"id": "1"}, (RULE.name,), "paid", "anna", datetime(2026, 1, 1), id=3
    )
    plan = Plan(
        client,
        (Extract("shop", None), Extract("crm", "s3://deliveries/corner_shop/crm")),
        tuple(LayerPlan(layer, (ORDERS, TEST)) for layer in LAYERS),
        "0123456789ab",
    )
    request = BuildRequest(
        plan,
        (ORDERS, TEST),
        (Interval(start, start.replace(hour=6), "Europe/Berlin"),),
        ("shop.orders",),
        (release,),
        full_refresh=True,
        run_id="manual__2026-01-15T00:00:00+00:00",
        build_id=17,
    )
    run = RunKey("client_corner_shop_pipeline", "manual__2026-01-15T00:00:00+00:00")
    return BuildJob(run, "bronze", 2, request)


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path, tmp_path / "home", database_url=f"sqlite:///{tmp_path / 'ledger.db'}")
