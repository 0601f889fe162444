"""Reads what `medallion validate` was asked to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from medallion.clients.catalog import Catalog
from medallion.clients.folder import config_files
from medallion.clients.loader import load_catalog


def load_paths(paths: Sequence[Path], configs: Path) -> list[Catalog]:
    """Read the whole of ``configs/``, or only what some paths name.

    Args:
        paths: files or folders inside ``configs/``; elsewhere, a folder like it, or client files (and folders
            of them), which are held against what ``configs/`` declares. None at all: everything.
        configs: the project's ``configs/`` folder.

    Returns:
        What was read, with the problems of the named files only.
    """
    if not paths:
        return [load_catalog(configs)]
    found = []
    places = [_place(path) for path in paths]
    inside = [path for path in places if path.is_relative_to(configs)]
    elsewhere = [path for path in places if not path.is_relative_to(configs)]
    if inside:
        found.append(_only(load_catalog(configs), configs.parent, inside))
    found += [load_catalog(path) for path in elsewhere if _is_configs(path)]
    files = [file for path in elsewhere if not _is_configs(path) for file in _files(path)]
    if files:
        found.append(_only(load_catalog(configs, files), configs.parent, files))
    return found


def _place(path: Path) -> Path:
    """Return the absolute path; a file that is a link stays where it is named, not where it leads."""
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def _is_configs(path: Path) -> bool:
    return (path / "clients").is_dir()


def _files(path: Path) -> list[Path]:
    return config_files(path)[0] if path.is_dir() and not path.name.endswith((".yml", ".yaml")) else [path]


def _only(catalog: Catalog, root: Path, paths: Sequence[Path]) -> Catalog:
    """Keep what stands in, or below, the given paths."""
    asked = _below(root, paths)
    return replace(
        catalog,
        clients={name: client for name, client in catalog.clients.items() if asked(Path(catalog.file(name)))},
        problems=tuple(problem for problem in catalog.problems if asked(problem.file)),
        notes=tuple(note for note in catalog.notes if asked(note.file)),
    )


def _below(root: Path, paths: Sequence[Path]) -> Callable[[Path], bool]:
    return lambda file: any((root / file).is_relative_to(path) for path in paths)
