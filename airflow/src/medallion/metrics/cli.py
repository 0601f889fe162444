"""``medallion metrics``; ``medallion.cli`` takes it in."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from medallion.exceptions import ConfigError
from medallion.settings import Settings, load_settings
from medallion.terminal import Commands, line, out

app = typer.Typer(cls=Commands)
_PASSWORD = "MEDALLION_METRICS_PASSWORD"  # noqa: S105  # a variable's name


@app.command()
def metrics(
    port: Annotated[
        int | None,
        typer.Option(
            "--serve", min=1, max=65535, metavar="PORT", help="Serve them until stopped, for Prometheus."
        ),
    ] = None,
) -> None:
    """Print what ledger and Airflow know of the fleet in Prometheus's format, or serve it."""
    settings = load_settings()
    if port is None:
        typer.echo(_measured(settings), nl=False)
        return
    from medallion.metrics.serve import PATH, USER, server

    password = os.environ.get(_PASSWORD)
    if not password:
        raise ConfigError(f"{_PASSWORD} is not set: nobody could log in")
    with server(port, password, lambda: _measured(settings)) as serving:
        line(out(), f"metrics at http://localhost:{port}{PATH}, for the user {USER}", style="green")
        serving.serve_forever()


def _measured(settings: Settings) -> bytes:
    from prometheus_client.registry import Collector

    from medallion.airflow_api import AirflowClient
    from medallion.airflow_api.named import named_airflow
    from medallion.ledger import open_ledger
    from medallion.metrics import AirflowCollector, LedgerCollector, exposition
    from medallion.metrics.families import statuses_of
    from medallion.registry.find import registry_of

    def statuses() -> dict[tuple[str, str], int]:
        return statuses_of(
            (platform, known.status)
            for platform in settings.platforms
            for known in registry_of(settings, platform).heads().values()
        )

    collectors: list[Collector] = [LedgerCollector(lambda: open_ledger(settings.database_url), statuses)]
    if named := named_airflow():
        queues = ("default", settings.warehouse_queue)
        collectors.append(
            AirflowCollector(lambda: AirflowClient(named.url, named.username, named.password), queues)
        )
    return exposition(collectors)
