"""What a day's report holds, key by key: its JSON Schema and its documentation are made from here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from medallion.reports.contract import (
    ClientPart,
    Count,
    Counts,
    Day,
    Delivery,
    LayerName,
    Moment,
    Part,
    Retained,
    Seconds,
    Share,
    schema_of,
)

#: Grows when a key changes its meaning or goes away; a further key leaves it as it is.
FORMAT = 1
#: Where the schema lies, from the project's root.
SCHEMA_FILE = "docs/daily_report.schema.json"

Trend = Literal["up", "down", "as usual"]


class Totals(Part):
    """What became of the day's runs together."""

    outcome: Literal["delivered", "failed"] = Field(description="failed: any of the day's runs failed.")
    runs: Count = Field(description="One an interval; of repeated ones the last.")
    delivered: Count
    failed: Count
    no_report: Count = Field(description="Runs that have started and left no report, under way or lost.")
    score: Share | None = Field(description="The least score of the day's runs.")
    threshold: Share | None = Field(description="What that score is held to.")
    seconds: Seconds | None = Field(description="Of the day's runs together.")


class DayRun(Part):
    """One of the day's runs."""

    run_id: str
    interval_start: Moment
    interval_end: Moment
    started_at: Moment | None
    ended_at: Moment | None
    seconds: Seconds | None
    outcome: Literal["delivered", "failed", "no report"]
    reason: str = Field(description="The first, of a run that failed or lacks something.")
    score: Share | None
    threshold: Share | None
    page: str | None = Field(description="The run's report, from the folder of all reports.")


class DayLayer(Part):
    """A layer over all runs of the day."""

    name: LayerName
    nodes: Counts = Field(description="Of all runs together: a node of two runs counts twice.")
    score: Share | None = Field(description="The least of the day's runs.")
    threshold: Share | None = Field(description="What that score is held to.")
    breaches: list[str] = Field(description="Names of the rules below their thresholds in any run.")
    waived: list[str] = Field(description="Names of the rules that passed by a waiver alone in any run.")


class DayRule(Part):
    """A rule in that run of the day in which it had the least room above its threshold."""

    rule: str
    layer: LayerName
    model: str = Field(description="Whose rows were measured.")
    failing: Count | None
    population: Count | None
    score: Share | None
    threshold: Share | None = Field(description="null if the rule never blocks.")
    state: str = Field(description="As in a run's report.")


class DayLanded(Part):
    """What the day's runs landed of one entity."""

    source: str
    entity: str
    runs: Count = Field(description="Runs that landed it.")
    rows: Count = Field(description="Of these runs together: what comes whole each time counts each time.")
    files: Count
    bytes: Count


class Processed(Part):
    """The rows of the day in one table of the warehouse."""

    layer: LayerName
    table: str
    rows: Count = Field(description="Those whose _run_date is the day.")


class Cleaned(Part):
    """What the day's cleanups took from landing."""

    partitions: Count
    files: Count
    bytes: Count


class StreamDifference(Part):
    """What a batch found when it held an interval's rows against those of the stream, in events."""

    source: str
    entity: str
    interval_start: Moment
    batch_rows: Count
    stream_rows: Count
    same: Count
    differing: Count = Field(description="The same event with other values: the batch's count.")
    batch_only: Count
    stream_only: Count = Field(description="They stay: the batch has not brought them.")


class StreamPart(Part):
    """What came between the client's batches on the day, and how long it took from event to gold."""

    events: Count = Field(description="That reached gold.")
    late: Count = Field(description="Of these, older than max_delay when they came: no time counts them.")
    duplicates: Count = Field(description="That had come before, and did not land again.")
    waiting: Count = Field(description="That have landed, and are not in gold.")
    micro_batches: Count = Field(description="Runs that brought them to gold, batches among them.")
    p50_seconds: float | None = Field(description="Half of the events took no longer from event to gold.")
    p95_seconds: float | None = Field(description="19 of 20 of each micro-batch took no longer.")
    longest_seconds: float | None
    max_delay_seconds: float = Field(description="What the client allows.")
    differences: list[StreamDifference] = Field(description="Of the day's intervals, as compared first.")


class WeekToday(Part):
    """The day beside the seven days that end with it."""

    order_count: int
    revenue: float
    window_days: Count = Field(description="7; fewer on the first days, before which nothing is known.")
    window_order_count: int
    window_revenue: float
    average_daily_orders: float | None
    average_daily_revenue: float | None
    order_growth: float | None = Field(description="Against the window's average: 0.1 is a tenth more.")
    revenue_growth: float | None = Field(description="As order_growth.")
    order_trend: Trend | None = Field(
        description="as usual: within a tenth of the average; null while the window is shorter than 7 days."
    )
    revenue_trend: Trend | None = Field(description="As order_trend.")


class RollingPart(Part):
    """A mart of rolling weeks in gold."""

    mart: str
    currency: str | None = Field(description="Of its revenue; null where the model does not say.")
    last_day: Day | None = Field(description="The last day it has; null if it has none.")
    day: WeekToday | None = Field(description="null if it does not have the day.")


class Series(Part):
    """One trend."""

    name: Literal["revenue", "orders", "score", "seconds"]
    of: str | None = Field(description="The mart of revenue and orders, the layer of a score.")
    unit: str | None = Field(description="The revenue's currency, where it is known.")
    threshold: Share | None = Field(description="The client's, of a score.")
    values: list[float | None] = Field(
        description="A value a day, first_day first; null where nothing is known. Of several runs of a day "
        "the least score and the sum of the seconds."
    )
    averages: list[float | None] | None = Field(description="The seven days' average, of revenue and orders.")


class Trends(Part):
    """The last days until the report's own."""

    first_day: Day
    last_day: Day
    series: list[Series]


class DailyReport(Part):
    """One day of one client."""

    format: Literal[1] = Field(description="Grows when a key changes its meaning or goes away.")
    client: ClientPart
    day: Day = Field(description="By the client's clocks: that of a run is the one its interval starts on.")
    totals: Totals
    runs: list[DayRun] = Field(description="Oldest interval first.")
    extraction: list[DayLanded]
    processed: list[Processed] = Field(description="In build order; empty if the warehouse was not read.")
    not_read: str = Field(description="Why the warehouse was not read; blank if it was.")
    layers: list[DayLayer]
    rules: list[DayRule]
    delivery: Delivery | None = Field(description="The day's last.")
    rolling: list[RollingPart]
    cleanup: Cleaned | None = Field(description="null if no run of the day cleaned up.")
    cleanup_left_out: str = Field("", description="Why none was to; blank if one did.")
    retention: list[Retained] = Field(description="Of the day's runs together, with the largest share.")
    stream: StreamPart | None = Field(None, description="null if the client has no real time.")
    trends: Trends


def daily_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``daily_report.json``; keys it does not know are allowed."""
    what = "One day of one client, all of its runs together; what is not known is null."
    return schema_of(DailyReport, "A day's report", what)
