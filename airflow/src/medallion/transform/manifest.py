"""dbt manifests: parsed once a shape of client, when configs change, never while a DAG is parsed or run.

A manifest's folder is named after shape, dbt project and target, so that a run goes on with the one it began
with, whatever is deployed meanwhile. It holds ``dbt.msgpack`` (the whole manifest, for builds) and
``manifest.json`` (the slim one, for Airflow, Cosmos and the plan). The whole one is kept in dbt's own binary
form: read back from JSON it has lost the arguments of generic tests, and builds with it fail. ``sha256`` has
the checksums of both: a manifest that is not as it was written is made anew, for a build with one that can
still be read would be of other SQL.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from medallion.exceptions import DamagedError, TransformError
from medallion.pipeline import Shape, slim_manifest
from medallion.settings import Settings
from medallion.transform.runner import dbt_runner
from medallion.warehouses import dbt_environment, warehouse_of

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

log = logging.getLogger(__name__)

#: The client that stands in a shape's manifest for whichever client builds with it.
PLACEHOLDER = "medallion"
_SLIM, _WHOLE, _SUMS = "manifest.json", "dbt.msgpack", "sha256"
_PARSED = frozenset({".sql", ".yml", ".yaml", ".csv", ".md"})
#: What a person's own call of dbt leaves in the project.
_MADE_BY_DBT = ("target", "logs")


def manifest_key(settings: Settings, shape: Shape) -> str:
    """Twelve hexadecimal digits that name the manifest of a shape: of this dbt project, for this target."""
    return _keys(settings, [shape])[0]


def slim_path(settings: Settings, shape: Shape) -> Path:
    """Where the slim manifest of a shape is."""
    return settings.manifests / manifest_key(settings, shape) / _SLIM


def load_slim(settings: Settings, shape: Shape) -> dict[str, Any]:
    """Read the slim manifest of a shape.

    Raises:
        TransformError: if it has not been made.
        DamagedError: if it is not as it was made.
    """
    path = slim_path(settings, shape)
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise TransformError(f"no manifest at {path}: `medallion apply` makes it") from None
    except ValueError as error:
        raise DamagedError({path: f"{error} (`medallion apply` makes it anew)"}) from error


def prepare(settings: Settings, shapes: Iterable[Shape]) -> list[Path]:
    """Make the manifests that are missing, damaged or older than the dbt project.

    Args:
        settings: where the project and the manifests are.
        shapes: those of the clients that are to run.

    Returns:
        The slim manifests, in the order of the shapes.

    Raises:
        TransformError: if the project does not parse; the text is dbt's.
    """
    wanted = list(shapes)
    keys = _keys(settings, wanted)
    return [_prepare_one(settings, shape, key) for shape, key in zip(wanted, keys, strict=True)]


def project_key(settings: Settings) -> str:
    """All that a manifest is made from but its shape: the dbt project, the target, and dbt itself."""
    return f"{project_stamp(settings.dbt_project)} {settings.target} {version('dbt-core')}"


def _keys(settings: Settings, shapes: Sequence[Shape]) -> list[str]:
    made_by = project_key(settings)
    return [hashlib.sha256(f"{shape.key} {made_by}".encode()).hexdigest()[:12] for shape in shapes]


def project_stamp(project: Path) -> str:
    """A hash of every file of the dbt project that parsing reads."""
    digest = hashlib.sha256()
    for path in sorted(one for one in project.rglob("*") if one.suffix in _PARSED):
        inside = path.relative_to(project)
        if inside.parts[0] not in _MADE_BY_DBT:
            digest.update(str(inside).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _prepare_one(settings: Settings, shape: Shape, key: str) -> Path:
    folder = settings.manifests / key
    slim = folder / _SLIM
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not _is_intact(folder):
            if slim.exists():
                log.warning("the manifest in %s is not as it was made: it is made anew", folder)
            manifest = parse_project(settings, shape)
            # What the shape leaves out is most of the project: every build would read it again.
            manifest.disabled.clear()
            made = slim_manifest(manifest.writable_manifest().to_dict(), shape)
            made["metadata"]["key"] = key
            write_manifest(folder, manifest.to_msgpack(), made)
    return slim


def write_manifest(folder: Path, whole: bytes, slim: Mapping[str, Any]) -> None:
    """Put both of a shape's manifests into its folder, and last their checksums.

    Args:
        folder: the shape's.
        whole: dbt's manifest in its binary form.
        slim: what :func:`medallion.pipeline.slim_manifest` made of it.
    """
    contents = {_WHOLE: whole, _SLIM: json.dumps(slim).encode()}
    for name, content in contents.items():
        _replace(folder / name, content)
    _replace(folder / _SUMS, _sums(contents))


def _is_intact(folder: Path) -> bool:
    """True if a manifest's files are as they were made; one whose making was cut short is not."""
    try:
        contents = {name: (folder / name).read_bytes() for name in (_WHOLE, _SLIM)}
        return (folder / _SUMS).read_bytes() == _sums(contents)
    except FileNotFoundError:
        return False


