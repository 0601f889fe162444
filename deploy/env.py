"""Write the stack's .env from .env.example, with secrets made for this machine; run by ``make env``.

It needs Python alone, and changes nothing that .env has: it adds what is not there.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import string
import sys
from collections.abc import Callable
from pathlib import Path


def _letters_and_digits(count: int) -> str:
    """What a URL holds unquoted, and no program takes for an option; of each kind, as SQL Server asks for."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    while True:
        made = "".join(secrets.choice("".join(kinds)) for _ in range(count))
        if all(set(made) & set(kind) for kind in kinds):
            return made


#: What stands for a secret in .env.example, and what makes one.
_MADE: dict[str, Callable[[], str]] = {
    "<password>": lambda: _letters_and_digits(24),
    "<key>": lambda: _letters_and_digits(48),
    "<fernet>": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}
_SETTING = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$")


def settings_of(text: str) -> dict[str, str]:
    """Read the settings of a file of ``NAME=value`` lines; what is commented out is none."""
    return {found[1]: found[2] for line in text.splitlines() if (found := _SETTING.match(line))}


def completed(example: str, present: str) -> tuple[str, list[str]]:
    """Add what is missing.

    Args:
        example: the text of .env.example.
        present: the text of .env; empty where there is none.

    Returns:
        The new text of .env, and the names that were added.
    """
    known = settings_of(present)
    added = [name for name in settings_of(example) if name not in known]
    if not known:
        return "".join(_filled(line) for line in example.splitlines(keepends=True)), added
    new = [_filled(f"{name}={settings_of(example)[name]}\n") for name in added]
    return present + "\n" * bool(new and not present.endswith("\n")) + "".join(new), added


def _filled(line: str) -> str:
    found = _SETTING.match(line.rstrip("\n"))
    make = _MADE.get(found[2]) if found else None
    return f"{found[1]}={make()}\n" if found and make else line


def main(folder: Path) -> str:
    """Write ``folder/.env``; say what was done."""
    path = folder / ".env"
    present = path.read_text(encoding="utf-8") if path.is_file() else ""
    text, added = completed((folder / ".env.example").read_text(encoding="utf-8"), present)
    if not added:
        return ".env has all there is to set; nothing was changed"
    # At no moment can anybody but its owner read it, and whoever is cut off leaves the old one.
    scratch = path.with_name(f".env.{os.getpid()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    scratch.replace(path)
    if present:
        return f".env: added {', '.join(added)}"
    return ".env is written, for you alone to read; the login is admin with its MEDALLION_ADMIN_PASSWORD"


if __name__ == "__main__":
    print(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parents[1]))
