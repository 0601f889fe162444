"""What stands between builds and Docker's engine: ``python -m medallion.execution.docker_proxy``.

Whoever may ask the engine for a container of his own making is root on its machine. So this lets through no
more than the life of a build: a container that is, to the letter, what :func:`host_config` makes of the same
settings, and the looks at, the log and the removal of containers that bear this stack's label. There is no
way to any other container, to images, volumes, networks or processes in a container.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from medallion.execution.container import COMMAND, USER, host_config
from medallion.execution.job import FOLDER, LABEL
from medallion.execution.options import DockerOptions, docker_options, may_be_handed_over
from medallion.pipeline import LAYERS

PORT = 2375
SOCKET = "/var/run/docker.sock"
#: Bytes of a request: a container with its variables.
_MOST = 512 * 1024
_CHUNK = 65_536
_VERSION = re.compile(r"^/v1\.\d+(?=/)")
_ONE = re.compile(r"/containers/(?P<id>[\w.-]+)(?P<verb>|/json|/logs|/start)")
_VERBS = {("GET", "/json"), ("GET", "/logs"), ("POST", "/start"), ("DELETE", "")}
_FILE = re.compile(rf"{FOLDER}/[a-z0-9-]+\.json")
_KEYS = {"Image", "Cmd", "Env", "User", "Labels", "HostConfig"}
_PARAMETERS = {"name"}


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        method: such as POST.
        target: path and query, as they came.
        body: its bytes.
        peer: the address that it came from.
    """

    method: str
    target: str
    body: bytes = b""
    peer: str = ""

    @property
    def path(self) -> str:
        """The path without the API's version."""
        return _VERSION.sub("", urlsplit(self.target).path)

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The parameters."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)


class Refused(Exception):
    """A request that no build makes; says what about it."""


class Upstream:
    """The engine itself, by its socket."""

    def __init__(self, path: str) -> None:
        self._path = path

    @contextmanager
    def send(self, asked: Asked) -> Iterator[http.client.HTTPResponse]:
        """Hand a request on; the answer is to be read inside the block."""
        with closing(_SocketConnection(self._path)) as connection:
            headers = {"Content-Type": "application/json"} if asked.body else {}
            connection.request(asked.method, asked.target, asked.body or None, headers)
            with connection.getresponse() as answer:
                yield answer

    def container(self, one: str) -> Mapping[str, Any]:
        """What the engine says of a container; empty if there is none."""
        with self.send(Asked("GET", f"/containers/{one}/json")) as answer:
            found = json.loads(answer.read())
            return dict(found) if answer.status == http.HTTPStatus.OK else {}


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def check(asked: Asked, options: DockerOptions, engine: Upstream) -> None:
    """Let a request pass, or not.

    Args:
        asked: the request.
        options: how builds are set up.
        engine: is asked whose container one is.

    Raises:
        Refused: if no build makes such a request.
    """
    if asked.path in ("/_ping", "/version") and asked.method in ("GET", "HEAD"):
        return
    if (asked.method, asked.path) == ("GET", "/containers/json"):
        _check_list(asked, options)
    elif (asked.method, asked.path) == ("POST", "/containers/create"):
        _check_container(asked, options, engine)
    elif (found := _ONE.fullmatch(asked.path)) and (asked.method, found["verb"]) in _VERBS:
        if asked.body not in (b"", b"{}"):
            raise Refused("a body is not taken there")
        one = engine.container(found["id"])
        # Of one that is gone the engine says so itself.
        if one and (one["Config"].get("Labels") or {}).get(LABEL) != options.network:
            raise Refused("it is no build's container")
    else:
        raise Refused("no build asks for that")


def _check_list(asked: Asked, options: DockerOptions) -> None:
    try:
        filters = json.loads(asked.query.get("filters", ["{}"])[-1])
        labels = filters["label"]
    except (ValueError, KeyError, TypeError):
        labels = []
    if len(asked.query.get("filters", [])) != 1 or f"{LABEL}={options.network}" not in labels:
        raise Refused("only builds of this stack are listed")


