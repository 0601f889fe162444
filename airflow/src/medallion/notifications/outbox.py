"""The channel that is always there: mail as files, for where no mail server is configured."""

from __future__ import annotations

import hashlib
import logging
import re
from pathlib import Path

from medallion.notifications.mail import mail_of
from medallion.notifications.render import Letter

log = logging.getLogger(__name__)

_LONGEST_NAME = 100


class Outbox:
    """Writes ``<folder>/<client>/<run>-<kind>-<digits>.eml``, a file a letter, and says so in the log.

    Args:
        folder: the outbox; made when the first mail is written.
        recipient: a mail address; None where the client names nobody: whoever runs the installation finds
            what happened all the same.
        name: what the channel is called.
    """

    def __init__(self, folder: Path, recipient: str | None = None, name: str = "outbox") -> None:
        self.folder = folder
        self.recipient = recipient
        self.name = name

    def path_of(self, letter: Letter) -> Path:
        """The file that holds, or would hold, the letter's mail."""
        message = letter.message
        told = f"{message.run_id}\n{message.cause}\n{message.severity}\n{message.at.isoformat()}"
        digits = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:8]
        run = f"{_safe_name(message.run_id)}-" if message.run_id else ""
        name = f"{run}{message.kind.replace(' ', '_')}-{digits}.eml"
        return self.folder / _safe_name(message.client_id) / name

    def mails_of(self, client_id: str, run_id: str) -> list[Path]:
        """The mails about a client's run, oldest first."""
        found = (self.folder / _safe_name(client_id)).glob(f"{_safe_name(run_id)}-*.eml")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def send(self, letter: Letter) -> None:
        """Write the letter's mail.

        Raises:
            OSError: if the file cannot be written.
        """
        path, mail = self.path_of(letter), mail_of(letter, self.recipient).as_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_bytes(mail)
        except OSError:  # a full disk: half a mail is none
            path.unlink(missing_ok=True)
            raise
        log.info("told %s in %s: %s", self.recipient or "nobody", path, letter.subject)


def _safe_name(text: str) -> str:
    """A file name that stays in its folder, and differs where the texts do."""
    name = re.sub(r"[^A-Za-z0-9_=.-]+", "-", text).strip(".")[:_LONGEST_NAME]
    if name and name == text:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{name}-{digest[:8]}"
