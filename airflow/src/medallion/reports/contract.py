"""What a run's report holds, key by key: its JSON Schema and its documentation are made from here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

#: Grows when a key changes its meaning or goes away; a further key leaves it as it is.
FORMAT = 1
#: Where the schema lies, from the project's root.
SCHEMA_FILE = "docs/run_report.schema.json"

Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", description="ISO 8601, in UTC.")
]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
LayerName = Literal["bronze", "silver", "gold"]


class Part(BaseModel):
    """A part of the report; what is not known of it is null."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class ClientPart(Part):
    """Whose run it was."""

    id: str
    description: str
    timezone: str = Field(default="UTC", description="By whose clocks its days are named, and its pages.")


class Run(Part):
    """Which run, when, and how long."""

    dag_id: str
    run_id: str
    config_version: str = Field(description="Changes with any value of the client's config.")
    interval_start: Moment
    interval_end: Moment
    started_at: Moment | None
    ended_at: Moment | None = Field(description="The last thing that was written down of the run.")
    seconds: Seconds | None = Field(description="Between started_at and ended_at.")
    asked_by: str | None = Field(default=None, description="null if the schedule started it.")
    reason: str = Field(default="", description="Why it was asked for, as the form was filled in.")
    rebuild: list[LayerName] = Field(default=[], description="Layers that were built anew in full.")


class Verdict(Part):
    """What became of the run."""

    outcome: Literal["delivered", "failed", "dry run"] = Field(
        description="dry run: every gate passed, and nothing was published, as was asked."
    )
    reasons: list[str] = Field(description="The first cause of a failure, or what a delivery lacks.")


class Counts(Part):
    """How many were expected, and what became of them."""

    expected: Count
    done: Count
    failed: Count
    not_built: Count


class Layer(Part):
    """A layer, its gate and its score."""

    name: LayerName
    state: Literal["passed", "nothing to build", "blocked", "failed", "incomplete", "not built"] = Field(
        description="blocked: by a rule; failed: a node failed; incomplete: results are missing."
    )
    gate: Literal["passed", "not passed", "not reached"]
    nodes: Counts
    tests: Counts = Field(description="The hard tests among the nodes.")
    score: Share | None = Field(description="The least score of the layer's gate rules.")
    threshold: Share = Field(description="What the rule of that score is held to.")
    breaches: list[str] = Field(description="Names of the rules below their thresholds.")
    waived: list[str] = Field(description="Names of the rules that pass by a waiver alone.")


class Signed(Part):
    """A waiver in force."""

    until: Day
    why: str
    signed_by: str


class FailingRows(Part):
    """Where the rows are that break a rule."""

    table: str = Field(description="Schema and table in the client's warehouse.")
    column: Literal["_broken_rules", "_flags"] = Field(description="Names the rules that a row breaks.")
    command: str | None = Field(description="Lists them in a terminal; null where the rule keeps its rows.")


class Rule(Part):
    """A rule, what it measured and what followed."""

    rule: str
    layer: LayerName
    model: str = Field(description="Whose rows were measured.")
    condition: str
    effect: Literal["gate", "report"]
    on_fail: Literal["quarantine", "keep"]
    failing: Count | None
    population: Count | None
    score: Share | None
    threshold: Share | None = Field(description="null if the rule never blocks.")
    own_threshold: bool = Field(description="Is the threshold the rule's own, not the client's default?")
    waiver: Signed | None
    failing_rows: FailingRows | None = Field(description="null where the client has no validate step.")
    state: Literal["passed", "waived", "breached", "counted", "not measured", "not run"] = Field(
        description="counted: never blocks; not measured: no row was there to measure."
    )


class Release(Part):
    """A row that was let through by hand."""

    key: dict[str, str]
    rules: list[str]
    why: str
    signed_by: str


class Quarantine(Part):
    """What was taken out of one entity."""

    model: str
    entity: str
    table: str = Field(description="Schema and table in the client's warehouse.")
    command: str = Field(description="Lists the rows in a terminal.")
    rows: Count | None
    rules: dict[str, Count] = Field(description="Failing rows by rule, a released row among them.")
    releases: list[Release] = Field(description="In force, oldest first.")


class Model(Part):
    """A model and how its build ended."""

    name: str
    layer: LayerName
    group: str
    status: str = Field(description="dbt's word for it, or not built.")
    seconds: Seconds | None
    rows: Count | None
    message: str


class Slow(Part):
    """One of the models that cost most."""

    name: str
    layer: LayerName
    seconds: Seconds
    share: Share = Field(description="Of the seconds of all models and tests of the run together.")


class FailingTest(Part):
    """A hard test that failed."""

    name: str
    model: str
    layer: LayerName
    status: str
    rows: Count | None
    message: str


class Tests(Counts):
    """The hard tests of all layers."""

    failing: list[FailingTest]


