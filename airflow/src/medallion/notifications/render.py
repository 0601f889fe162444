"""A message → what channels carry: a subject, plain text and HTML, every name and cell as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from medallion.notifications.message import Message

#: How much of what is said by others is shown; the task's log has it all.
_REASON, _SAID, _TRACE, _SQL, _LINE = 3_000, 600, 4_000, 500, 200
#: How many rows are shown one by one.
_ROWS = 30


@dataclass(frozen=True)
class Letter:
    """A message as channels carry it.

    Attributes:
        message: what it tells.
        subject: its subject, one line.
        text: all of it, as plain text.
        brief: the same without the trace, for where there is little room.
        html: all of it, as a page of its own: no script, nothing fetched.
    """

    message: Message
    subject: str
    text: str
    brief: str
    html: str


def render(message: Message, environment: str = "") -> Letter:
    """Write a message, whose secrets are masked, in its three shapes.

    Args:
        message: what it tells.
        environment: that of the installation, where readers might take it for production.
    """
    unseen = max(0, len(message.rows) - _ROWS)
    facts = {
        "message": message,
        "facts": _facts(message, environment),
        "rows": message.rows[:_ROWS],
        "unseen": unseen,
    }
    text = _templates().get_template("message.txt.j2")
    return Letter(
        message=message,
        subject=_line(f"[medallion {environment}] {message.headline}" if environment else message.subject),
        text=text.render(facts, brief=False),
        brief=text.render(facts, brief=True),
        html=_templates().get_template("message.html.j2").render(facts),
    )


def _facts(message: Message, environment: str) -> dict[str, str]:
    """What is known of where and when, as a reader looks for it; what is not known is left out."""
    tries = f"{message.try_number} of {message.tries}" if message.try_number else ""
    found = {
        "environment": environment,
        "client": message.client_id,
        "task": message.task_id,
        "failure": message.failure,
        "try": tries,
        "next try": f"not before {moment(message.next_try)}" if message.next_try else "",
        "interval": message.interval,
        "run": message.run_id,
        "DAG": message.dag_id,
        "at": moment(message.at),
    }
    return {name: said for name, said in found.items() if said}


def moment(at: datetime) -> str:
    """A time to the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def counted(number: int) -> str:
    """A number as people read it."""
    return f"{number:,}"


def shown(text: str) -> str:
    """A text with everything that neither prints nor ends a line spelled out.

    Control characters, half characters out of broken file names, and signs that turn the direction of text.
    """
    plain = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode()
        for sign in plain
    )


def _reason(text: str) -> str:
    return _cut(shown(text.strip()), _REASON)


def _said(text: str) -> str:
    return _cut(shown(text.strip()), _SAID)


def _sql(text: str) -> str:
    return _cut(shown(text.strip()), _SQL)


def _trace(text: str) -> str:
    """The end of a trace, which names the error."""
    plain = shown(text.strip())
    return plain if len(plain) <= _TRACE else f"…{plain[-_TRACE:].partition(chr(10))[2]}"


def _line(text: str) -> str:
    """A text on one line."""
    return _cut(" ".join(shown(text).split()), _LINE)


def _commands(text: str) -> Markup:
    """What stands between backticks as code, everything else as text."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped before)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


@cache
def _templates() -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters |= {
        "reason": _reason,
        "said": _said,
        "sql": _sql,
        "trace": _trace,
        "line": _line,
        "counted": counted,
        "commands": _commands,
    }
    return jinja