def _check_container(asked: Asked, options: DockerOptions, engine: Upstream) -> None:
    if set(asked.query) - _PARAMETERS:
        raise Refused("a container has a name alone")
    try:
        facts = json.loads(asked.body)
    except ValueError:
        facts = None
    if not isinstance(facts, dict) or set(facts) != _KEYS:
        raise Refused(f"a container has {', '.join(sorted(_KEYS))}, and nothing else")
    labels = facts["Labels"]
    layer = labels.get(f"{LABEL}/layer") if isinstance(labels, dict) else None
    if layer not in LAYERS or labels.get(LABEL) != options.network:
        raise Refused("it does not bear the labels of a build")
    own = _own_container(facts["HostConfig"], options)
    wanted = {"Image": options.image, "User": USER, "HostConfig": host_config(options, layer, own)}
    for name, value in wanted.items():
        if facts[name] != value:
            raise Refused(f"{name} is not a build's")
    *command, file = facts["Cmd"] if isinstance(facts["Cmd"], list) and facts["Cmd"] else [None]
    if tuple(command) != COMMAND or not isinstance(file, str) or not _FILE.fullmatch(file):
        raise Refused("Cmd is not a build's")
    if not isinstance(facts["Env"], list) or not all(map(_may_be_set, facts["Env"])):
        raise Refused("Env has more than a build reads")
    if own and not _is_at(engine.container(own), asked.peer):
        raise Refused("VolumesFrom is not the container that asks")


def _own_container(host: Any, options: DockerOptions) -> str:
    """Whose volumes it is to have; nobody's where they are set."""
    found = host.get("VolumesFrom") if isinstance(host, dict) and not options.volumes else None
    return str(found[0]) if isinstance(found, list) and len(found) == 1 else ""


def _may_be_set(text: object) -> bool:
    return isinstance(text, str) and may_be_handed_over(text.partition("=")[0])


def _is_at(container: Mapping[str, Any], address: str) -> bool:
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    return bool(address) and address in [one.get("IPAddress") for one in networks.values()]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ProxyServer

    def do_GET(self) -> None:
        begun = False
        try:
            asked = self._asked()
            check(asked, self.server.options, self.server.engine)
            with self.server.engine.send(asked) as answer:
                begun = True
                self._hand_back(answer)
        except Refused as error:
            self.log_message("refused %s %s: %s", self.command, self.path, error)
            self._say(403, f"{self.command} {urlsplit(self.path).path}: {error}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close_connection = True
            if not begun:  # else whoever asked has gone, or sees that the answer breaks off
                self._say(502, f"the engine does not answer: {error}")

    do_HEAD = do_POST = do_DELETE = do_PUT = do_GET  # noqa: N815 - the names are the library's

    def _asked(self) -> Asked:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or "Upgrade" in self.headers:
            raise Refused("a request is sent as a whole, and stays one")
        if not length.isdigit() or int(length) > _MOST:
            self.close_connection = True
            raise Refused(f"a request has at most {_MOST} bytes")
        return Asked(self.command, self.path, self.rfile.read(int(length)), self.client_address[0])

    def _hand_back(self, answer: http.client.HTTPResponse) -> None:
        """An answer as it comes: a log ends when its container does."""
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        for name in ("Api-Version", "Ostype"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        bare = self.command == "HEAD" or answer.status in (204, 304)
        if not bare:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not bare:
            chunk = answer.read1(_CHUNK)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if not chunk:
                return

    def _say(self, status: int, message: str) -> None:
        body = json.dumps({"message": message}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """What passes is not said: builds look twice a second."""


class ProxyServer(ThreadingHTTPServer):
    """The proxy; each request has a thread.

    Args:
        address: where it listens.
        options: how builds are set up.
        engine: the engine itself.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], options: DockerOptions, engine: Upstream) -> None:
        super().__init__(address, _Handler)
        self.options = options
        self.engine = engine


def main() -> int:
    """Serve until killed."""
    if not Path(SOCKET).is_socket():
        print(f"{SOCKET} is no engine's socket", file=sys.stderr)
        return 1
    # On the container's own networks, which a worker and nothing else is on.
    with ProxyServer(("0.0.0.0", PORT), docker_options(), Upstream(SOCKET)) as server:  # noqa: S104
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
