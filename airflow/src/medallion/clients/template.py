"""The file a new client starts from: commented, and valid as it stands."""

from __future__ import annotations

import re
from pathlib import Path

from medallion.clients.catalog import Catalog
from medallion.clients.fields import NAME_PATTERN
from medallion.clients.problem import listed, shown
from medallion.clients.schema import SCHEMA_LINE
from medallion.exceptions import ConfigError

_TEMPLATE = """\
{schema_line}
# `medallion validate` checks this file, `medallion show {id}` prints it with all it inherits.

description: {title} data pipeline
enabled: false                  # true once the file says what you want

schedule_interval: 1d           # 6h, 1d, PT6H, a cron line, "@daily", or null for runs by hand only

# Known: {sources}.
# Write {{name: {source}, location: s3://bucket/folder}} where its files are elsewhere.
data_sources: [{source}]

# Whatever the order here, they run as: clean, normalize, enrich, validate (silver), aggregate (gold).
transformations: [clean, normalize, enrich, validate, aggregate]

destination: {destination}  # known: {destinations}
notification_email: null        # who is told, such as data@example.com

business_rules:
  data_retention_days: 365      # or {{landing: 30, bronze: 30, silver: 90, gold: 365, reports: 90}}
  quality_threshold: 0.95       # or {{default: 0.95, rules: {{some_rule: 0.99}}}}
  enable_real_time: false       # true: events reach gold between batches

# Further keys, with what they are unless set here: see configs/defaults.yml.
"""


def new_client(client_id: str, folder: Path, catalog: Catalog) -> Path:
    """Write the file of a new client.

    Args:
        client_id: its id, which becomes the file's name.
        folder: ``configs/clients``.
        catalog: what it can choose from.

    Returns:
        The file written.

    Raises:
        ConfigError: the id is no id or is taken, or there is no source or destination to name.
    """
    if not re.fullmatch(NAME_PATTERN, client_id):
        allowed = "1 to 50 lower-case letters, digits and underscores, a letter first"
        raise ConfigError(f"a client's id must be {allowed}, is {shown(client_id)}")
    _refuse_taken(client_id, folder)
    text = _filled(client_id, catalog)
    path = folder / f"{client_id}.yml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _refuse_taken(client_id: str, folder: Path) -> None:
    """A file of that name with another ending, or in other letters, would claim the same id."""
    taken = [path.name for path in folder.glob("*") if path.stem.casefold() == client_id]
    if taken:
        raise ConfigError(f"client {client_id} is there already: {', '.join(taken)}; nothing was written")


def _filled(client_id: str, catalog: Catalog) -> str:
    sources, destinations = sorted(catalog.sources), sorted(catalog.destinations)
    if not sources or not destinations:
        raise ConfigError("a client needs a valid source and a valid destination; see `medallion validate`")
    return _TEMPLATE.format(
        schema_line=SCHEMA_LINE,
        id=client_id,
        title=client_id.replace("_", " ").title(),
        # One that sample extracts can be written for: a newcomer sees it run before there is real data.
        source=min(sources, key=lambda name: ("{samples}" not in str(catalog.sources[name].location), name)),
        sources=listed(sources),
        destination=destinations[0],
        destinations=listed(destinations),
    )
