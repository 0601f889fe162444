"""Archives that are not what they should be, and homes that are not empty: nothing is written."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from medallion.backup.manifest import Manifest
from medallion.backup.restore import restore
from medallion.database import engine_of
from medallion.exceptions import BackupError
from medallion.settings import Settings
from unit.backup.conftest import TABLES, change_manifest, fill, read, rows_of, tree, write

REPORT = "reports/index.html"


def _cut_off(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size * 2 // 3])


def _end_missing(archive: Path) -> None:
    members = read(archive)
    del members["medallion_backup.json"]
    write(archive, members)


def _flipped_byte(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)


def _flipped_inside(archive: Path) -> None:
    """As a disk would before it was compressed: gzip and tar see nothing."""
    members = read(archive)
    write(archive, members | {REPORT: members[REPORT].replace(b"all", b"alL")})


def _flipped_checksum_of_gzip(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[-6] ^= 1
    archive.write_bytes(content)


def _member_missing(archive: Path) -> None:
    members = read(archive)
    del members[REPORT]
    write(archive, members)


def _member_more(archive: Path) -> None:
    write(archive, {"reports/more.html": b"", **read(archive)})


def _member_after(archive: Path) -> None:
    write(archive, {**read(archive), "reports/more.html": b""})


def _member_twice(archive: Path) -> None:
    twice = tarfile.TarInfo(REPORT)
    write(archive, read(archive), twice)


def _named(name: str) -> Callable[[Path], None]:
    def change(archive: Path) -> None:
        members = read(archive)
        members = {name if known == REPORT else known: content for known, content in members.items()}
        manifest = json.loads(members.pop("medallion_backup.json"))
        manifest["members"][name] = manifest["members"].pop(REPORT)
        write(archive, members | {"medallion_backup.json": json.dumps(manifest).encode()})

    return change


def _kind(kind: bytes, target: str = "") -> Callable[[Path], None]:
    def change(archive: Path) -> None:
        info = tarfile.TarInfo("reports/other")
        info.type, info.linkname = kind, target
        write(archive, read(archive), info)

    return change


def _linked(name: str, target: str) -> Callable[[Path], None]:
    return lambda archive: change_manifest(archive, links={name: target})


def _landing_names(path: str) -> Callable[[Path], None]:
    def change(archive: Path) -> None:
        members = read(archive)
        listed = json.dumps({"path": path, "bytes": 1, "sha256": ""}).encode()
        members["landing.jsonl"] = listed
        manifest = json.loads(members.pop("medallion_backup.json"))
        sha256 = hashlib.sha256(listed).hexdigest()
        manifest["members"]["landing.jsonl"] = {"bytes": len(listed), "sha256": sha256}
        write(archive, members | {"medallion_backup.json": json.dumps(manifest).encode()})

    return change


def _database_is(content: bytes) -> Callable[[Path], None]:
    def change(archive: Path) -> None:
        members = read(archive) | {"registry.db": content}
        manifest = json.loads(members.pop("medallion_backup.json"))
        sha256 = hashlib.sha256(content).hexdigest()
        manifest["members"]["registry.db"] = {"bytes": len(content), "sha256": sha256}
        write(archive, members | {"medallion_backup.json": json.dumps(manifest).encode()})

    return change


BROKEN = {
    "cut off": (_cut_off, "damaged, cut off"),
    "without its end": (_end_missing, "manifest is missing"),
    "a flipped byte": (_flipped_byte, "damaged|manifest"),
    "a flipped byte inside": (_flipped_inside, f"{REPORT} is not what its manifest says"),
    "a wrong checksum": (_flipped_checksum_of_gzip, "damaged, cut off.*CRC"),
    "a member missing": (_member_missing, f"{REPORT} is missing in it"),
    "a member more": (_member_more, "more.html is not what its manifest says"),
    "a member behind the manifest": (_member_after, "something follows its manifest"),
    "a member twice": (_member_twice, "is in it twice"),
    "no archive": (lambda path: path.write_text("hello"), "no archive: Not a gzipped file"),
    "an archive of something else": (lambda path: write(path, {"reports/a": b""}), "manifest is missing"),
    "a tar of nothing": (lambda path: path.write_bytes(gzip.compress(b"")), "no archive"),
    "not there": (lambda path: path.unlink(), "No such file"),
    "out of the home": (_named("reports/../../out.html"), "every file must lie in one of warehouse, "),
    "an absolute path": (_named("/tmp/out.html"), "every file must lie in one of"),  # noqa: S108
    "another folder": (_named("airflow/out.html"), "every file must lie in one of"),
    "a file beside the folders": (_named("medallion.cfg"), "every file must lie in one of"),
    "a backslash": (_named("reports/..\\out.html"), "every file must lie in one of"),
    "a terminal's commands": (_named("reports/\x1b[2J.html"), "every file must lie in one of"),
    "a link": (_kind(tarfile.SYMTYPE, "/etc/passwd"), "no plain file"),
    "a hard link": (_kind(tarfile.LNKTYPE, REPORT), "no plain file"),
    "a device": (_kind(tarfile.CHRTYPE), "no plain file"),
    "a pipe": (_kind(tarfile.FIFOTYPE), "no plain file"),
    "a folder": (_kind(tarfile.DIRTYPE), "no plain file"),
    "a link out": (_linked("destinations/lake/current", "../../../x"), "must stay beside it"),
    "a link to the root": (_linked("destinations/lake/current", "/etc"), "must stay beside it"),
    "a link to itself": (_linked("destinations/lake/current", "."), "must stay beside it"),
    "a link elsewhere": (_linked("reports/acme", "x"), "must stay beside it"),
    "a link over a file": (_linked("destinations/gold", "x"), "could not be filled"),
    "landing elsewhere": (_landing_names("../../etc/passwd"), "every file must lie in one of"),
    "landing that is none": (_landing_names("reports/a"), "must be in landing"),
    "another format": (lambda path: change_manifest(path, format=2), "it is of format 2, written by Medal"),
    "a newer database": (
        lambda path: change_manifest(path, schema_revision="9999"),
        "its database is of schema 9999, this Medallion knows up to",
    ),
    "another database": (lambda path: change_manifest(path, schema_revision="0001"), "another schema than"),
    "no database": (_database_is(b"hello" * 999), "registry and ledger cannot be read"),
    "facts that are none": (lambda path: change_manifest(path, members=7), "not one of Medallion's"),
    "facts that nobody knows": (lambda path: change_manifest(path, more=7), "not one of Medallion's"),
}


@pytest.mark.parametrize(("change", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_archive_leaves_the_home_untouched(
    change: Callable[[Path], None], said: str, empty: Settings, archive: Path
) -> None:
    (empty.home / "landing").mkdir(parents=True)
    (empty.home / "landing" / "here.parquet").write_text("mine")
    before = tree(empty.home.parent)
    change(archive)
    with pytest.raises(BackupError, match=f"(?s){said}"):
        restore(empty, archive)
    assert tree(empty.home.parent) == before


def test_an_archive_that_changes_after_it_was_looked_at_is_refused(empty: Settings, archive: Path) -> None:
    def meanwhile(_: Manifest) -> bool:
        _flipped_inside(archive)
        return True

    with pytest.raises(BackupError, match="has changed while it was read"):
        restore(empty, archive, agreed=meanwhile)
    assert tree(empty.home) == {}


def test_what_fails_in_the_middle_is_undone(empty: Settings, archive: Path, tmp_path: Path) -> None:
    """A link in the place of a folder: it holds no file, so it is met when destinations are there already."""
    (tmp_path / "elsewhere").mkdir()
    (empty.home / "reports").mkdir(parents=True)
    (empty.home / "reports" / "acme").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(BackupError, match="could not be filled"):
        restore(empty, archive)
    assert [name for name, what in tree(empty.home).items() if what and "registry.db" not in name] == [
        "reports/acme"
    ]
    assert not any(rows_of(empty.database_url).values())


def test_what_is_in_the_way_is_named(settings: Settings, archive: Path) -> None:
    before = tree(settings.home)
    with pytest.raises(
        BackupError, match="home is in use already, by airflow, destinations, outbox, reports"
    ):
        restore(settings, archive)
    assert tree(settings.home) == before


def test_a_database_with_rows_is_in_the_way(empty: Settings, archive: Path) -> None:
    fill(engine_of(empty.database_url))
    more = f"and {TABLES - 8} more: name an"
    with pytest.raises(BackupError, match=rf"has rows already, in audit_event, blob, .* {more}"):
        restore(empty, archive)


def test_a_home_that_was_just_looked_at_is_empty(empty: Settings, archive: Path) -> None:
    engine_of(empty.database_url)
    for name in ("warehouse", "reports/acme", "samples/acme", "manifests", "backups"):
        (empty.home / name).mkdir(parents=True)
    (empty.home / "samples" / "acme" / "a.csv").touch()
    (empty.home / "mine.tar.gz").write_bytes(archive.read_bytes())
    assert restore(empty, empty.home / "mine.tar.gz").done
    assert (empty.home / "reports/acme/year=2026/month=01/day=15/run_report.json").is_file()
