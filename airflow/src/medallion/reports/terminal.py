"""A report and the fleet as a person sees them in a terminal; what they tell stays text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from medallion.reports import words
from medallion.reports.history import zone_of
from medallion.terminal import harmless

Facts = Mapping[str, Any]
STATES = {"passed": "green", "breached": "red", "blocked": "red", "failed": "red", "incomplete": "red"}
STATES |= {"warned": "yellow", "waived": "yellow", "retry": "yellow", "success": "green", "not passed": "red"}
_TICKS = "▁▂▃▄▅▆▇█"
_WIDE = 24  # of a bar
_RULES = 8  # shown, if no more are breached or waived


def report_parts(figures: Facts, page: str) -> Iterator[RenderableType]:
    """Draw a run's report.

    Args:
        figures: what ``run_report.json`` holds.
        page: where its page is.
    """
    yield from _head(figures)
    yield _layers(figures["layers"])
    yield from titled("Rules", _rules(figures["rules"]), figures["rules"])
    checks = figures.get("checks", [])  # an earlier version knew none
    filled = [one for one in figures["quarantine"] if one["rows"]]
    yield from titled("Quarantine", _quarantine(filled), filled)
    yield from titled("Checks of what came", _checks(checks), checks)
    yield from titled("Failed", _failed(figures), _broken(figures))
    yield from titled("Failed tries", _retries(figures["retries"]), figures["retries"])
    yield from titled("What costs most", _slowest(figures["slowest"]), figures["slowest"])
    yield _delivery(figures["delivery"])
    if figures["links"]["airflow"]:
        yield Text.assemble("Airflow  ", plain(figures["links"]["airflow"]))
    yield Text.assemble("page     ", plain(page))


def fleet_parts(facts: Facts) -> Iterator[RenderableType]:
    """Draw the fleet: counts, a row a client, the worst first, and what did not land."""
    counts = facts["counts"]
    yield Text.assemble(
        (f"{counts['clients']:,} clients", "bold"),
        f": {counts['delivered']:,} delivered, ",
        (f"{counts['failed']:,} failed", "red" if counts["failed"] else ""),
        f", {counts['no_report']:,} without a report",
    )
    if facts["clients"]:
        yield _fleet(facts["clients"])
    for client in facts["clients"]:
        for one in client["missing"]:
            said = plain(f"{client['id']}: {one['said']}").plain
            yield Text(said, "red" if one["hole"] else "yellow")
            yield plain(f"  → {one['todo']}")


def plain(text: object) -> Text:
    """Text as it is: no markup is read from it, and no character of it reaches the terminal's controls."""
    return Text(harmless(text))


def _head(figures: Facts) -> Iterator[RenderableType]:
    run, outcome = figures["run"], figures["verdict"]["outcome"]
    style = {"delivered": "bold green", "dry run": "bold yellow"}.get(outcome, "bold red")
    yield Text.assemble((plain(figures["client"]["id"]).plain, "bold"), "  ", (outcome, style))
    for reason in figures["verdict"]["reasons"]:
        yield plain(reason)
    zone = zone_of(figures)
    facts = (
        f"{words.moment(run['interval_start'], zone)} to {words.moment(run['interval_end'], zone)}",
        f"started {words.moment(run['started_at'], zone)}",
        f"took {words.seconds(run['seconds'])}",
    )
    yield Text(", ".join(facts), "dim")
    yield plain(run["run_id"])
    said = [f"asked for by {run['asked_by']}"] if run.get("asked_by") else []
    if said or run.get("reason"):
        yield plain(": ".join([*said, run["reason"]] if run.get("reason") else said))


def _layers(layers: Sequence[Facts]) -> Table:
    table = table_of(
        "layer", "state", "nodes", "score", "", "threshold", right=("nodes", "score", "threshold")
    )
    floor = words.score_floor(layers)
    for layer in layers:
        nodes = layer["nodes"]
        table.add_row(
            layer["name"],
            _state(layer["state"]),
            f"{nodes['done']} of {nodes['expected']}",
            words.score(layer["score"]),
            _bar(layer["score"], layer["threshold"], floor),
            f"{layer['threshold']:g}",
        )
    return table


def _rules(rules: Sequence[Facts]) -> RenderableType:
    ranked = sorted(rules, key=words.rule_rank)
    most = max(_RULES, sum(rule["state"] in words.FIRST for rule in ranked))
    table = table_of(
        "rule", "failing", "score", "", "threshold", "state", right=("failing", "score", "threshold")
    )
    floor = words.score_floor(rules)
    for rule in ranked[:most]:
        held = rule["threshold"]
        table.add_row(
            plain(rule["rule"]),
            f"{words.number(rule['failing'])} of {words.number(rule['population'])}",
            words.score(rule["score"]),
            Text("counted, never blocks", "dim") if held is None else _bar(rule["score"], held, floor),
            "" if held is None else f"{held:g}",
            _state(rule["state"]),
        )
    if len(ranked) <= most:
        return table
    return Group(table, Text(f"and {len(ranked) - most} more, none of them breached", "dim"))


