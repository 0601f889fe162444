"""Files that are damaged are named, and come back by what docs/operations.md says, word for word."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.stand import Stand, check_survived
from medallion.clients import load_catalog
from medallion.exceptions import DamagedError
from medallion.failures import classify
from medallion.pipeline import shape_of
from medallion.transform import slim_path

pytestmark = [pytest.mark.faults, pytest.mark.slow]

Damage = Callable[[bytes], bytes]


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def noise(content: bytes) -> bytes:
    return random.Random(7).randbytes(len(content))


def flipped(content: bytes) -> bytes:
    """One bit of all; of a landing file in its first page, which unpacks to other rows."""
    return content[:45] + bytes([content[45] ^ 1]) + content[46:]


def bad_blocks(content: bytes) -> bytes:
    """A bit in every 4 kB of a database but its head."""
    spoilt = bytearray(content)
    for place in range(13_000, len(spoilt), 4096):
        spoilt[place] ^= 1
    return bytes(spoilt)


def spoil(path: Path, damage: Damage) -> bytes:
    """Damage a file; returns what it was."""
    content = path.read_bytes()
    path.write_bytes(damage(content))
    return content


def commands(heading: str) -> str:
    """What the section of docs/operations.md says to enter."""
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {re.escape(heading)}\n.*?^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found, f"docs/operations.md has no commands under {heading}"
    return found[1]


def enter(stand: Stand, script: str, **variables: object) -> str:
    """Enter commands as a person does, in the project's folder."""
    home = {"MEDALLION_HOME": stand.home, "MEDALLION_PROJECT": stand.project.folder}
    environment = os.environ | {name: str(value) for name, value in (home | variables).items()}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment.pop("MEDALLION_REGISTRY_URL", None)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=stand.project.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _soak(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.soak)


@pytest.mark.parametrize("damage", [flipped, _soak(half), _soak(noise), _soak(lambda _: b"")])
def test_a_landing_file_is_extracted_anew(stand: Stand, clean: Stand, damage: Damage) -> None:
    """It is read before bronze makes rows of it: a flipped bit would be a row like any other."""
    delivered, landed = stand.delivered(), stand.landed(2)
    stand.ahead_of = {"bronze.build": lambda: spoil(landed, damage)}
    assert not stand.run(2)
    assert stand.first_failure == ("bronze.build", "corrupt")
    assert f"{landed} is damaged: " in stand.failed[0][1].reason
    assert "Damaged files" in stand.failed[0][1].advice
    assert stand.delivered() == delivered
    assert stand.deliveries(2) == 0
    stand.mended()
    enter(stand, commands("A file in landing"), FILE=landed)
    assert stand.run(2, since="extract_shop")
    landed.with_name(f"{landed.name}.damaged").unlink()
    check_survived(stand, clean, 2, "failed: bronze.build", "recovered: bronze.build")


@pytest.mark.soak
def test_a_landing_file_of_an_earlier_interval_is_named_by_the_extract(stand: Stand, clean: Stand) -> None:
    """It says which columns were known: the next interval is held against them."""
    landed = stand.landed(1)
    spoil(landed, half)
    assert not stand.run(2)
    ((task, failure), *_) = stand.failed
    assert (task, failure.kind) == ("extract_shop", "corrupt")
    assert f"{landed} is damaged: " in failure.reason
    stand.mended()
    enter(stand, commands("A file in landing"), FILE=landed)
    landed.with_name(f"{landed.name}.damaged").unlink()
    assert stand.run(1, since="extract_shop")
    assert stand.run(2, since="extract_shop")
    assert stand.contents() == clean.contents()
    assert stand.passed(2)
    assert stand.told() == ["failed: extract_shop", "recovered: extract_shop"]


@pytest.mark.soak
@pytest.mark.parametrize("damage", [half, noise, bad_blocks])
def test_a_warehouse_is_built_anew_from_landing(stand: Stand, clean: Stand, damage: Damage) -> None:
    delivered = stand.delivered()
    stand.ahead_of = {"silver.build": lambda: spoil(stand.warehouse, damage)}
    assert not stand.run(2)
    assert stand.first_failure == ("silver.build", "corrupt")
    # What is no DuckDB file at all is found as it is opened, the rest as it is read.
    said = f"{stand.warehouse} is damaged: " if damage is noise else str(stand.warehouse)
    assert said in stand.failed[0][1].reason
    assert stand.delivered() == delivered
    assert stand.deliveries(2) == 0
    stand.mended()
    enter(stand, commands("A warehouse"), FILE=stand.warehouse)
    assert stand.run(2, since="bronze.build")
    check_survived(stand, clean, 2, "failed: silver.build", "recovered: silver.build")


