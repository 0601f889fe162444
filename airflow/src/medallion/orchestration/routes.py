"""A client's addresses → the channels that carry letters there. Only a task may look up a connection."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import redact

from medallion.clients import Client
from medallion.clients.addresses import EMAIL, SMTP_CONNECTION, Address
from medallion.connections import url_of
from medallion.ledger import open_ledger
from medallion.masking import hide, masked
from medallion.notifications import Letter, Outbox, Route, Teller
from medallion.notifications.chat import ChatChannel
from medallion.notifications.mail import mail_of
from medallion.orchestration.connections import channel_url
from medallion.settings import PRODUCTION, Settings

log = logging.getLogger(__name__)


def teller_of(settings: Settings, client: Client | None, patience: float | None = None) -> Teller:
    """Whoever tells of a client.

    Args:
        settings: where ledger and outbox are, and who is told instead of clients' own people.
        client: whose channels; None has its mails in the outbox.
        patience: how long it may take, in seconds, where nothing waits for it; None: as long as a task may.
    """
    for named in (one.env for one in (client.notifications if client else ()) if one.env):
        hide(os.environ.get(named, ""))
    routes, ledger = tuple(_routes(settings, client)), partial(open_ledger, settings.database_url)
    environment = "" if settings.environment == PRODUCTION else settings.environment
    teller = Teller(routes, ledger, _masked, environment=environment)
    return teller if patience is None else replace(teller, bound=patience, asking=patience / 2)


def _masked(text: str) -> str:
    """Without secrets, also those that Airflow looked up for the task."""
    return str(redact(masked(text)))


def _routes(settings: Settings, client: Client | None) -> Iterator[Route]:
    recipient = client.notification_email if client else None
    addresses = list(client.notifications) if client else []
    if settings.environment != PRODUCTION:
        # Nobody's own people: of a trial run they would hear as of a real one.
        recipient, addresses = settings.notify or None, []
    if not any(one.to == EMAIL for one in addresses):
        addresses.insert(0, Address(to=EMAIL))
    for address in addresses:
        if address.to == EMAIL:
            outbox = Outbox(settings.outbox, recipient, address.name)
            known = MailChannel(outbox, address.connection or SMTP_CONNECTION) if recipient else outbox
            yield Route(known, address.severity)
        else:
            find = partial(url_of, address.connection, address.env, channel_url)
            yield Route(ChatChannel(address, find), address.severity)


class MailChannel:
    """Sends mail through the server of an Airflow connection; without that connection it goes to the outbox.

    Args:
        outbox: where mail goes without a server; it knows the recipient.
        connection: the server's.
    """

    def __init__(self, outbox: Outbox, connection: str) -> None:
        self.outbox = outbox
        self.connection = connection
        self.name = outbox.name

    def send(self, letter: Letter) -> None:
        """Send the letter.

        Raises:
            smtplib.SMTPException: if the server does not take it.
            OSError: if it is not there, or if there is none and the outbox cannot be written.
        """
        try:
            Connection.get(self.connection)
        except AirflowNotFoundException:
            self.outbox.send(letter)
            return
        from airflow.providers.smtp.hooks.smtp import SmtpHook

        # The hook knows every way to log in. What it sends itself has no plain text beside the HTML.
        with SmtpHook(self.connection) as hook:
            hook._smtp_client.send_message(mail_of(letter, self.outbox.recipient, hook.from_email))
