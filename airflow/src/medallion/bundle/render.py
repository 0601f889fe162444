"""A client's definition → the bytes of its DAG file: the same in every process, on every host."""

from __future__ import annotations

import hashlib
import pprint
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from medallion.registry import Definition
from medallion.settings import Settings

TEMPLATE = "client_pipeline.py.j2"
_WIDTH = 100


def render_client(settings: Settings, definition: Definition, manifest: str) -> bytes:
    """Write a client's DAG file.

    Every value reaches it as a Python literal of plain data, so that nothing that a client wrote is code.

    Args:
        settings: where the template is.
        definition: the client with its sources and its destination.
        manifest: the manifest of its shape, as a path inside the bundle.

    Returns:
        The file, without a clock, a path of this machine or anything else that changes by itself.
    """
    template = _environment(templates_folder(settings)).get_template(TEMPLATE)
    text = template.render(
        client_id=definition.client.id,
        definition=pprint.pformat(definition.facts(), width=_WIDTH, sort_dicts=True),
        manifest=repr(manifest),
    )
    return text.encode()


def template_stamp(settings: Settings) -> str:
    """A hash of the template: with another one every client's file is another one."""
    return hashlib.sha256((templates_folder(settings) / TEMPLATE).read_bytes()).hexdigest()


def templates_folder(settings: Settings) -> Path:
    """The templates of this checkout, also where MEDALLION_PROJECT is a copy of configs and dbt alone."""
    own = settings.project / "airflow" / "templates"
    return own if (own / TEMPLATE).is_file() else Path(__file__).resolve().parents[3] / "templates"


@lru_cache
def _environment(folder: Path) -> Environment:
    """Nothing is escaped: this is Python, and every value in it is a literal already."""
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML is made here
        keep_trailing_newline=True,
    )
