"""`make check` fails on a link that leads nowhere, and says where it stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from check_links import main

GOOD = """# Read me

See [the guide](docs/guide.md#first-steps-1), [this](#read-me), [a line](code.py#L2), [docs](docs/),
[the web](https://example.com/nowhere#at-all) and ![a picture](docs/a%20b.png).

<p><img src="docs/a%20b.png"></p>

```
[not a link](nowhere.md)
```

| [in a table](docs/guide.md#is-it-_really_-so) | `[code](nowhere.md)` |
| --- | --- |
"""
GUIDE = """# Guide

## First steps

## First *steps*

## Is it `_really_` so?

<a id="by-hand"></a>Back to [the start](../README.md#read-me), see [below](#by-hand).
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(GOOD)
    (tmp_path / "docs/guide.md").write_text(GUIDE)
    (tmp_path / "docs/a b.png").write_bytes(b"")
    (tmp_path / "code.py").write_text("a\nb\n")
    (tmp_path / ".gitignore").write_text("/var/\n")
    (tmp_path / "var").mkdir()
    (tmp_path / "var/page.md").write_text("# Made\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    return tmp_path


def test_links_that_lead_somewhere_are_good(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(project) == 0
    assert capsys.readouterr().out == "check_links: 10 links in 2 files, no problems\n"


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ("docs/gide.md", "leads to nothing that is in the project"),
        ("var/page.md", "leads to nothing that is in the project"),
        ("../outside.md", "leads to nothing that is in the project"),
        ("/docs/guide.md", "begins with a slash; a link is relative to the file that it stands in"),
        ("docs/guide.md#first-step", "docs/guide.md has no such heading"),
        ("docs/guide.md#first-steps-2", "docs/guide.md has no such heading"),
        ("#nowhere", "README.md has no such heading"),
        ("docs#guide", "a folder has no anchors"),
        ("code.py#L3", "code.py has no such anchor; L1 to L2 are its lines"),
    ],
)
def test_a_broken_link_is_named_with_its_place(
    project: Path, capsys: pytest.CaptureFixture[str], link: str, wrong: str
) -> None:
    with (project / "README.md").open("a") as file:
        file.write(f"\nA [broken one]({link}).\n")
    assert main(project) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"README.md:15: {link}: {wrong}"
    assert told[1] == "check_links: 11 links in 2 files, 1 problem"


def test_links_in_html_are_checked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (project / "docs/guide.md").open("a") as file:
        file.write('\n<picture><source srcset="dark.png 2x"><img src="light.png"></picture>\n')
    assert main(project) == 1
    told = capsys.readouterr().out
    assert "docs/guide.md:11: dark.png" in told
    assert "docs/guide.md:11: light.png" in told
