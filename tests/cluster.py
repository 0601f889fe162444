"""A cluster for tests: Kubernetes's API of pods, whose pods are processes of this machine."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Facts = dict[str, Any]
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Cluster(ThreadingHTTPServer):
    """The API server and all nodes.

    Args:
        command: from a pod to the command that it is here.
    """

    daemon_threads = True

    def __init__(self, command: Callable[[Facts], list[str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.command = command
        self.pods: dict[str, Facts] = {}
        self.logs: dict[str, list[str]] = {}
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.schedulable = True
        self.asked: list[str] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def create(self, pod: Facts) -> Facts:
        """Take a pod, and let it begin where there is room."""
        name = pod["metadata"]["name"]
        assert _NAME.fullmatch(name), name
        self.pods[name] = pod | {"status": {"phase": "Pending"}}
        self.logs[name] = []
        if self.schedulable:
            threading.Thread(target=self._run, args=(name,), daemon=True).start()
        else:
            said = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes have enough memory"}
            self.pods[name]["status"]["conditions"] = [said]
        return self.pods[name]

    def _run(self, name: str) -> None:
        time.sleep(0.2)  # an image is pulled
        with self._lock:
            if name not in self.pods:
                return
            process = subprocess.Popen(
                self.command(self.pods[name]), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            self.processes[name] = process
            self.pods[name]["status"] = {"phase": "Running"} | _containers({"running": {}})
        with process:
            for line in process.stdout or ():
                self.logs[name].append(line)
        code = process.returncode
        code = 128 - code if code < 0 else code
        with self._lock:
            if name in self.pods and self.pods[name]["status"]["phase"] == "Running":
                tail = "".join(self.logs[name])[-2048:] if code else None
                self.end(name, code, "Error" if code else "Completed", message=tail)

    def end(self, name: str, code: int, reason: str, *, message: str | None = None) -> None:
        """A container's end, as the node tells it."""
        ended = {"exitCode": code, "reason": reason, "message": message}
        phase = "Failed" if code else "Succeeded"
        self.pods[name]["status"] = {"phase": phase} | _containers({"terminated": ended})

    def kill(self, name: str, reason: str) -> None:
        """Kill a pod's container as the kernel does."""
        self.end(name, 137, reason)
        self.processes[name].kill()

    def evict(self, name: str) -> None:
        """Take a pod from its node, as one does that is low on memory."""
        self.pods[name]["status"] = {
            "phase": "Failed",
            "reason": "Evicted",
            "message": "The node was low on resource: memory.",
        }
        self.processes[name].kill()

    def delete(self, name: str) -> Facts | None:
        """Delete a pod, as a person does or a node's end."""
        with self._lock:
            pod = self.pods.pop(name, None)
            if name in self.processes:
                self.processes[name].kill()
        return pod


def _containers(state: Facts) -> Facts:
    facts = {"name": "build", "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": state}
    return {"containerStatuses": [facts]}


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Cluster

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        self.server.asked.append(f"{self.command} {url.path}")
        found = re.fullmatch(
            r"/api/v1/namespaces/(?P<namespace>[^/]+)/pods(/(?P<name>[^/]+))?(?P<log>/log)?", url.path
        )
        assert found, self.path
        assert found["namespace"] == "medallion"
        pod = self.server.pods.get(found["name"] or "")
        if self.command == "POST":
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._say(201, self.server.create(body))
        elif not found["name"]:
            self._say(200, {"items": list(self._selected(query.get("labelSelector", [""])[0]))})
        elif pod is None:
            self._say(404, {"kind": "Status", "reason": "NotFound", "code": 404})
        elif self.command == "DELETE":
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._say(200, self.server.delete(found["name"]) or {})
        elif found["log"]:
            self._log(found["name"], query)
        else:
            self._say(200, pod)

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names are the library's

    def _selected(self, selector: str) -> Iterator[Facts]:
        wanted = dict(one.split("=") for one in selector.split(",") if one)
        for pod in self.server.pods.values():
            if wanted.items() <= pod["metadata"]["labels"].items():
                yield pod

    def _say(self, status: int, facts: Mapping[str, Any]) -> None:
        body = json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _log(self, name: str, query: Mapping[str, list[str]]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        lines = self.server.logs[name]
        sent = max(0, len(lines) - int(query["tailLines"][0])) if "tailLines" in query else 0
        while True:
            running = self.server.processes[name].poll() is None
            for line in lines[sent:]:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line.encode()), line.encode()))
                sent += 1
            if "follow" not in query or not running:
                break
            time.sleep(0.02)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """What is asked is in ``asked``."""


@contextmanager
def cluster(command: Callable[[Facts], list[str]]) -> Iterator[Cluster]:
    """Run a cluster; its pods end with it."""
    with Cluster(command) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server
        finally:
            for process in server.processes.values():
                process.kill()
            server.shutdown()
