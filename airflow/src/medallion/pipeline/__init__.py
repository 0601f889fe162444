"""Client → plan: which layers, nodes, thresholds and dates a run has. Plain objects, no Airflow, no dbt."""

from medallion.pipeline.asked import Asked, read_asked
from medallion.pipeline.plan import Extract, LayerPlan, Plan, dag_id_of, load_task, make_plan, shape_of
from medallion.pipeline.realtime import (
    Streamed,
    interval_around,
    minute_of,
    realtime_dag_id_of,
    realtime_plan,
    streamed_entities,
)
from medallion.pipeline.schedule import Calendar, calendar_of, cron_of, last_complete_interval
from medallion.pipeline.shape import LAYERS, Node, Rolling, Rule, Shape, layer_nodes, slim_manifest
from medallion.pipeline.snapshots import snapshot_entities

__all__ = [
    "LAYERS",
    "Asked",
    "Calendar",
    "Extract",
    "LayerPlan",
    "Node",
    "Plan",
    "Rolling",
    "Rule",
    "Shape",
    "Streamed",
    "calendar_of",
    "cron_of",
    "dag_id_of",
    "interval_around",
    "last_complete_interval",
    "layer_nodes",
    "load_task",
    "make_plan",
    "minute_of",
    "read_asked",
    "realtime_dag_id_of",
    "realtime_plan",
    "shape_of",
    "slim_manifest",
    "snapshot_entities",
    "streamed_entities",
]