def _quarantine(filled: Sequence[Facts]) -> Table:
    table = table_of("taken out to", "rows", "list them with", right=("rows",))
    for one in filled:
        table.add_row(plain(one["table"]), words.number(one["rows"]), plain(one["command"]))
    return table


def _checks(checks: Sequence[Facts]) -> RenderableType:
    """Those that were breached; of the others their number."""
    breached = [one for one in checks if one["state"] in words.FIRST_CHECKS]
    held = Text(f"{len(checks) - len(breached)} held to the contracts, none of them breached", "dim")
    if not breached:
        return held
    table = table_of("check", "found", "allowed", "state", right=("found", "allowed"))
    for one in sorted(breached, key=words.check_rank):
        found, allowed = words.check_found(one), words.check_allowed(one)
        table.add_row(plain(words.check_name(one)), found, allowed, _state(one["state"]))
    return Group(table, held)


def _broken(figures: Facts) -> list[Facts]:
    models = [one for one in figures["models"] if one["message"] and one["status"] != "not built"]
    return [*models, *figures["tests"]["failing"]]


def _failed(figures: Facts) -> Table:
    table = table_of("node", "status", "message")
    for node in _broken(figures):
        table.add_row(plain(node["name"]), plain(node["status"]), plain(node["message"]))
    return table


def _retries(retries: Sequence[Facts]) -> Table:
    table = table_of("task", "try", "class", "again after", "reason", right=("try", "again after"))
    for one in retries:  # a report of before has the layers' builds alone, without their class
        waited = words.seconds(one["waited"]) if one.get("again", True) else "never"
        task, failure = one.get("task") or f"{one['layer']}.build", one.get("failure", "unknown")
        table.add_row(plain(task), str(one["try"]), plain(failure), waited, plain(one["reason"]))
    return table


def _slowest(slowest: Sequence[Facts]) -> Table:
    table = table_of("model", "layer", "took", "share", "", right=("took", "share"))
    for one in slowest:
        bar = Text("█" * max(1, round(one["share"] * _WIDE)), "blue")
        table.add_row(
            plain(one["name"]), one["layer"], words.seconds(one["seconds"]), words.percent(one["share"]), bar
        )
    return table


def _delivery(delivery: Facts | None) -> Text:
    if delivery is None:
        return Text("nothing was delivered; the last good delivery is still in place", "yellow")
    rows = words.number(words.total(delivery["tables"].values()))
    said = f"delivered {len(delivery['tables'])} tables, {rows} rows, to {delivery['destination']}: "
    return plain(said + delivery["path"])


def _fleet(clients: Sequence[Facts]) -> Table:
    right = ("score", "threshold", "took")
    table = table_of(
        "client", "last run", "last scores", "score", "threshold", "interval", "took", right=right
    )
    for client in clients:
        last = client["runs"][0] if client["runs"] else None
        name = plain(client["id"])
        if client["status"] is not None:
            name.append(f"  {plain(client['status']).plain}", "dim")
        if client["unreported"]:
            name.append("\na run has no report yet", "dim")
        if last is None:
            table.add_row(name, Text("no report", "dim"))
            continue
        table.add_row(
            name,
            Text(last["outcome"], "green" if last["outcome"] == "delivered" else "red"),
            _spark(client["runs"][:15]),
            words.score(last["score"]),
            words.UNKNOWN if last["threshold"] is None else f"{last['threshold']:g}",
            words.moment(last["interval_start"], last.get("timezone", "UTC")),
            words.seconds(last["seconds"]),
        )
    return table


def _spark(runs: Sequence[Facts]) -> Text:
    """The last scores, oldest first, a block each; runs that failed are red."""
    floor = words.score_floor(runs)
    drawn = Text()
    for run in reversed(runs):
        value = run["score"]
        step = (
            1 if value is None else max(1, round(float(words.along(value, floor)) * (len(_TICKS) - 1) / 100))
        )
        drawn.append(_TICKS[step], "green" if run["outcome"] == "delivered" else "red")
    return drawn


def _bar(value: float | None, threshold: float, floor: float) -> Text:
    """A score on the axis from ``floor`` to 1, with its threshold as a mark."""
    if value is None:
        return Text("")
    done, mark = (round(float(words.along(one, floor)) * _WIDE / 100) for one in (value, threshold))
    style = "green" if value >= threshold else "red"
    bar = Text("━" * done, style).append("─" * (_WIDE - done), "dim")
    place = min(mark, _WIDE - 1)
    return Text.assemble(bar[:place], ("┃", "bold"), bar[place + 1 :])


def _state(text: str) -> Text:
    return Text(text, STATES.get(text, ""))


def titled(title: str, part: RenderableType, content: Iterable[object]) -> Iterator[RenderableType]:
    """A part below its title; nothing if it has no content."""
    if content:
        yield Text(title, "bold")
        yield part


def table_of(*headings: str | Text, right: Sequence[str] = ()) -> Table:
    """An empty table, those columns to the right that hold numbers."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", justify="right" if heading in right else "left")
    return table
