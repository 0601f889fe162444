"""Takes mail on 1025 and lists it on 8025 as Mailpit's ``GET /api/v1/messages`` does, as far as tests ask."""

import json
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

MESSAGES = []


class Keeps:
    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (aiosmtpd names it)
        mail = message_from_bytes(envelope.content, policy=default)
        MESSAGES.append(
            {"Subject": str(mail["subject"]), "To": [{"Address": to} for to in envelope.rcpt_tos]}
        )
        return "250 kept"


class Lists(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"total": len(MESSAGES), "messages": MESSAGES}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


Controller(Keeps(), hostname="0.0.0.0", port=1025).start()  # noqa: S104  # in a container of its own
ThreadingHTTPServer(("0.0.0.0", 8025), Lists).serve_forever()  # noqa: S104