def _sums(contents: Mapping[str, bytes]) -> bytes:
    """What ``sha256sum`` prints of these files, and checks with ``-c``."""
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items())
    return "".join(lines).encode()


def parse_project(settings: Settings, shape: Shape) -> Manifest:
    """dbt's manifest of the project as one shape sees it.

    Raises:
        TransformError: if the project does not parse.
    """
    variables = {
        "client": PLACEHOLDER,
        "schemas": PLACEHOLDER,
        "sources": shape.sources,
        "transformations": shape.transformations,
    }
    with (
        tempfile.TemporaryDirectory(prefix="medallion-parse-") as scratch,
        dbt_environment(settings, PLACEHOLDER),
    ):
        arguments = ["parse", *dbt_flags(settings, Path(scratch)), "--vars", json.dumps(variables)]
        result = dbt_runner().invoke([*arguments, "--no-partial-parse"])
    if not result.success:
        raise TransformError(f"the dbt project does not parse: {result.exception}")
    return result.result


def dbt_flags(settings: Settings, scratch: Path) -> list[str]:
    """The flags of every dbt call: where the project is, and that nothing is written beside it."""
    project = str(settings.dbt_project)
    return [
        *("--project-dir", project, "--profiles-dir", project, "--target", settings.target),
        *("--target-path", str(scratch), "--log-path", str(scratch), "--log-level-file", "none"),
        *("--no-send-anonymous-usage-stats", "--no-version-check", "--quiet"),
    ]


def manifest_for(settings: Settings, shape: Shape, key: str, client_id: str) -> Manifest:
    """A shape's manifest with one client's schemas in the placeholder's stead.

    Args:
        settings: where the manifests are.
        shape: the client's.
        key: the manifest's name, as the plan has it: another one would be of another dbt project.
        client_id: whose schemas.

    One that is damaged is made anew.

    Raises:
        TransformError: if this host has no such manifest, and its dbt project makes another one.
        DamagedError: the same of one that is damaged.
    """
    from dbt.contracts.graph.manifest import Manifest

    path = settings.manifests / key / _WHOLE
    if not _is_intact(path.parent):
        if manifest_key(settings, shape) != key:
            another = (
                "and the dbt project here is another one than it was made from: "
                "`medallion apply` makes the clients' DAGs anew"
            )
            if path.exists():
                raise DamagedError({path: f"it is not as it was made, {another}"})
            raise TransformError(f"no manifest at {path}, {another}")
        prepare(settings, [shape])
    manifest = Manifest.from_msgpack(path.read_bytes())
    database = warehouse_of(settings).database(client_id)
    for node in manifest.nodes.values():
        _rename(node, settings.name_of(client_id), database)
    return manifest


def _rename(node: Any, name: str, database: str) -> None:
    """``medallion_silver`` → ``<name>_silver``, and the database that the client's schemas are in."""
    schema = node.schema.replace(f"{PLACEHOLDER}_", f"{name}_", 1)
    if node.relation_name:
        old, new = f'"{node.database}"."{node.schema}"', f'"{database}"."{schema}"'
        node.relation_name = node.relation_name.replace(old, new)
    node.schema, node.database = schema, database


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, whole."""
    handle, scratch = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(scratch).replace(path)
