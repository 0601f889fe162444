"""What a backup and a restore tell: lines for people, facts for programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from medallion.backup.follow import Follower
from medallion.backup.manifest import Manifest
from medallion.backup.paths import DATABASE, FOLDERS, LANDING, some
from medallion.backup.restore import Restored
from medallion.terminal import HarmlessConsole, line


class Drawn(Follower):
    """Draws how far it is, on stderr; with ``quiet`` it only says for whom it waits."""

    def __init__(self, *, quiet: bool) -> None:
        console = HarmlessConsole(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        unseen = quiet or not console.is_terminal
        self.progress = Progress(*columns, console=console, transient=True, disable=unseen)
        self._console = console
        self._task = self.progress.add_task("", total=None)

    def doing(self, what: str) -> None:
        """Name it beside the bar."""
        self.progress.update(self._task, description=what)

    def waiting(self, why: str) -> None:
        """Say it in a line of its own, which stays."""
        line(self._console, why, "yellow")

    def moved(self, count: int) -> None:
        """Count on."""
        self.progress.advance(self._task, count)


def made_facts(path: Path, manifest: Manifest) -> dict[str, Any]:
    """A backup that was made, for programs."""
    return {"file": str(path), "bytes": path.stat().st_size, **contents_facts(manifest)}


def contents_facts(manifest: Manifest) -> dict[str, Any]:
    """What is in an archive."""
    return {
        **manifest.model_dump(mode="json", exclude={"members", "links", "tables"}),
        "rows": sum(manifest.tables.values()),
        "folders": {folder: len(manifest.holds(folder)) for folder in FOLDERS},
    }


def contents_lines(manifest: Manifest) -> Iterator[Text]:
    """What is in an archive, and what is not."""
    rows, tables = sum(manifest.tables.values()), len(manifest.tables)
    database = f"{rows:,} rows in {tables} tables, schema {manifest.schema_revision}"
    size = decimal(manifest.members[DATABASE].bytes)
    yield _said("registry", f"{database}, {size}{', encrypted' if manifest.encrypted else ''}")
    for folder in FOLDERS:
        held = manifest.holds(folder)
        if folder in manifest.elsewhere:
            yield _said(folder, f"not in it: they stay at {manifest.elsewhere[folder]}")
        elif held or folder != LANDING:
            count = f"{len(held):,} file{'s' * (len(held) != 1)}"
            yield _said(folder, f"{count}, {decimal(sum(one.bytes for one in held))}")
        else:
            yield _said(folder, "just the list of its files; --with-landing takes the files")
    for name, why in manifest.skipped.items():
        yield Text(f"✗ {name} is not in it: {why}", "red")


def restored_facts(restored: Restored) -> dict[str, Any]:
    """A restore, for programs."""
    return {
        "restored": restored.done,
        "landing": {"missing": restored.missing, "differing": restored.differing},
        "apart": restored.apart,
        "sealed": restored.sealed,
        **contents_facts(restored.manifest),
    }


def to_do_lines(restored: Restored) -> Iterator[Text]:
    """What is left to do after a restore."""
    for said, names in (("missing", restored.missing), ("other than it was", restored.differing)):
        if names:
            count = f"{len(names):,} file{'s' * (len(names) != 1)}"
            yield Text(f"! landing: {count} {said}: {some(names, 2)}", "yellow")
    for folder, at in restored.apart.items():
        yield Text(f"! {folder}: restored into the home, but kept at {at}: copy them there", "yellow")
    if restored.sealed:
        yield Text(f"✗ {restored.sealed}: set it to the key it was encrypted with", "red")


def _said(what: str, said: str) -> Text:
    return Text.assemble((f"  {what:<13}", "bold"), said)
