"""``medallion backup`` and ``medallion restore``; ``medallion.cli`` takes them in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from medallion.settings import load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

# The other commands of `medallion` need none of what these do, and should not wait for its import.
if TYPE_CHECKING:
    from medallion.backup.manifest import Manifest

app = typer.Typer(cls=Commands)

#: What either command ends with if it did its work and somebody has to look nevertheless.
INCOMPLETE = 3


@app.command()
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The archive; var/backups/medallion_<time>.tar.gz if none."),
    ] = None,
    with_landing: Annotated[
        bool, typer.Option("--with-landing", help="Also landing's files, not just their list.")
    ] = False,
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="How long to wait for a warehouse that is written."),
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Write registry, ledger, warehouses, deliveries and reports into one archive; runs may go on."""
    from medallion.backup.make import back_up, usual_place
    from medallion.backup.render import Drawn, contents_lines, made_facts

    settings = load_settings()
    path = (file or usual_place(settings)).absolute()
    drawn = Drawn(quiet=as_json)
    with drawn.progress:
        manifest = back_up(settings, path, with_landing=with_landing, wait=wait, follow=drawn)
    facts = made_facts(path, manifest)
    if as_json:
        print_json(facts)
    else:
        line(out(), Text(f"{path}: {facts['bytes']:,} bytes", "red" if manifest.skipped else "green"))
        for text in contents_lines(manifest):
            line(out(), text)
    raise typer.Exit(INCOMPLETE if manifest.skipped else 0)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An archive of `medallion backup`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing, just look whether it could be restored.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty home from a backup: all of it, or nothing if any of it is not as it was."""
    from medallion.backup.render import Drawn, restored_facts, to_do_lines
    from medallion.backup.restore import restore as restored_from

    settings = load_settings()
    drawn = Drawn(quiet=as_json)

    def agreed(manifest: Manifest) -> bool:
        drawn.progress.stop()
        for text in () if as_json else _told(manifest):
            line(out(), text)
        answer = yes or typer.confirm(f"Restore it into {settings.home}?", err=True)
        drawn.progress.start()
        return answer

    with drawn.progress:
        restored = restored_from(settings, file, dry_run=dry_run, agreed=agreed, follow=drawn)
    if as_json:
        print_json(restored_facts(restored))
    else:
        for text in _told(restored.manifest) if dry_run else ():
            line(out(), text)
        for text in to_do_lines(restored):
            line(out(), text)
        line(out(), _ended(restored.done, dry_run, settings.home))
    raise typer.Exit(INCOMPLETE if restored.sealed else int(not restored.done and not dry_run))


def _told(manifest: Manifest) -> list[Text]:
    from medallion.backup.render import contents_lines

    made = f"of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, by Medallion {manifest.medallion}"
    where = f"{manifest.made_from.home} on {manifest.made_from.host}"
    return [Text(f"a backup {made}, from {where}"), *contents_lines(manifest)]


def _ended(done: bool, dry_run: bool, home: Path) -> Text:
    if done:
        return Text(f"restored into {home}; `medallion apply` makes what is left out of it", "green")
    return Text(f"{'a dry run: ' * dry_run}nothing was written", "green" if dry_run else "yellow")
