"""A day's report as a person sees it in a terminal; what it tells stays text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from medallion.reports import words
from medallion.reports.daily_page import trend
from medallion.reports.history import zone_of
from medallion.reports.terminal import STATES, plain, table_of, titled
from medallion.storage import Root

Facts = Mapping[str, Any]
_TICKS = "▁▂▃▄▅▆▇█"
#: Days of a trend that fit beside its figures.
_DAYS = 30
_OUTCOMES = {"delivered": "green", "failed": "red"}


def daily_parts(figures: Facts, page: Root) -> Iterator[RenderableType]:
    """Draw a client's day.

    Args:
        figures: what ``daily_report.json`` holds.
        page: where its page is, with the JSON beside it.
    """
    yield from _head(figures)
    for rolling in figures["rolling"]:
        yield from _week(rolling, figures["day"])
    yield from titled("Runs", _runs(figures["runs"], zone_of(figures)), figures["runs"])
    yield from titled("Layers", _layers(figures), figures["layers"])
    breached = [one for one in figures["rules"] if one["state"] in words.FIRST]
    yield from titled("Rules breached or waived", _rules(breached), breached)
    yield from titled("Extracted", _landed(figures["extraction"]), figures["extraction"])
    if stream := figures.get("stream"):
        yield from _stream(stream)
    yield from _retained(figures["retention"])
    if left_out := figures.get("cleanup_left_out"):
        yield plain(f"nothing was cleaned up: {left_out}")
    yield Text(f"The last {_DAYS} days", "bold")
    yield _trends(figures["trends"])
    yield Text.assemble("page  ", plain(page))
    yield Text.assemble("JSON  ", plain(page.with_suffix(".json")))


def _head(figures: Facts) -> Iterator[RenderableType]:
    totals = figures["totals"]
    style = f"bold {_OUTCOMES[totals['outcome']]}"
    yield Text.assemble(
        (plain(figures["client"]["id"]).plain, "bold"), f"  {figures['day']}  ", (totals["outcome"], style)
    )
    for run in figures["runs"]:
        if run["reason"]:
            yield plain(f"{words.moment(run['interval_start'], zone_of(figures))}: {run['reason']}")
    told = [f"{totals['delivered']} of {totals['runs']} runs delivered"]
    told += [f"{totals['no_report']} without a report"] if totals["no_report"] else []
    told += [f"least score {words.score(totals['score'])}", f"took {words.seconds(totals['seconds'])}"]
    yield Text(", ".join(told), "dim")


def _week(rolling: Facts, day: str) -> Iterator[RenderableType]:
    today = rolling["day"]
    if today is None:
        last = f"; its last one is {rolling['last_day']}" if rolling["last_day"] else ""
        yield plain(f"{rolling['mart']} does not have {day}{last}")
        return
    unit = f" in {rolling['currency']}" if rolling["currency"] else ""
    table = table_of(
        plain(rolling["mart"]),
        "the day",
        "a day of its week",
        "growth",
        "",
        right=("the day", "a day of its week", "growth"),
    )
    for name, value, average, growth, word in (
        (f"revenue{unit}", "revenue", "average_daily_revenue", "revenue_growth", "revenue_trend"),
        ("orders", "order_count", "average_daily_orders", "order_growth", "order_trend"),
    ):
        table.add_row(
            plain(name),
            words.amount(today[value]),
            words.amount(today[average]),
            words.growth(today[growth]),
            today[word] or "",
        )
    yield table


def _runs(runs: Sequence[Facts], zone: str) -> Table:
    table = table_of(
        "interval", "outcome", "score", "threshold", "took", right=("score", "threshold", "took")
    )
    for run in runs:
        table.add_row(
            f"{words.moment(run['interval_start'], zone)} to {words.moment(run['interval_end'], zone)}",
            Text(run["outcome"], _OUTCOMES.get(run["outcome"], "")),
            words.score(run["score"]),
            words.UNKNOWN if run["threshold"] is None else f"{run['threshold']:g}",
            words.seconds(run["seconds"]),
        )
    return table


def _layers(figures: Facts) -> Table:
    table = table_of(
        "layer",
        "nodes",
        "rows of the day",
        "score",
        "threshold",
        right=("nodes", "rows of the day", "score", "threshold"),
    )
    for layer in figures["layers"]:
        own = [one["rows"] for one in figures["processed"] if one["layer"] == layer["name"]]
        nodes = layer["nodes"]
        table.add_row(
            layer["name"],
            f"{nodes['done']} of {nodes['expected']}",
            words.number(sum(own)) if own else words.UNKNOWN,
            words.score(layer["score"]),
            f"{layer['threshold']:g}",
        )
    return table


def _rules(rules: Sequence[Facts]) -> Table:
    table = table_of(
        "rule", "failing", "score", "threshold", "state", right=("failing", "score", "threshold")
    )
    for rule in sorted(rules, key=words.rule_rank):
        table.add_row(
            plain(rule["rule"]),
            f"{words.number(rule['failing'])} of {words.number(rule['population'])}",
            words.score(rule["score"]),
            f"{rule['threshold']:g}",
            Text(rule["state"], STATES.get(rule["state"], "")),
        )
    return table


def _landed(extraction: Sequence[Facts]) -> Table:
    table = table_of("source", "entity", "rows", "size", right=("rows", "size"))
    for one in extraction:
        table.add_row(
            plain(one["source"]), plain(one["entity"]), words.number(one["rows"]), words.size(one["bytes"])
        )
    return table


def _stream(stream: Facts) -> Iterator[RenderableType]:
    told = f"{words.number(stream['events'])} events between the batches, {words.number(stream['late'])} late"
    if stream["p95_seconds"] is not None:
        half, most = words.seconds(stream["p50_seconds"]), words.seconds(stream["p95_seconds"])
        told += f"; half in gold within {half}, 95 % within {most}"
    yield plain(told)
    differing = [
        one for one in stream["differences"] if one["differing"] or one["batch_only"] or one["stream_only"]
    ]
    for one in differing:
        yield plain(
            f"{one['source']}.{one['entity']} {one['interval_start']}: {words.number(one['differing'])} "
            f"events with other values than streamed, {words.number(one['batch_only'])} in the batch alone, "
            f"{words.number(one['stream_only'])} in the stream alone"
        )


def _retained(retention: Sequence[Facts]) -> Iterator[RenderableType]:
    """A line a layer, for every table may have lost something; what was refused is named."""
    gone = [one for one in retention if not one["refused"]]
    for layer in dict.fromkeys(one["layer"] for one in gone):
        own = [one for one in gone if one["layer"] == layer]
        rows, partitions = (words.total(one[kind] for one in own) for kind in ("rows", "partitions"))
        folders = words.counted(partitions, "day" if layer == "reports" else "partition")
        lost = words.counted(rows, "row") if rows else folders
        yield plain(f"past its retention in {layer}: {lost} of {words.counted(len(own), 'object')} deleted")
    for one in retention:
        if one["refused"]:
            yield Text(f"not deleted, too much at once: {one['layer']} {plain(one['object'])}", "yellow")


def _trends(trends: Facts) -> Table:
    table = table_of("", "", "least", "most", "the day", right=("least", "most", "the day"))
    for series in trends["series"]:
        told = trend(series, trends["last_day"])
        table.add_row(
            plain(told["title"]),
            _spark(series["values"][-_DAYS:]),
            told["least"],
            told["most"],
            told["today"],
        )
    return table


def _spark(values: Sequence[float | None]) -> Text:
    """A block a day between the least and the most, and a space where nothing is known."""
    known = [one for one in values if one is not None]
    least, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    steps = len(_TICKS) - 1
    blocks = (
        " " if one is None else _TICKS[round((one - least) / span * steps) if span else steps // 2]
        for one in values
    )
    return Text("".join(blocks), "blue")
