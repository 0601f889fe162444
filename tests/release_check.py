"""Judges whether what is here can be released: `make release-check` calls it, a line for each thing.

All are judged, whatever the first ones say; exit code 1 says that one does not hold.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import check_links
from medallion.database.schema import metadata
from medallion.database.upgrade import HEAD, MIGRATIONS, upgrade

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
README_LINES = 150
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")
PICTURE_BYTES = 300_000
#: A person's folder on a machine.
HOME = re.compile(r"(?<![\w./])/(?:home|Users)/[\w.-]+/")
#: The address of a package registry.
REGISTRY = re.compile(r"https?://[^\s\"'<>]+/simple\b")
INDEXES = re.compile(r"index", re.IGNORECASE)

Problems = Iterator[str]


def main() -> int:
    """Judge everything, print a line for each, and return the exit code."""
    failed = 0
    for name, check in CHECKS.items():
        try:
            problems = list(check())
        except (OSError, subprocess.SubprocessError) as error:
            problems = [f"could not be judged: {_said(error)}"]
        failed += bool(problems)
        print(f"{'✗' if problems else '✓'} {name}{': ' if problems else ''}{'; '.join(problems)}", flush=True)
    print(f"release-check: {f'{failed} of {len(CHECKS)} do not hold' if failed else 'all good'}")
    return 1 if failed else 0


def _tree() -> Problems:
    """Nothing is left to commit."""
    changed = _run("git", "status", "--porcelain").splitlines()
    if changed:
        yield f"{len(changed)} files are not committed: {_listed([line[3:] for line in changed])}"


def _version() -> Problems:
    """The changelog's newest heading is the version of pyproject.toml."""
    said = _project()["version"]
    headings = re.findall(
        r"^## \[?([^\s\]]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    if not headings or headings[0] != said:
        yield f"pyproject.toml says {said}, the newest heading of CHANGELOG.md {(headings or ['nothing'])[0]}"


def _lock() -> Problems:
    """Resolving pyproject.toml anew, from what is locked, changes nothing."""
    lock = ROOT / "requirements.lock"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / lock.name
        copy.write_bytes(lock.read_bytes())
        _run("make", "--no-print-directory", "lock", f"LOCK={copy}")
        if copy.read_text(encoding="utf-8") != lock.read_text(encoding="utf-8"):
            yield "pyproject.toml resolves to something else than requirements.lock has: `make lock`"


def _schemas() -> Problems:
    """The JSON Schemas are what the models say."""
    try:
        _run(BIN / "medallion", "schema", "--check")
    except subprocess.CalledProcessError as error:
        yield _said(error)
    for option, file in (("--schema", "run_report"), ("--daily-schema", "daily_report")):
        written = (ROOT / f"docs/{file}.schema.json").read_text(encoding="utf-8")
        if _run(BIN / "medallion", "report", option) != written:
            yield f"docs/{file}.schema.json is behind: write what `medallion report {option}` prints"


def _migrations() -> Problems:
    """The last migration makes the tables that the models have."""
    last = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if last != HEAD:
        yield f"upgrade.HEAD is {HEAD}, the last migration {last}"
    engine = create_engine("sqlite://")
    upgrade(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    if differences:
        yield f"models and migrations differ: {_listed([str(one) for one in differences], most=2)}"


def _links() -> Problems:
    """Every link of the documentation leads somewhere."""
    yield from check_links.Project(ROOT).problems()


def _places() -> Problems:
    """No file names a folder of this machine, or a package registry."""
    hosts = {host for address in _indexes() if (host := urlsplit(address).hostname)}
    names = [str(ROOT), str(Path.home()) if len(Path.home().parts) > 2 else str(ROOT), *hosts]
    for path in _tracked():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = {name for name in names if name in text} | {*HOME.findall(text), *REGISTRY.findall(text)}
        if found:
            yield f"{path} names {_listed(sorted(found))}"


def _indexes() -> Iterator[str]:
    """The addresses of the package registries that this machine uses."""
    yield from (word for key, value in os.environ.items() if INDEXES.search(key) for word in value.split())
    for line in _run(sys.executable, "-m", "pip", "config", "list").splitlines():
        key, _, value = line.partition("=")
        if INDEXES.search(key):
            yield from value.strip("'\"").split()


def _sizes() -> Problems:
    """Pictures are small, and the README is short."""
    for path in _tracked():
        if path.endswith(PICTURES) and (size := (ROOT / path).stat().st_size) > PICTURE_BYTES:
            yield f"{path} has {size:,} bytes, more than {PICTURE_BYTES:,}"
    lines = len((ROOT / "README.md").read_text(encoding="utf-8").splitlines())
    if lines > README_LINES:
        yield f"README.md has {lines} lines, more than {README_LINES}"


def _package() -> Problems:
    """What is built installs into an empty environment, and works from another folder."""
    version = _project()["version"]
    with tempfile.TemporaryDirectory() as folder:
        made, home = Path(folder) / "dist", Path(folder) / "elsewhere"
        home.mkdir()
        _run(BIN / "uv", "build", "--quiet", "--out-dir", made)
        (wheel,), (_,) = made.glob("*.whl"), made.glob("*.tar.gz")
        into = Path(folder) / "venv"
        _run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, into)
        install = (BIN / "uv", "pip", "install", "--quiet", "--python", into / "bin" / "python")
        _run(*install, "--require-hashes", "--requirements", ROOT / "requirements.lock")
        _run(*install, "--no-deps", wheel)
        command = into / "bin" / "medallion"
        said = _run(command, "--version", folder=home).strip()
        if said != version:
            yield f"`medallion --version` says {said}, pyproject.toml {version}"
        _run(command, "validate", folder=home, MEDALLION_PROJECT=ROOT, MEDALLION_HOME=home)


def _project() -> dict[str, str]:
    project: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _tracked() -> list[str]:
    names = _run("git", "ls-files", "-z").split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def _run(*command: str | Path, folder: Path = ROOT, **environment: str | Path) -> str:
    """Run a command and return what it prints.

    Raises:
        subprocess.CalledProcessError: if it ends badly.
    """
    given = {key: str(value) for key, value in environment.items()}
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=folder, env=os.environ | given, check=True, capture_output=True, text=True
    ).stdout


def _said(error: Exception) -> str:
    """What a command said of its failure, in one line."""
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or error.stdout or "").strip().splitlines()
        return f"`{' '.join(error.cmd[:4])} …` failed: {' '.join(said[-3:])}"
    return str(error)


def _listed(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


#: The quick ones first.
CHECKS: dict[str, Callable[[], Problems]] = {
    "everything is committed": _tree,
    "version and changelog agree": _version,
    "links lead somewhere": _links,
    "no file names a machine or a registry": _places,
    "pictures and README are small": _sizes,
    "migrations make what the models have": _migrations,
    "JSON Schemas are up to date": _schemas,
    "the lock is up to date": _lock,
    "the package installs and works elsewhere": _package,
}

if __name__ == "__main__":
    sys.exit(main())