@pytest.mark.soak
@pytest.mark.parametrize("damage", [half, noise, bad_blocks])
def test_a_destination_is_delivered_anew(stand: Stand, clean: Stand, damage: Damage) -> None:
    stand.ahead_of = {"load_to_shelf": lambda: spoil(stand.shelf, damage)}
    assert not stand.run(2)
    ((task, failure),) = stand.failed
    assert (task, failure.kind) == ("load_to_shelf", "corrupt")
    assert str(stand.shelf) in failure.reason
    assert stand.deliveries(2) == 0
    stand.mended()
    enter(stand, commands("A destination's DuckDB file"), FILE=stand.shelf)
    assert stand.run(2, since="load_to_shelf")
    check_survived(stand, clean, 2, "failed: load_to_shelf", "recovered: load_to_shelf")


@pytest.mark.soak
@pytest.mark.parametrize("damage", [half, noise])
def test_registry_and_ledger_come_from_a_backup(
    stand: Stand, clean: Stand, tmp_path: Path, damage: Damage
) -> None:
    """Airflow's tasks fail where they write down what they did; what ran since the backup is run again."""
    backup, registry = tmp_path / "before.tar.gz", stand.home / "registry.db"
    enter(stand, "medallion apply && medallion backup $BACKUP", BACKUP=backup)
    delivered = stand.delivered()
    stand.ahead_of = {"bronze.build": lambda: spoil(registry, damage)}
    assert not stand.run(2)
    assert {one.kind for _, one in stand.failed} == {"corrupt"}
    assert stand.failed[0][0] == "bronze.build"
    assert f"{registry} is damaged: " in stand.failed[0][1].reason
    assert stand.delivered() == delivered
    told = stand.told()
    stand.mended()
    enter(stand, commands("Registry and ledger"), BACKUP=backup)
    assert stand.run(2)
    assert stand.contents() == clean.contents()
    assert stand.passed(2)
    assert stand.deliveries(2) == 1
    assert told[0] == "failed: bronze.build"
    assert stand.told() == told  # nothing more, now that all is well


@pytest.mark.soak
@pytest.mark.parametrize("name", ["dbt.msgpack", "manifest.json", "sha256"])
@pytest.mark.parametrize("damage", [flipped, half, lambda _: b""])
def test_a_manifest_mends_itself(stand: Stand, clean: Stand, name: str, damage: Damage) -> None:
    """Even one that can still be read: a build with it would be of other SQL."""
    _own_manifests(stand)
    folder = _manifest_of(stand).parent
    before = (folder / name).read_bytes()
    stand.ahead_of = {"silver.build": lambda: spoil(folder / name, damage)}
    stand.mended()
    assert stand.run(2)
    assert stand.failed == []
    assert (folder / name).read_bytes() != damage(before)
    check_survived(stand, clean, 2)


@pytest.mark.soak
def test_a_manifest_of_another_project_is_not_made_by_guessing(stand: Stand) -> None:
    """A run that began before a deployment builds with the SQL it began with, or not at all."""
    _own_manifests(stand)
    manifest = _manifest_of(stand)
    model = stand.project.folder / "dbt" / "models" / "gold" / "shop" / "shop_total.sql"
    sql = model.read_text()

    def deploy() -> None:
        spoil(manifest.with_name("dbt.msgpack"), half)
        model.write_text(f"{sql} -- deployed")

    stand.ahead_of = {"silver.build": deploy}
    try:
        assert not stand.run(2)
    finally:
        model.write_text(sql)
    ((task, failure), *_) = stand.failed
    assert (task, failure.kind) == ("silver.build", "corrupt")
    assert "`medallion apply` makes the clients' DAGs anew" in failure.reason
    assert stand.deliveries(2) == 0


def _own_manifests(stand: Stand) -> None:
    """A copy of those that all tests share."""
    shared = stand.settings.manifests.resolve()
    stand.settings.manifests.unlink()
    key = _manifest_of(stand).parent.name
    shutil.copytree(shared / key, stand.settings.manifests / key)


def _manifest_of(stand: Stand) -> Path:
    client = next(iter(load_catalog(stand.project.folder / "configs").clients.values()))
    return slim_path(stand.settings, shape_of(client))


def test_an_error_of_several_files_names_each() -> None:
    error = DamagedError({"a.parquet": "cut\noff", "b.parquet": "noise"})
    assert str(error).startswith("a.parquet is damaged: cut off; b.parquet is damaged: noise; ")
    assert classify(error).kind == "corrupt"