class Check(Part):
    """What a source's contract was held to before any of it landed; of several intervals the worst."""

    source: str
    entity: str = Field(description="Empty where all of the source's entities are meant.")
    check: Literal["freshness", "min_rows", "rows_a_day", "times_usual", "not_null", "outside_interval"]
    column: str | None = Field(description="The column that not_null is about.")
    on_breach: Literal["fail", "warn"]
    state: Literal["passed", "warned", "failed", "not measured"] = Field(
        description="failed: nothing of the source landed; not measured: no row was there to measure."
    )
    found: Count | None = Field(description="freshness: the newest event's age in seconds; else rows.")
    population: Count | None = Field(description="Of how many rows; null where that has no meaning.")
    allowed: Annotated[float, Field(ge=0)] = Field(
        description="freshness: seconds at most; times_usual: rows at most; min_rows and rows_a_day: rows at "
        "least; else a share of the rows at most."
    )
    intervals: Count = Field(description="How many the run processed.")
    breaches: Count = Field(description="How many of them breached the check.")
    interval_start: Moment = Field(description="Of the interval that was found so.")
    said: str = Field(description="The same as a sentence.")


class Landed(Part):
    """One entity's landing."""

    source: str
    entity: str
    rows: Count
    files: Count
    bytes: Count
    changes: list[str] = Field(description="Of columns, a sentence each.")


class Delivery(Part):
    """The last delivery."""

    destination: str
    path: str
    delivered_at: Moment
    tables: dict[str, Count | None] = Field(description="Rows by table.")
    waived: list[str] = Field(description="The rules it was delivered in spite of.")


class Cleanup(Part):
    """What the last cleanup took from landing."""

    partitions: Count
    files: Count
    bytes: Count
    cleaned_at: Moment
    left_out: str = Field("", description="Why the run was to clean nothing up; blank if it did.")


class Retained(Part):
    """What cleanups deleted of one table or entity, or refused to."""

    layer: str
    object: str
    rows: Count | None
    partitions: Count | None
    files: Count | None
    bytes: Count | None
    share: Share
    cutoff: Day
    refused: bool
    forced: bool


class Build(Part):
    """One dbt build of a layer, or of nodes that were cleared by hand."""

    layer: LayerName
    cause: Literal["layer", "cleared by hand"]
    try_: int = Field(alias="try", ge=1)
    state: str = Field(description="success, retry (another try follows), failed or running.")
    nodes: Count
    started_at: Moment
    seconds: Seconds | None
    message: str


class Retry(Part):
    """A task's try that failed, of what, and what followed; of gates the layers' verdicts tell."""

    task: str = Field(default="", description="Empty in reports of before tasks were named: a layer's build.")
    layer: LayerName | None = Field(description="The task's; null of a task of no layer.")
    try_: int = Field(alias="try", ge=1, description="The try that did not end well.")
    failure: str = Field(default="unknown", description="Its class, of those in docs/failures.md.")
    sign: str = Field(
        default="", description="By which that was recognised, such as HTTP 429; empty if by nothing."
    )
    reason: str
    again: bool = Field(default=True, description="Whether another try was to follow.")
    delay: Seconds | None = Field(
        default=None, description="Until that one; null if Airflow counted it, or none was to follow."
    )
    ended_at: Moment | None
    waited: Seconds | None = Field(description="Until the next try began; null if none has.")


class Links(Part):
    """Where to look further."""

    airflow: str | None = Field(description="The run in Airflow; null where its address is not known.")
    fleet: str = Field(description="The fleet's page, from the report's folder.")
    daily: str | None = Field(
        default=None, description="The day's report, from the report's folder; null of a dry run."
    )


class Report(Part):
    """One run of one client, whatever became of it."""

    format: Literal[1] = Field(description="Grows when a key changes its meaning or goes away.")
    client: ClientPart
    run: Run
    verdict: Verdict
    links: Links
    layers: list[Layer]
    rules: list[Rule]
    quarantine: list[Quarantine]
    models: list[Model]
    slowest: list[Slow] = Field(description="The models that cost most, slowest first.")
    tests: Tests
    checks: list[Check] = Field(default=[], description="In the contracts' order.")
    extraction: list[Landed]
    delivery: Delivery | None
    cleanup: Cleanup | None
    retention: list[Retained]
    builds: list[Build] = Field(description="Oldest first.")
    retries: list[Retry] = Field(description="Oldest first.")


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``run_report.json``; keys it does not know are allowed."""
    what = "One run of one client, whatever became of it; what is not known is null."
    return schema_of(Report, "A run's report", what)


def schema_of(report: type[Part], title: str, description: str) -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    # As it is written: a key that an earlier report may lack is always in a new one.
    schema = report.model_json_schema(by_alias=True, mode="serialization")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
    }
    return head | {key: value for key, value in schema.items() if key not in head}


def schema_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as the text of its file, the same in every process."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
