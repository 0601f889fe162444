"""The project as it was at a commit: its dbt project and configs, and the files that differ since."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from medallion.exceptions import ConfigError

#: What decides which rows a client has; the package is held by its own tests.
_REVIEWED = ("dbt", "configs")
_READ = frozenset({".sql", ".yml", ".yaml", ".csv"})


@dataclass(frozen=True)
class Base:
    """What a change is compared with.

    Attributes:
        project: the root of the git repository with the change.
        ref: what was asked for, ``origin/main``.
        commit: where the change left that.
        changed: the files of models and configs that differ, as paths from the root.
    """

    project: Path
    ref: str
    commit: str
    changed: tuple[str, ...]

    @classmethod
    def of(cls, project: Path, ref: str) -> Base:
        """Compare the working tree, committed or not, with where it left a branch.

        Args:
            project: the root of a git repository.
            ref: a branch, tag or commit.

        Raises:
            ConfigError: if git knows no such commit, or none that both have.
        """
        try:
            commit = _git(project, "merge-base", "--end-of-options", ref, "HEAD").strip()
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode().strip() or "they have no commit in common"
            raise ConfigError(
                f"--base: git finds nothing to compare with at {ref!r} ({said}); fetch it with its history, "
                "or name another branch or commit"
            ) from None
        told = _git(project, "diff", "--name-only", "--no-renames", "-z", commit, "--", *_REVIEWED)
        told += _git(project, "ls-files", "--others", "--exclude-standard", "-z", "--", *_REVIEWED)
        names = sorted({name for name in told.split("\0") if Path(name).suffix in _READ})
        return cls(project, ref, commit, tuple(names))

    @property
    def models(self) -> tuple[str, ...]:
        """Those of the dbt project."""
        return tuple(name for name in self.changed if name.startswith("dbt/"))

    @property
    def configs(self) -> tuple[str, ...]:
        """Those of ``configs/``."""
        return tuple(name for name in self.changed if name.startswith("configs/"))

    def vars_differ(self, tree: Path) -> bool:
        """Whether dbt's variables do, of which dbt's own comparison knows nothing.

        Args:
            tree: what :meth:`unpack` made.
        """
        return _variables(tree / "dbt") != _variables(self.project / "dbt")

    def unpack(self, folder: Path) -> Path:
        """Write models and configs of the commit into a folder, unless they are there.

        Args:
            folder: all in it is of one commit; of another one, it is emptied first.

        Returns:
            The root of what was written.
        """
        tree, stamp = folder / "tree", folder / "commit"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == self.commit:
            return tree
        shutil.rmtree(folder, ignore_errors=True)
        tree.mkdir(parents=True)
        packed = subprocess.run(
            ["git", "-C", str(self.project), "archive", "--format=tar", self.commit, "--", *_REVIEWED],
            check=True,
            capture_output=True,
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(tree, filter="data")
        stamp.write_text(self.commit, encoding="utf-8")
        return tree


def _variables(dbt_project: Path) -> object:
    return yaml.safe_load((dbt_project / "dbt_project.yml").read_text(encoding="utf-8")).get("vars")


def _git(project: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(project), *arguments], check=True, capture_output=True)
    return done.stdout.decode()
