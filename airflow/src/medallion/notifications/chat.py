"""Chat, pager and webhooks, by Apprise: it knows what each of them wants to be sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from medallion.clients.addresses import Address
from medallion.exceptions import ConfigError
from medallion.masking import mask_of, secrets_of
from medallion.notifications.render import Letter
from medallion.severity import Severity

if TYPE_CHECKING:
    from apprise import NotifyType

#: What Apprise calls the channels that an address may name. Plain addresses of webhooks become JSON's.
_SCHEMAS = {
    "slack": ("slack",),
    "teams": ("workflow", "workflows"),
    "pagerduty": ("pagerduty",),
    "webhook": ("json", "jsons"),
}
_EXAMPLES = {
    "slack": "https://hooks.slack.com/services/… or slack://…",
    "teams": "https://….logic.azure.com/workflows/… or workflows://…",
    "pagerduty": "pagerduty://<integration key>@<api key>",
    "webhook": "https://… or jsons://…",
}
_PLAIN = {"http": "json", "https": "jsons"}
#: What fits into a chat's message.
_LONGEST = 3_000


class ChatChannel:
    """Carries letters to Slack, Teams, PagerDuty or a webhook.

    Args:
        address: which of them.
        find: finds its URL at the time of sending; the URL is a secret.
    """

    def __init__(self, address: Address, find: Callable[[], str]) -> None:
        self.address = address
        self.find = find

    @property
    def name(self) -> str:
        """What it is called."""
        return self.address.name

    def send(self, letter: Letter) -> None:
        """Carry the letter's brief text.

        Raises:
            ConfigError: if its URL is not there, or is none of such a channel.
            ConnectionError: if the other side did not take it, with what it said.
        """
        from apprise import NotifyFormat

        url = self.find()
        service = self._service(url, letter)
        with _heard() as said:
            sent = service.notify(
                title=letter.subject,
                body=letter.brief[:_LONGEST],
                notify_type=_type_of(letter),
                body_format=NotifyFormat.TEXT,
            )
        if not sent:
            problem = "; ".join(dict.fromkeys(said)) or "it was not taken"
            raise ConnectionError(mask_of(secrets_of(url))(problem))

    def _service(self, url: str, letter: Letter) -> Any:
        import apprise

        to = self.address.to
        scheme, mark, rest = url.partition("://")
        if to == "webhook" and scheme in _PLAIN:
            url = _PLAIN[scheme] + mark + rest
        with _heard():  # its words repeat the URL
            service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        schemas = {service.protocol, service.secure_protocol} if service else set()
        flat = {one for name in schemas for one in (name if isinstance(name, tuple) else (name,))}
        if not flat & set(_SCHEMAS[to]):
            raise ConfigError(f"the URL of {self.name} is none of a {to}, such as {_EXAMPLES[to]}")
        if to == "pagerduty":
            _open_or_close(service, letter)
        return service


def _open_or_close(service: Any, letter: Letter) -> None:
    """Have PagerDuty open one incident a cause, and close it where the cause has ended."""
    message = letter.message
    service.severity = message.severity.value
    service.action = "resolve" if message.kind == "recovered" else "trigger"
    service.dedup = f"{message.dag_id}/{message.scope}/{message.task_id}"[:255]


def _type_of(letter: Letter) -> NotifyType:
    from apprise import NotifyType

    if letter.message.kind == "recovered":
        return NotifyType.SUCCESS
    bad = {Severity.INFO: NotifyType.INFO, Severity.WARNING: NotifyType.WARNING}
    return bad.get(letter.message.severity, NotifyType.FAILURE)


class _Ear(logging.Filter):
    """Hears what Apprise says: it answers yes or no, and gives its reasons to its log alone.

    Nothing of it goes on to any log: it may repeat a URL.
    """

    on_thread = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            getattr(self.on_thread, "said", []).append(" ".join(record.getMessage().split()))
        return False


_EAR = _Ear()


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Gather what Apprise says on this thread."""
    logging.getLogger("apprise").addFilter(_EAR)
    said = _EAR.on_thread.said = list[str]()
    try:
        yield said
    finally:
        _EAR.on_thread.said = []
