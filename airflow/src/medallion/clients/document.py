"""A YAML file read with care: plain data, the line of every value, and limits on what a file may ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from medallion.clients.problem import Flaw, Loc, shown

MAX_BYTES = 128 * 1024
MAX_DEPTH = 16
MAX_VALUES = 5_000  # after aliases are followed, so that a few lines cannot become millions of values

_TAG = "tag:yaml.org,2002:"
_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)")


@dataclass(frozen=True)
class Document:
    """What a file holds: its data (None where it has no map of keys), line numbers, and what is wrong."""

    data: dict[str, Any] | None = None
    lines: dict[Loc, int] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()

    def line(self, loc: Loc) -> int:
        """Return the line of the value, or of the nearest map or list around it that is written down."""
        for depth in range(len(loc), -1, -1):
            if loc[:depth] in self.lines:
                return self.lines[loc[:depth]]
        return 1


class _UnusableError(Exception):
    """The file cannot be used at all; carries the flaw that says why."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.flaw = Flaw((), message, line)


def read_document(path: Path) -> Document:
    """Read one YAML file.

    Args:
        path: the file; anything else in its place (a folder, a pipe, nothing) is reported, not opened.

    Returns:
        Its data and every flaw of its form; never raises for what the file holds.
    """
    try:
        text = _text(path)
        with _syntax_errors(text):
            return _document(text)
    except _UnusableError as unusable:
        return Document(flaws=(unusable.flaw,))


def _text(path: Path) -> str:
    """Return the file's text, read no further than the limit."""
    if path.is_dir():
        raise _UnusableError("is a folder; a file is expected")
    try:
        if path.exists() and not path.is_file():
            raise _UnusableError("is not a plain file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _UnusableError(f"cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise _UnusableError(f"is larger than {MAX_BYTES // 1024} KiB")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _UnusableError(
            f"is not UTF-8: byte 0x{raw[error.start]:02x}; save the file as UTF-8", line
        ) from error


@contextmanager
def _syntax_errors(text: str) -> Iterator[None]:
    """Turn the YAML library's errors into one line that says where."""
    try:
        yield
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _UnusableError(
            f"holds a character YAML forbids: {shown(text[error.position])}", line
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        half = f"{error.context}, " if str(error.problem).startswith("but ") else ""
        said = f"is not YAML: {half}{error.problem}{_advice(str(error.problem))}"
        raise _UnusableError(said, mark.line + 1 if mark else 1) from error


def _advice(problem: str) -> str:
    """Say what to do about the commonest slips, which the library names from its own side."""
    if "\\t" in problem:
        return "; indent with spaces, not tabs"
    return "; put text that holds ': ' in quotes" if "mapping values" in problem else ""


def _document(text: str) -> Document:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise _UnusableError("is empty; a map of keys is expected")
        tree = _Tree(loader)
        data = tree.value(node, ())
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        tree.flaw((), f"must be a map of keys, is {shown(data)}", node)
        data = None
    return Document(data, tree.lines, tuple(tree.flaws))


class _Loader(yaml.SafeLoader):
    """The safe loader, which refuses deep nesting before it could exhaust the stack."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise _UnusableError(f"is nested deeper than {MAX_DEPTH} levels", event.start_mark.line + 1)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Tree:
    """Walks the nodes of one file: builds plain data, keeps lines, collects flaws."""

    def __init__(self, loader: _Loader) -> None:
        self.loader = loader
        self.lines: dict[Loc, int] = {}
        self.flaws: list[Flaw] = []

    def flaw(self, loc: Loc, message: str, node: yaml.Node) -> None:
        self.flaws.append(Flaw(loc, message, node.start_mark.line + 1))

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        """Return the node as plain data; every place visited gets its line."""
        line = node.start_mark.line + 1
        self.lines.setdefault(loc, line)
        if len(self.lines) > MAX_VALUES or len(loc) > MAX_DEPTH:
            raise _UnusableError("grows too large when its aliases are followed", line)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, loc)
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            self.flaw(loc, f"has the tag {shown(node.tag)}, which is not allowed here", node)
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        return [self.value(item, (*loc, index)) for index, item in enumerate(node.value)]

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Any:
        if node.tag == f"{_TAG}int" and not _PLAIN_INT.fullmatch(node.value):
            # YAML 1.1 would read 010 as 8 and 1:30 as 90: nobody who writes them means that.
            self.flaw(loc, f"must be written in plain digits, is {node.value}", node)
            return None
        try:
            return self.loader.construct_object(node)
        except yaml.constructor.ConstructorError:
            self.flaw(loc, f"has the tag {shown(node.tag)}, which is not allowed here", node)
        except ValueError as error:
            self.flaw(loc, f"cannot be read: {error}", node)
        return None

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, loc)
            if key is None:
                continue
            place = (*loc, key)
            if key in data:
                self.flaw(place, f"is given twice, first in line {self.lines[place]}", key_node)
                continue
            self.lines[place] = key_node.start_mark.line + 1
            data[key] = self.value(value_node, place)
        return data

    def _key(self, node: yaml.Node, loc: Loc) -> str | None:
        """Return the key's text; anything but text is a flaw of the map around it."""
        if node.tag == f"{_TAG}merge":
            self.flaw(loc, "merges another map with '<<'; write its keys out", node)
            return None
        if node.tag != f"{_TAG}str" or not isinstance(node, yaml.ScalarNode):
            self.flaw(loc, f"has a key that is not text: {shown(node.value)}; put it in quotes", node)
            return None
        return str(node.value)
