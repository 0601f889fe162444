"""A client's definition → the bytes of its DAG file: the same in every process, on every host."""

from __future__ import annotations

import ast
import hashlib
import math
import pprint
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, TemplateSyntaxError

from medallion.exceptions import ConfigError
from medallion.registry import Definition
from medallion.settings import Settings

_TEMPLATE = "client_pipeline.py.j2"
_WIDTH = 100


def render_client(
    settings: Settings, definition: Definition, manifest: str, *, streamed: bool = False
) -> bytes:
    """Write a client's DAG file.

    Every value reaches it as a Python literal of plain data, so that nothing that a client wrote is code.

    Args:
        settings: where the template is.
        definition: the client with its sources and its destination.
        manifest: the manifest of its shape, as a path inside the bundle.
        streamed: whether it has had real time, whose DAG is closed once it has no more.

    Returns:
        The file, without a clock, a path of this machine or anything else that changes by itself.

    Raises:
        ConfigError: if the template is missing or broken; the text names the file and, where known, the line.
    """
    path = _template_file(settings)
    template = _template(_source(path), str(path))
    values: dict[str, Any] = {
        "client_id": definition.client.id,
        "definition": definition.facts(),
        "manifest": manifest,
    }
    values["streamed"] = streamed
    try:
        text = template.render(values)
        ast.parse(text)
    except (TemplateError, TypeError, ValueError, SyntaxError) as error:
        raise ConfigError(f"{path}: does not give a DAG file for {definition.client.id}: {error}") from error
    return text.encode()


def template_stamp(settings: Settings) -> str:
    """A hash of the template: with another one every client's file is another one.

    Raises:
        ConfigError: if it is missing or broken.
    """
    path = _template_file(settings)
    source = _source(path)
    _template(source, str(path))
    return hashlib.sha256(source.encode()).hexdigest()


def literal(value: Any) -> str:
    """Write plain data as Python does, on lines short enough to read.

    Raises:
        ValueError: if there is anything in it that no literal gives back.
    """
    _refuse_others(value)
    return pprint.pformat(value, width=_WIDTH, sort_dicts=True)


def _refuse_others(value: Any) -> None:
    if type(value) in (dict, list):
        for one in (*value, *value.values()) if type(value) is dict else value:
            _refuse_others(one)
    elif type(value) not in (str, int, float, bool, type(None)) or value in (math.inf, -math.inf):
        raise ValueError(f"{value!r} is not plain data")
    elif value != value:
        raise ValueError("not a number is not plain data")


def _template_file(settings: Settings) -> Path:
    """The project's own template, or this checkout's where MEDALLION_PROJECT has configs and dbt alone."""
    own = settings.project / "airflow" / "templates" / _TEMPLATE
    return own if own.is_file() else Path(__file__).resolve().parents[3] / "templates" / _TEMPLATE


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the template of clients' DAG files cannot be read: {error}") from error


@lru_cache(maxsize=4)
def _template(source: str, path: str) -> Template:
    """Nothing is escaped: this is Python, and whatever a template puts in is put in as a literal."""
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML is made here
        finalize=literal,
        keep_trailing_newline=True,
    )
    try:
        return environment.from_string(source)
    except TemplateSyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno}: {error.message}") from error
