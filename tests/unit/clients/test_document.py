from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from medallion.clients.document import MAX_BYTES, MAX_VALUES, read_document


def _write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "x.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _only_flaw(path: Path) -> tuple[str, int | None]:
    (flaw,) = read_document(path).flaws
    return flaw.message, flaw.line


def test_every_place_has_the_line_it_is_written_on(tmp_path: Path) -> None:
    text = "a: 1\nb:\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n  f: |\n    long\n    text\ng: 2026-01-31\n"

    document = read_document(_write(tmp_path, text))

    assert document.data == {
        "a": 1,
        "b": {"c": ["x", {"d": 2, "e": 3}], "f": "long\ntext\n"},
        "g": date(2026, 1, 31),
    }
    lines = {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 3,
        ("b", "c", 0): 4,
        ("b", "c", 1, "d"): 5,
        ("b", "c", 1, "e"): 6,
    }
    assert {loc: document.line(loc) for loc in lines} == lines
    assert document.line(("b", "f")) == 7
    assert document.line(("g",)) == 10


def test_a_missing_place_has_the_line_of_what_is_around_it(tmp_path: Path) -> None:
    document = read_document(_write(tmp_path, "a: 1\nb:\n  c: 2\n"))

    assert document.line(("b", "d")) == 2
    assert document.line(("e",)) == 1


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    document = read_document(_write(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n"))

    assert document.data == {"a": 1, "b": 2}
    assert document.line(("b",)) == 2


def test_aliases_within_reason_are_followed(tmp_path: Path) -> None:
    assert read_document(_write(tmp_path, "a: &x [1, 2]\nb: *x\n")).data == {"a": [1, 2], "b": [1, 2]}


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    fits = _write(tmp_path, "a: 1\n#" + "x" * (MAX_BYTES - 6))
    assert read_document(fits).data == {"a": 1}

    assert _only_flaw(_write(tmp_path, "a: 1\n#" + "x" * MAX_BYTES)) == ("is larger than 128 KiB", 1)


def test_a_file_with_too_many_values_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, "a: [" + "1," * MAX_VALUES + "]\n")

    assert _only_flaw(path) == ("grows too large when its aliases are followed", 1)


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yml")

    assert _only_flaw(tmp_path / "x.yml") == ("is not a plain file", 1)


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yml").symlink_to(tmp_path / "nowhere.yml")

    assert _only_flaw(tmp_path / "x.yml") == ("cannot be read: No such file or directory", 1)


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yml").symlink_to(tmp_path / "x.yml")

    assert _only_flaw(tmp_path / "x.yml")[0].startswith("cannot be read: ")


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path, "a: 1\n")
    path.chmod(0)

    if os.access(path, os.R_OK):  # root reads everything; then there is nothing to tell
        assert read_document(path).data == {"a": 1}
    else:
        assert _only_flaw(path) == ("cannot be read: Permission denied", 1)


def test_utf_16_is_refused_where_it_begins(tmp_path: Path) -> None:
    path = _write(tmp_path, "a: 1\n".encode("utf-16"))

    assert _only_flaw(path) == ("is not UTF-8: byte 0xff; save the file as UTF-8", 1)
