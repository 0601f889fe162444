"""Real receivers of mail and of HTTP on free loopback ports: well, slow, refusing and broken ones."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from servers import free_port


class MailServer:
    """An SMTP server that keeps what it gets, or answers with a refusal of its own."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.mails: list[EmailMessage] = []
        self.port = free_port()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer

    def connection(self, **more: Any) -> str:
        """The server as an Airflow connection."""
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "medallion@example.com", **more}
        return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": self.port, "extra": extra})


@contextmanager
def mail_server(answer: str = "250 OK") -> Iterator[MailServer]:
    """Run an SMTP server; ``answer`` is what it says to each mail."""
    server = MailServer(answer)
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@contextmanager
def silent_server() -> Iterator[int]:
    """Listen on a port, take every caller, and never say a word."""
    callers: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            while True:
                try:
                    callers.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    for caller in callers:
        caller.close()


class Receiver:
    """An HTTP server that keeps what it is sent.

    Args:
        status: what it answers.
        drip: seconds between the bytes of its answer's head, which then never ends.
    """

    def __init__(self, status: int = 200, drip: float | None = None) -> None:
        self.status, self.drip = status, drip
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.asked.append((self.headers["Host"], self.path, json.loads(body)))
                if receiver.drip is not None:
                    receiver._drip(self)
                    return
                self.send_response(receiver.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def do_CONNECT(self) -> None:
                """Be a proxy whose every far end is this server, by a certificate for all names."""
                self.send_response(200)
                self.end_headers()
                with receiver.context.wrap_socket(self.request, server_side=True) as self.request:
                    self.setup()
                    self.handle_one_request()
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        # Its callers may be gone before it has answered: no trace of that.
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = self.server.server_address[1]
        self.context: ssl.SSLContext

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer so slowly that no wait for the next byte is ever too long."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.over.wait(self.drip):
            handler.wfile.write(b".")


@contextmanager
def receiver(status: int = 200, drip: float | None = None) -> Iterator[Receiver]:
    """Run an HTTP server."""
    one = Receiver(status, drip)
    thread = threading.Thread(target=one.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.over.set()
        one.server.shutdown()
        one.server.server_close()
        thread.join()


@contextmanager
def far_ends(folder: Path, *names: str) -> Iterator[tuple[Receiver, dict[str, str]]]:
    """Play servers of these names: yield the receiver, and the environment that leads callers to it."""
    key = ec.generate_private_key(ec.SECP256R1())
    issued = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "far ends of tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issued - timedelta(hours=1))
        .not_valid_after(issued + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "all.pem").write_bytes(secret + pem)
    (folder / "known.pem").write_bytes(pem)
    with receiver() as one:
        one.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        one.context.load_cert_chain(folder / "all.pem")
        leading = {
            "HTTPS_PROXY": f"http://127.0.0.1:{one.port}",
            "REQUESTS_CA_BUNDLE": str(folder / "known.pem"),
            "NO_PROXY": "",
        }
        yield one, leading
