"""One pass over the files of a ``configs/`` folder, collecting problems and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from medallion.clients.document import Document
from medallion.clients.folder import config_files, rivals
from medallion.clients.problem import Flaw, Problem, dotted, shown


def named(key: str, name: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
    """Add to a file's data the name that its place gives it; a different one inside is a flaw."""
    inside = data.get(key, name)
    flaws = (
        [] if inside == name else [Flaw((key,), f"must be {name!r} as its place says, is {shown(inside)}")]
    )
    return {**data, key: name}, flaws


class Reading:
    """Opens files and keeps what is to be said about them, with paths as a person at ``root`` writes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []

    def listed(self, folder: Path) -> list[Path]:
        """List the config files of a folder; a note says which of its files are none."""
        try:
            files, others = config_files(folder)
        except OSError as error:
            self.problems.append(Problem(self.shown(folder), 1, "", f"cannot be read: {error.strerror}"))
            return []
        for other in others:
            self.note(other, Document(), [Flaw((), "is not read: its name does not end in .yml or .yaml")])
        return files

    def claims(self, files: Sequence[Path]) -> dict[Path, list[Flaw]]:
        """Return each file with the flaw of its name, if another file claims the same."""
        found = rivals(files)
        return {file: [found[file]] if file in found else [] for file in files}

    def report(self, path: Path, document: Document, flaws: Iterable[Flaw]) -> list[Problem]:
        """Keep the flaws of a file's form and of what it says as problems, and return them.

        Where a value could not even be read, what its absence leads to is not reported as well.
        """
        unread = {flaw.loc for flaw in document.flaws if flaw.loc}
        said = [flaw for flaw in flaws if flaw.loc not in unread]
        problems = [self._problem(path, document, flaw) for flaw in (*document.flaws, *said)]
        self.problems += problems
        return problems

    def note(self, path: Path, document: Document, notes: Iterable[Flaw]) -> None:
        """Keep notes: true things worth knowing that stop nothing."""
        self.notes += [self._problem(path, document, note) for note in notes]

    def shown(self, path: Path) -> Path:
        """Return the path as a person at the project's root writes it."""
        return path.relative_to(self.root) if path.is_relative_to(self.root) else path

    def _problem(self, path: Path, document: Document, flaw: Flaw) -> Problem:
        written = flaw.loc in document.lines or flaw.beside not in document.lines
        place = flaw.loc if written or flaw.beside is None else flaw.beside
        return Problem(self.shown(path), flaw.line or document.line(place), dotted(flaw.loc), flaw.message)
