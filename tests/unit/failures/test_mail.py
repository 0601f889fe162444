"""The exceptions of smtplib and aiosmtplib, as a server on a real socket provokes them."""

import asyncio
import smtplib
import socketserver
import threading
from contextlib import contextmanager
from email.message import EmailMessage

import aiosmtplib
import pytest

from medallion.failures import Action, classify


class Mailbox(socketserver.StreamRequestHandler):
    """Answers line by line; what ``server.answers`` has for a word is answered in the place of 250."""

    def handle(self):
        self.say("220 here")
        for line in self.rfile:
            word = line.decode().split()[0].upper()
            if self.say(self.server.answers.get(word, {"DATA": "354 go on"}.get(word, "250 well"))) is False:
                return
            if word == "DATA":
                while self.rfile.readline().strip() != b".":
                    pass
                self.say(self.server.answers.get(".", "250 taken"))
            if word == "QUIT":
                return

    def say(self, text):
        if text == "hang up":
            return False
        self.wfile.write(text.encode() + b"\r\n")
        return True


@contextmanager
def server(answers):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as found:
        found.answers, found.daemon_threads = answers, True
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found.server_address[1]
        finally:
            found.shutdown()
            thread.join()


def send(port, login=False):
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as mail:
        if login:
            mail.login("ann", "s3cret")
        mail.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\nhello")


@pytest.mark.parametrize(
    ("answers", "login", "kind", "sign"),
    [
        ({"RCPT": "550 no such user"}, False, "not found", "SMTP 550"),
        ({"RCPT": "450 busy"}, False, "server error", "SMTP 450"),
        ({"MAIL": "452 no room"}, False, "disk full", "SMTP 452"),
        ({".": "554 it is spam"}, False, "refused", "SMTP 554"),
        ({".": "451 later"}, False, "server error", "SMTP 451"),
        ({"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 no"}, True, "credentials refused", "SMTP 535"),
        ({}, True, "config wrong", "smtplib.SMTPNotSupportedError"),
        ({"RCPT": "hang up"}, False, "connection lost", "smtplib.SMTPServerDisconnected"),
    ],
)
def test_what_a_mail_server_answers(answers, login, kind, sign):
    with server(answers) as port, pytest.raises(smtplib.SMTPException) as caught:
        send(port, login)
    failure = classify(caught.value)
    assert (failure.kind, failure.sign) == (kind, sign)
    assert "s3cret" not in str(failure)


@pytest.mark.parametrize(
    ("answers", "kind", "sign"),
    [
        ({"RCPT": "550 no such user"}, "not found", "SMTP 550"),
        ({".": "451 later"}, "server error", "SMTP 451"),
        ({"RCPT": "hang up"}, "connection lost", "aiosmtplib.SMTPServerDisconnected"),
    ],
)
def test_what_aiosmtplib_makes_of_it(answers, kind, sign):
    mail = EmailMessage()
    mail["From"], mail["To"] = "a@example.com", "b@example.com"
    with server(answers) as port, pytest.raises(aiosmtplib.SMTPException) as caught:
        asyncio.run(aiosmtplib.send(mail, hostname="127.0.0.1", port=port, timeout=5))
    assert (classify(caught.value).kind, classify(caught.value).sign) == (kind, sign)


def test_a_mail_server_that_is_not_there():
    with server({}) as port:
        pass
    with pytest.raises(ConnectionRefusedError) as caught:
        send(port)
    assert classify(caught.value).kind == "connection lost"
    assert classify(caught.value).action is Action.WAIT
