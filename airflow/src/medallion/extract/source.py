"""One source, one interval → landing, by its contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medallion.clients import SourceContract
from medallion.exceptions import ExtractError
from medallion.extract.entity import EntityExtract
from medallion.extract.landing import Stage, staging
from medallion.interval import Interval
from medallion.locks import LOCK_SECONDS


@dataclass(frozen=True)
class Landed:
    """What an entity's interval brought: rows of so many source files, in one file of so many bytes."""

    entity: str
    rows: int
    files: int
    bytes: int
    path: Path


def extract_source(
    contract: SourceContract,
    *,
    client_id: str,
    location: str | None = None,
    interval: Interval,
    sub_daily: bool,
    landing: Path,
    samples: Path,
    adventureworks: Path | None = None,
    patience: float = LOCK_SECONDS,
) -> list[Landed]:
    """Land all entities of a source for one interval, or none.

    Args:
        contract: what the source is and must bring.
        client_id: for whom.
        location: where the client's files are, if not where the contract says.
        interval: which interval's files, and where they land.
        sub_daily: whether the client's intervals are shorter than a day.
        landing: root of landing.
        samples: what ``{samples}`` in a location stands for.
        adventureworks: what ``{adventureworks}`` stands for, where those files are.
        patience: seconds to wait for another extract of the same source and client.

    Returns:
        What landed, an entity each, in the contract's order.

    Raises:
        ExtractError: if a file is missing, cut off or not what the contract says. Landing is then as it
            was before.
    """
    known = {"samples": samples, "adventureworks": adventureworks}
    root = _located(contract, client_id, location or contract.location, known)
    partition = interval.partition_path(sub_daily)
    with staging(landing, client_id, contract.name, patience) as stage:
        extracts = [EntityExtract(contract, name, client_id, root, interval) for name in contract.entities]
        landed = [_staged(extract, stage, partition) for extract in extracts]
        stage.land(partition)
    return landed


def _staged(extract: EntityExtract, stage: Stage, partition: str) -> Landed:
    target = stage.file(extract.name)
    rows, files = extract.run(target)
    return Landed(extract.name, rows, files, target.stat().st_size, stage.place(extract.name, partition))


def _located(
    contract: SourceContract, client_id: str, location: str, known: Mapping[str, Path | None]
) -> str:
    """Fill in a location's placeholders.

    Raises:
        ExtractError: if what one stands for is not here, or the outcome is no place.
    """
    location = location.replace("{client}", client_id)
    for name, path in known.items():
        if f"{{{name}}}" in location and path is None:
            problem = f"the {name} files are not here; name their folder in MEDALLION_{name.upper()}"
            raise ExtractError(f"{client_id}: {contract.name}: {problem}")
        location = location.replace(f"{{{name}}}", str(path))
    if "://" not in location and not Path(location).is_absolute():
        allowed = "an absolute folder, a URL, or begin with {samples} or {adventureworks}"
        raise ExtractError(f"{client_id}: {contract.name}: location: must be {allowed}, is {location!r}")
    return location
