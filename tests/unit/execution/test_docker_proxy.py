"""The proxy before Docker's engine, with an engine behind it that takes down all that reaches it."""

from __future__ import annotations

import http.client
import json
import socketserver
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote, urlsplit

import pytest

from medallion.execution.container import container_labels, container_of
from medallion.execution.docker_proxy import ProxyServer, Upstream
from medallion.execution.job import LABEL
from medallion.execution.options import DOCKER_URL, IMAGE, DockerOptions, Volume, limits

OPTIONS = DockerOptions(DOCKER_URL, IMAGE, "stack_data", (), limits())
OURS, ANOTHERS, WORKER = "a" * 64, "b" * 64, "worker"
CONTAINERS = {
    OURS: {"Config": {"Labels": {LABEL: "stack_data"}}},
    ANOTHERS: {"Config": {"Labels": {LABEL: "another_data"}}},
    "postgres": {"Config": {"Labels": {}}},
    WORKER: {"NetworkSettings": {"Networks": {"docker": {"IPAddress": "127.0.0.1"}}}},
    "else": {"NetworkSettings": {"Networks": {"docker": {"IPAddress": "10.0.0.7"}}}},
}


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers as an engine would, on a socket of its own."""

    daemon_threads = True

    def __init__(self, path):
        super().__init__(path, _Answers)
        self.asked = []
        self.go_on = threading.Event()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, body))
        path = url.path.removeprefix("/v1.41")
        one = path.split("/")[2] if path.count("/") > 2 else ""
        if url.path.endswith("/logs"):
            self._log()
        elif url.path.endswith("/json") and one:
            found = CONTAINERS.get(one)
            self._say(200 if found else 404, found or {"message": "No such container"})
        else:
            self._say(201 if self.command == "POST" else 200, {"Id": "c" * 64})

    do_HEAD = do_POST = do_DELETE = do_PUT = do_GET  # noqa: N815 - the names are the library's

    def _say(self, status, facts):
        body = json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Api-Version", "1.41")
        self.end_headers()
        self.wfile.write(body)

    def _log(self):
        """A first line at once, and the last when it is time."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in (b"first\n", b"last\n"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
            self.server.go_on.wait(30)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def engine(tmp_path):
    with Engine(str(tmp_path / "socket")) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def proxy_before(engine, options=OPTIONS):
    with ProxyServer(("127.0.0.1", 0), options, Upstream(engine.server_address)) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield Caller(server.server_address[1])
        finally:
            server.shutdown()


@pytest.fixture
def proxy(engine):
    with proxy_before(engine) as caller:
        yield caller


class Caller:
    def __init__(self, port):
        self.port = port

    @contextmanager
    def open(self, method, path, facts=None, headers=()):
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            body = json.dumps(facts) if facts is not None else None
            connection.request(method, path, body, dict(headers))
            yield connection.getresponse()

    def __call__(self, method, path, facts=None, headers=()):
        with self.open(method, path, facts, headers) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None


def a_list(*labels):
    return f"/v1.41/containers/json?all=1&filters={quote(json.dumps({'label': list(labels)}))}"


@pytest.fixture
def build(job):
    return container_of(OPTIONS, job, f"builds/{job.name}.json", {"MEDALLION_TARGET": "duckdb"}, WORKER)


def test_a_build_lives_its_life(proxy, engine, build, job):
    labels = [f"{name}={value}" for name, value in container_labels(OPTIONS, job.place).items()]
    life = [
        ("GET", "/version", None),
        ("GET", "/v1.41/_ping", None),
        ("GET", a_list(*labels), None),
        ("POST", "/v1.41/containers/create?name=build-a", build),
        ("POST", f"/v1.41/containers/{OURS}/start", None),
        ("GET", f"/v1.41/containers/{OURS}/json", None),
        ("DELETE", f"/v1.41/containers/{OURS}?v=False&link=False&force=True", None),
    ]
    for method, path, facts in life:
        status, said = proxy(method, path, facts)
        assert status in (200, 201), (path, said)
    reached = [(method, path) for method, path, _ in engine.asked]
    assert all((method, path) in reached for method, path, _ in life)
    (created,) = [body for _, path, body in engine.asked if "/create" in path]
    assert json.loads(created) == build


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1.41/containers/json"),
        ("GET", "/v1.41/containers/json?all=1"),
        ("GET", a_list(f"{LABEL}=another_data")),
        ("GET", a_list(f"{LABEL}=stack_data") + "&filters=%7B%7D"),
        ("GET", "/v1.41/containers/postgres/json"),
        ("GET", f"/v1.41/containers/{ANOTHERS}/logs?stdout=1"),
        ("DELETE", "/v1.41/containers/postgres?force=1"),
        ("DELETE", f"/v1.41/containers/{ANOTHERS}?force=1"),
        ("POST", "/v1.41/containers/postgres/start"),
        ("POST", f"/v1.41/containers/{OURS}/exec"),
        ("POST", f"/v1.41/containers/{OURS}/attach?stream=1"),
        ("GET", f"/v1.41/containers/{OURS}/archive?path=/"),
        ("PUT", f"/v1.41/containers/{OURS}/archive?path=/"),
        ("GET", f"/v1.41/containers/{OURS}/../postgres/json"),
        ("GET", f"/v1.41/containers/{OURS}%2f..%2fpostgres/json"),
        ("GET", "/v1.41//containers/postgres/json"),
        ("GET", "/v1.41/images/json"),
        ("POST", "/v1.41/images/create?fromImage=a"),
        ("POST", "/v1.41/build"),
        ("GET", "/v1.41/volumes"),
        ("POST", "/v1.41/networks/create"),
        ("GET", "/v1.41/info"),
        ("GET", "/v1.41/events"),
        ("GET", "/v1.41/secrets"),
        ("POST", "/v1.41/version"),
    ],
)
def test_nothing_else_passes(proxy, engine, method, path):
    status, said = proxy(method, path)
    assert status == 403, said
    assert all(one[0] == "GET" and one[1].endswith("/json") for one in engine.asked)
    assert path not in [one[1] for one in engine.asked if "filters" in one[1] or "v1.41" in one[1]]


