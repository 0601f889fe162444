"""Judges the links of every tracked Markdown file: `make check` calls it, exit code 1 says one leads nowhere.

A relative link must lead to a file or folder of the project, its `#anchor` to a heading, an id or a line.
Links into the network are not followed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"L(\d+)(?:-L(\d+))?$")


class _Html(HTMLParser):
    """What raw HTML links to, and the ids it sets."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "srcset" and value:
                self.links += [one.split()[0] for one in value.split(",") if one.strip()]
            elif (name == "id" or (tag, name) == ("a", "name")) and value:
                self.ids.add(value)


@dataclass
class Page:
    """One Markdown file: its links with their lines, and the anchors others may link to."""

    text: str
    links: list[tuple[int, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        seen: Counter[str] = Counter()
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(self.text)
        for before, token in zip([None, *tokens], tokens, strict=False):
            line = (token.map or [0])[0] + 1
            if token.type == "html_block":
                self._read_html(token.content, line)
            for child in token.children or []:
                self._read(child, line)
            if before and before.type == "heading_open":
                slug = _slug(token)
                self.anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
                seen[slug] += 1

    def _read(self, token: Token, line: int) -> None:
        link = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
        if link:
            self.links.append((line, str(link)))
        if token.type == "html_inline":
            self._read_html(token.content, line)
        for child in token.children or []:
            self._read(child, line)

    def _read_html(self, html: str, line: int) -> None:
        found = _Html()
        found.feed(html)
        self.links += [(line, link) for link in found.links]
        self.anchors |= found.ids


def _slug(heading: Token) -> str:
    """A heading's anchor as GitHub makes it."""
    text = "".join(child.content for child in heading.children or [] if child.type in ("text", "code_inline"))
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


@dataclass
class Project:
    """The files of a project, as git lists them."""

    root: Path

    @cached_property
    def files(self) -> set[PurePosixPath]:
        """What is tracked, or new and not ignored."""
        return self._listed("--cached", "--others", "--exclude-standard")

    @cached_property
    def pages(self) -> dict[PurePosixPath, Page]:
        """The tracked Markdown files."""
        tracked = sorted(path for path in self._listed("--cached") if path.suffix == ".md")
        return {path: self._page(path) for path in tracked}

    @cached_property
    def folders(self) -> set[PurePosixPath]:
        return {parent for path in self.files for parent in path.parents}

    def problems(self) -> Iterator[str]:
        """Each link that leads nowhere, as `file:line: what is wrong`."""
        for path, page in self.pages.items():
            for line, link in page.links:
                if wrong := self._wrong(path, link):
                    yield f"{path}:{line}: {link}: {wrong}"

    def _wrong(self, path: PurePosixPath, link: str) -> str:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return ""
        if parts.path.startswith("/"):
            return "begins with a slash; a link is relative to the file that it stands in"
        target = _joined(path.parent, unquote(parts.path)) if parts.path else path
        if target is None or not (target in self.files or target in self.folders):
            return "leads to nothing that is in the project"
        return self._wrong_anchor(target, unquote(parts.fragment)) if parts.fragment else ""

    def _wrong_anchor(self, target: PurePosixPath, anchor: str) -> str:
        if target in self.folders:
            return "a folder has no anchors"
        if target.suffix == ".md":
            page = self.pages.get(target) or self._page(target)
            return "" if anchor in page.anchors else f"{target} has no such heading"
        lines = len((self.root / target).read_text(encoding="utf-8").splitlines())
        found = LINE.match(anchor)
        good = found and all(1 <= int(number) <= lines for number in found.groups() if number)
        return "" if good else f"{target} has no such anchor; L1 to L{lines} are its lines"

    def _page(self, path: PurePosixPath) -> Page:
        return Page((self.root / path).read_text(encoding="utf-8"))

    def _listed(self, *options: str) -> set[PurePosixPath]:
        command = ["git", "-C", str(self.root), "ls-files", "-z", *options]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return {PurePosixPath(name) for name in told.split("\0") if name and (self.root / name).is_file()}


def _joined(folder: PurePosixPath, link: str) -> PurePosixPath | None:
    """The path a link leads to from a folder; None if that is outside the project."""
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(link).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def main(root: Path = ROOT) -> int:
    """Check every link, print each that leads nowhere, and return the exit code."""
    project = Project(root)
    problems = list(project.problems())
    for problem in problems:
        print(problem)
    links = sum(len(page.links) for page in project.pages.values())
    found = f"{links} links in {len(project.pages)} files"
    print(f"check_links: {found}, {len(problems) or 'no'} problem{'s' * (len(problems) != 1)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT))
