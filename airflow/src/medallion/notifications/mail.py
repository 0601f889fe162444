"""A letter → a mail: plain text, and HTML beside it."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage

from medallion.notifications.render import Letter

#: The longest line that mail may have (RFC 5322, 2.1.1): lines up to it stay readable, as they were written.
_POLICY = policy.default.clone(max_line_length=998)
#: Who writes, where no connection says it.
SENDER = "Medallion <medallion@localhost>"


def mail_of(letter: Letter, recipient: str | None, sender: str | None = None) -> EmailMessage:
    """Write a mail.

    Args:
        letter: what it says.
        recipient: a mail address; None where the client names nobody.
        sender: who writes.

    Raises:
        ValueError: if an address is none.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender or SENDER
    if recipient:
        mail["To"] = recipient
    mail["Subject"] = letter.subject
    mail["Date"] = letter.message.at
    mail["Auto-Submitted"] = "auto-generated"  # an absent reader's program does not answer
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail
