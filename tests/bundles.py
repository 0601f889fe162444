"""Short words for what tests do with a bundle, as Airflow's processes have it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from medallion.bundle import client_path

NORTH, SOUTH = client_path("north"), client_path("south")


def pinned(bundle_of, fleet, version):
    bundle = bundle_of(fleet, version)
    bundle.initialize()
    return bundle


def started(bundle_of, fleet, **kwargs):
    bundle = bundle_of(fleet, **kwargs)
    bundle.initialize()
    return bundle


def change(fleet, client_id, description):
    fleet.put(client_id, description=description)
    return fleet.publish().version


def found(bundle, path):
    return (bundle.path / path).read_text()


def files_below(folder):
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.name != ".tree.json"
    }


def away(fleet):
    """Take the registry away: its file is not one of a database any more."""
    path = Path(fleet.settings.database_url.removeprefix("sqlite:///"))
    shutil.move(path, path.with_suffix(".away"))
    for more in ("-wal", "-shm"):
        path.with_name(path.name + more).unlink(missing_ok=True)
    path.mkdir()


def back(fleet):
    path = Path(fleet.settings.database_url.removeprefix("sqlite:///"))
    path.rmdir()
    shutil.move(path.with_suffix(".away"), path)


def age(bundle, version):
    os.utime(bundle.versions_dir / version / ".tree.json", (1, 1))


def on_disk(bundle):
    return {folder.name for folder in bundle.versions_dir.iterdir()}