CHANGES = {
    "privileged": lambda one: one["HostConfig"].update(Privileged=True),
    "the host's folder": lambda one: one["HostConfig"].update(Binds=["/:/host"]),
    "another's volumes": lambda one: one["HostConfig"].update(VolumesFrom=["else"]),
    "nobody's volumes": lambda one: one["HostConfig"].update(VolumesFrom=["nobody"]),
    "two containers' volumes": lambda one: one["HostConfig"].update(VolumesFrom=[WORKER, "postgres"]),
    "the host's network": lambda one: one["HostConfig"].update(NetworkMode="host"),
    "the host's processes": lambda one: one["HostConfig"].update(PidMode="host"),
    "a capability": lambda one: one["HostConfig"].update(CapDrop=[]),
    "more memory": lambda one: one["HostConfig"].update(Memory=2**40),
    "a root that it may write": lambda one: one["HostConfig"].pop("ReadonlyRootfs"),
    "root": lambda one: one.update(User="0"),
    "another image": lambda one: one.update(Image="postgres:17"),
    "another command": lambda one: one.update(Cmd=["sh", "-c", "id"]),
    "another file": lambda one: one["Cmd"].__setitem__(-1, "../../etc/passwd"),
    "no command": lambda one: one.update(Cmd=[]),
    "an entrypoint": lambda one: one.update(Entrypoint=["sh"]),
    "another program's variable": lambda one: one["Env"].append("LD_PRELOAD=/tmp/a.so"),
    "no labels": lambda one: one.update(Labels={}),
    "another stack's label": lambda one: one["Labels"].update({LABEL: "another_data"}),
    "another layer": lambda one: one["Labels"].update({f"{LABEL}/layer": "platinum"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_container_that_differs_from_a_builds_is_refused(proxy, engine, build, change):
    change(build)
    status, said = proxy("POST", "/v1.41/containers/create?name=build-a", build)
    assert status == 403, said
    assert not [one for one in engine.asked if "/create" in one[1]]


def test_no_platform_and_no_nonsense_is_taken(proxy, build):
    assert proxy("POST", "/v1.41/containers/create?name=a&platform=b", build)[0] == 403
    assert proxy("POST", "/v1.41/containers/create", ["a"])[0] == 403
    assert proxy("POST", f"/v1.41/containers/{OURS}/start", {"Binds": ["/:/host"]})[0] == 403
    assert proxy("POST", "/v1.41/containers/create", build, {"Upgrade": "tcp"})[0] == 403
    too_long = {"Content-Length": "600000"}  # and not sent: the proxy answers without reading it
    assert proxy("POST", "/v1.41/containers/create", build, too_long)[0] == 403


def test_volumes_that_are_set_are_the_only_ones(engine, job):
    options = DockerOptions(
        DOCKER_URL, IMAGE, "stack_data", (Volume("home", "/var/lib/medallion"),), limits()
    )
    with proxy_before(engine, options) as proxy:
        right = container_of(options, job, "builds/a.json", {}, "")
        assert right["HostConfig"]["Binds"] == ["home:/var/lib/medallion:rw"]
        assert proxy("POST", "/containers/create", right)[0] == 201
        theirs = container_of(OPTIONS, job, "builds/a.json", {}, WORKER)
        assert proxy("POST", "/containers/create", theirs)[0] == 403


def test_a_container_that_is_gone_is_said_to_be_by_the_engine(proxy):
    assert proxy("DELETE", f"/v1.41/containers/{'d' * 64}")[0] in (200, 404)
    assert proxy("GET", f"/v1.41/containers/{'d' * 64}/json")[0] == 404


def test_a_log_comes_as_it_is_written(proxy, engine):
    with proxy.open("GET", f"/v1.41/containers/{OURS}/logs?follow=1&stdout=1") as answer:
        assert answer.read1() == b"first\n"  # while the engine still waits
        engine.go_on.set()
        assert answer.read() == b"last\n"


def test_an_engine_that_is_away_is_said_to_be(tmp_path, engine):
    with ProxyServer(("127.0.0.1", 0), OPTIONS, Upstream(str(tmp_path / "nothing"))) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        status, said = Caller(server.server_address[1])("GET", "/_ping")
        server.shutdown()
    assert status == 502
    assert "the engine does not answer" in said["message"]
