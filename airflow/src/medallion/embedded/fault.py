"""A planted fault on its way to people: the gate that stopped it, the mail that tells it, the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from email import message_from_bytes, policy
from pathlib import Path

from rich.text import Text
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from medallion.clients import Catalog, Client
from medallion.embedded.follow import ClientRun
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey, open_ledger, tables
from medallion.ledger.told import SENDING, channels_told, open_causes
from medallion.notifications import GateBreached
from medallion.notifications.outbox import Outbox
from medallion.pipeline import calendar_of
from medallion.pipeline.schedule import shares_days
from medallion.quality import RuleScore
from medallion.reports.history import HTML_FILE
from medallion.sample_data import Fault
from medallion.sample_data.generate import DEFECTS, can_generate
from medallion.settings import Settings

#: Telling a person ends within ten seconds of a task, and a task may end with its run.
_TOLD_WITHIN = 30.0


@dataclass(frozen=True)
class Way:
    """How a breach went from the gate to people.

    Attributes:
        run: the run that was stopped.
        gate: the first gate that did not pass; blank if all of them did.
        rules: the rules that it found below their thresholds.
        mail: the file that holds the mail; None where it went to a mail server, or nowhere.
        subject: the mail's.
        told: who was told, and how that went.
        report: the run's report.
    """

    run: ClientRun
    gate: str
    rules: tuple[RuleScore, ...]
    mail: Path | None
    subject: str
    told: tuple[str, ...]
    report: str


def chosen_for(
    fault: Fault, clients: Sequence[Client], catalog: Catalog, defects: float
) -> tuple[Client, float]:
    """The client that the fault happens to, and how many defects its extracts need for that.

    Args:
        fault: which.
        clients: those that run here.
        catalog: with their sources.
        defects: as many are planted at least.

    Raises:
        ConfigError: if the extracts of none of them are generated.
    """
    for client in clients:
        if all(can_generate(catalog.sources[source.name]) for source in client.data_sources):
            return client, max(defects, DEFECTS["high"])
    raise ConfigError(f"no client for the fault {fault}: it needs one whose extracts are generated")


def way_of(settings: Settings, client: Client, run: ClientRun, interval: Interval) -> Way:
    """Follow a breach from the gate to people; waits until whoever is being told has been.

    Args:
        settings: the installation.
        client: whose run.
        run: the run, which has ended.
        interval: which one it processed.
    """
    ledger, key = open_ledger(settings.database_url), RunKey(run.dag_id, run.run_id)
    verdicts = [row for row in ledger.rows_of(tables.verdict, key) if not row["passed"]]
    first = next((row for row in verdicts if _breaches(row)), None)
    told = _told(ledger, key)
    mail, subject = _mail(settings, run)
    page = interval.partition_path(sub_daily=shares_days(calendar_of(client)))
    return Way(
        run=run,
        gate=first["gate"] if first else "",
        rules=tuple(_breaches(first)) if first else (),
        mail=mail,
        subject=subject,
        told=told,
        report=str(settings.reports / client.id / page / HTML_FILE),
    )


def way_lines(way: Way) -> Iterator[Text]:
    """Write the way as a person reads it, and what to do next."""
    client = way.run.client_id
    if not way.gate:
        yield Text(f"{client}: no rule is below its threshold; see what failed above", "yellow")
        return
    yield Text.assemble(
        ("\n1 gate    ", "bold"), f"{way.gate} of {client} stopped the run: nothing was published"
    )
    for rule in way.rules:
        yield Text(f"            {rule}")
    yield Text.assemble(("2 mail    ", "bold"), way.subject or "none was written")
    for said in (str(way.mail) if way.mail else "", *way.told):
        if said:
            yield Text(f"            {said}")
    yield Text.assemble(("3 report  ", "bold"), way.report)
    yield Text("next", "bold")
    for command, why in next_steps(way):
        yield Text(f"            {command}")
        yield Text(f"                {why}", "dim")


def next_steps(way: Way) -> list[tuple[str, str]]:
    """What a person does now: a command, and what for."""
    client, rule = way.run.client_id, way.rules[0].rule
    waive = f"medallion waive {client} {rule} --until DAY --why WHY"
    return [
        (f"medallion report {client}", "the run, and its score beside those before it"),
        (f"medallion quarantine {client}", "the rows that were taken out, where the client validates"),
        (waive, "sign for them, or have the source mend them"),
        ("make demo", "the same day without the fault: it delivers"),
    ]


def way_facts(way: Way) -> dict[str, object]:
    """The same for programs."""
    return {
        "client": way.run.client_id,
        "gate": way.gate,
        "rules": [rule.facts() for rule in way.rules],
        "mail": str(way.mail) if way.mail else None,
        "subject": way.subject,
        "told": list(way.told),
        "report": way.report,
    }


def _breaches(row: dict[str, object]) -> Iterable[RuleScore]:
    detail = row["detail"]
    assert isinstance(detail, dict)  # noqa: S101 - as the gate wrote it
    names = {field.name for field in fields(RuleScore)}
    for said in detail.get("rules", []):
        if not said["passed"]:
            yield RuleScore(**{name: value for name, value in said.items() if name in names})


def _told(ledger: Ledger, key: RunKey) -> tuple[str, ...]:
    """The channels that were told of the breach, once none is being told any more."""

    def look() -> dict[str, tuple[str, str]]:
        causes = [one.id for one in open_causes(ledger, key) if one.kind == GateBreached.kind]
        return channels_told(ledger, causes)

    unsure = retry_if_result(lambda found: not found or any(state == SENDING for state, _ in found.values()))
    patiently = Retrying(retry=unsure, wait=wait_fixed(0.3), stop=stop_after_delay(_TOLD_WITHIN))
    try:
        found = patiently(look)
    except RetryError:
        found = look()
    return tuple(f"{name}: {state}{f', {why}' if why else ''}" for name, (state, why) in found.items())


def _mail(settings: Settings, run: ClientRun) -> tuple[Path | None, str]:
    for path in Outbox(settings.outbox).mails_of(run.client_id, run.run_id):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        if GateBreached.kind.replace(" ", "_") in path.name:
            return path, str(mail["Subject"])
    return None, ""
