"""The channel that is always there: mail as files, for where no mail server is configured."""

from __future__ import annotations

import hashlib
import logging
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path

from medallion.notifications.event import Event

log = logging.getLogger(__name__)

#: The longest line that mail may have (RFC 5322, 2.1.1): lines up to it stay readable, as they were written.
_POLICY = policy.default.clone(max_line_length=998)
_SENDER = "Medallion <medallion@localhost>"
_LONGEST_NAME = 100


class Outbox:
    """Writes ``<folder>/<client>/<run>.eml``, one a run: the first cause wins, what follows is held back.

    A failed build takes its gate and every later task with it; nobody wants a mail from each of them.

    Args:
        folder: the outbox; made when the first mail is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, event: Event) -> Path:
        """The file that holds, or would hold, the mail of the event's run."""
        return self.folder / _safe_name(event.client_id) / f"{_safe_name(event.run_id)}.eml"

    def send(self, event: Event) -> None:
        """Write the event's mail, unless its run has one.

        Raises:
            OSError: if the file cannot be written.
        """
        path, mail = self.path_of(event), _mail(event)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_new(path, mail)
        except FileExistsError:
            log.info("held back, its run was told of already in %s: %s", path, event.subject)
        else:
            log.info("told %s in %s: %s", event.recipient or "nobody", path, event.subject)


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet; of several processes exactly one does."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise
    except OSError:  # a full disk: half a mail must not keep the next one from being written
        path.unlink(missing_ok=True)
        raise


def _mail(event: Event) -> bytes:
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _SENDER
    if event.recipient:
        mail["To"] = event.recipient
    mail["Subject"] = " ".join(_encodable(event.subject).split())
    mail["Date"] = event.at
    mail.set_content(_encodable(event.text))
    return mail.as_bytes()


def _encodable(text: str) -> str:
    """The text with what UTF-8 cannot write (half characters out of broken file names) spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _safe_name(text: str) -> str:
    """A file name that stays in its folder, and differs where the texts do."""
    name = re.sub(r"[^A-Za-z0-9_=.-]+", "-", text).strip(".")[:_LONGEST_NAME]
    if name and name == text:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{name}-{digest[:8]}"
