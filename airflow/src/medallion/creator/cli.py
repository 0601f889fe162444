"""``medallion dags``; ``medallion.cli`` takes it in."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from medallion.exceptions import ConfigError
from medallion.settings import load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

# The other commands of `medallion` need none of these, and should not wait for their import.
if TYPE_CHECKING:
    from medallion.creator.store import CreatedDag, CreatedDags

app = typer.Typer(
    cls=Commands, name="dags", help="DAGs that applications have made from a template.", no_args_is_help=True
)

Owner = Annotated[str, typer.Option("--owner", metavar="TEXT", help="For whom it is, such as project:42.")]
Platform = Annotated[
    str | None, typer.Option(metavar="NAME", help="One of MEDALLION_PLATFORMS; the first if none.")
]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does it; you if not given.")]


@app.command()
def create(
    owner: Owner,
    template: Annotated[str, typer.Option(metavar="NAME", help="A template of airflow/templates.")],
    namespace: Annotated[str, typer.Option(metavar="NAME", help="The folder it stands in.")],
    master_dict: Annotated[
        str,
        typer.Option(
            metavar="LITERAL|@FILE",
            help="What it works by: an object as Python or JSON writes it, or a file.",
        ),
    ] = "{}",
    run: Annotated[bool, typer.Option(help="Start it as soon as Airflow has read it.")] = True,
    expires: Annotated[
        str | None, typer.Option(metavar="SPAN", help="After how long it goes away, such as 30d.")
    ] = None,
    platform: Platform = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Make a DAG with an id that no other has, and print the id."""
    from medallion.creator import create_dag, read_request, unique_id
    from medallion.registry.find import registry_of

    settings = load_settings()
    asked = {
        "dag_id": unique_id(template, owner),
        "template": template,
        "namespace": namespace,
        "master_dict": _master_dict(master_dict),
        "run": run,
        "owner": owner,
        "expires": expires,
    }
    made = create_dag(settings, registry_of(settings, platform), read_request(asked), actor=_actor(by))
    if as_json:
        print_json(made.dag.facts() | {"version": made.version})
    else:
        line(out(), made.dag.dag_id)


@app.command()
def find(owner: Owner, platform: Platform = None, as_json: AsJson = False) -> None:
    """List an owner's DAGs, the newest first."""
    _print(_dags(platform).find(owner), as_json, f"no DAG was made for {owner}")


@app.command("list")
def list_dags(platform: Platform = None, as_json: AsJson = False) -> None:
    """List all DAGs that were made, the newest first."""
    _print(_dags(platform).find(), as_json, "no DAG was made yet")


@app.command()
def delete(
    dag_id: Annotated[str, typer.Argument(metavar="ID", help="The DAG's id.")],
    platform: Platform = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Let a DAG go: the factory takes it away once no run of it is in flight."""
    dag = _dags(platform).let_go(dag_id, actor=_actor(by))
    if as_json:
        print_json(dag.facts())
    else:
        line(out(), f"{dag_id} goes with the factory's next round, once no run of it is in flight", "green")


def _dags(platform: str | None) -> CreatedDags:
    from medallion.creator import CreatedDags
    from medallion.registry.find import registry_of

    return CreatedDags(registry_of(load_settings(), platform))


def _print(dags: list[CreatedDag], as_json: bool, none: str) -> None:
    if as_json:
        print_json([dag.facts() for dag in dags])
    elif not dags:
        line(out(), none)
    else:
        table = Table("DAG", "namespace", "template", "owner", "revision", "expires")
        for dag in dags:
            expires = f"{dag.expires_at:%Y-%m-%d %H:%M}" if dag.expires_at else ""
            cells = (dag.dag_id, dag.namespace, dag.template, dag.owner or "", str(dag.revision), expires)
            table.add_row(*map(Text, cells))
        out().print(table)


def _master_dict(given: str) -> str:
    """Read ``@file``; JSON's true, false and null are as good as Python's words."""
    import json

    text = given
    if given.startswith("@"):
        try:
            text = Path(given[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--master-dict: {given[1:]} cannot be read: {error}") from error
    try:
        return repr(json.loads(text))
    except (ValueError, RecursionError):
        return text  # Python's own notation, or what the request's own reading refuses


def _actor(named: str | None) -> str:
    if named is not None:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("--by is missing: the operating system does not say who you are") from None
