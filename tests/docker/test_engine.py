"""Builds in containers of a real engine, through the proxy: how they end. `make test-docker`."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from stack import ROOT, why_no_engine

from docker import APIClient
from medallion.exceptions import FailedElsewhere
from medallion.execution import BuildJob, build_elsewhere
from medallion.execution.docker_engine import DockerEngine
from medallion.execution.docker_proxy import ProxyServer, Upstream
from medallion.execution.options import DockerOptions, Limits, Volume
from medallion.failures import Action, classify
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.pipeline import LAYERS, LayerPlan, Node, Plan
from medallion.settings import Settings
from medallion.transform import BuildRequest
from small_shop import small_shop

pytestmark = [pytest.mark.docker, pytest.mark.skipif(bool(why_no_engine()), reason=why_no_engine() or "-")]
IMAGE = os.environ.get("DBT_IMAGE", "medallion-dbt:local")
NODE = Node("model.medallion.a", "a", "model", "silver", "clean", "model.medallion.a")
DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))


@pytest.fixture(scope="module", autouse=True)
def _image() -> None:
    if subprocess.run(["docker", "image", "inspect", IMAGE], check=False, capture_output=True).returncode:
        build = ["docker", "build", "--quiet", "--file", "dbt/Dockerfile", "--tag", IMAGE, "."]
        subprocess.run(build, cwd=ROOT, env={**os.environ, "DOCKER_BUILDKIT": "1"}, check=True)


@dataclass
class Engine:
    """What runs builds on this machine's engine, with a home and a ledger of their own."""

    settings: Settings
    options: DockerOptions
    port: int

    def connect(self) -> APIClient:
        return APIClient(f"tcp://127.0.0.1:{self.port}", version="auto")

    @property
    def docker(self) -> DockerEngine:
        return DockerEngine(self.options, self.connect)

    def job(self, manifest: str = "0123456789ab") -> BuildJob:
        """A build of one model, of a manifest that is not there."""
        plan = Plan(small_shop(), (), tuple(LayerPlan(name, (NODE,)) for name in LAYERS), manifest)
        run = RunKey("client_shop_pipeline", "manual__2026-01-15")
        build_id = open_ledger(self.settings.database_url).start_build(run, "silver", 1)
        return BuildJob(run, "silver", 1, BuildRequest(plan, (NODE,), (DAY,), (), build_id=build_id))

    def build(self, say: Callable[[str], None]) -> BaseException | None:
        ledger = open_ledger(self.settings.database_url)
        try:
            build_elsewhere(self.docker, self.settings, ledger, self.job(), {"DO_NOT_TRACK": "1"}, say)
        except Exception as error:
            return error
        return None

    def there(self) -> list[Any]:
        return list(self.docker.left_over(self.job()))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    home = tmp_path / "home"
    home.mkdir()
    settings = Settings(ROOT, home, database_url=f"sqlite:///{home / 'registry.db'}")
    open_ledger(settings.database_url)
    volume = Volume(str(home), "/var/lib/medallion")
    limits = dict.fromkeys(LAYERS, Limits(1, 2**30))
    options = DockerOptions("tcp://127.0.0.1", IMAGE, "bridge", (volume,), limits)
    own = urlsplit(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock").path
    with ProxyServer(("127.0.0.1", 0), options, Upstream(own)) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        made = Engine(settings, options, proxy.server_address[1])
        made.job()  # makes the ledger, which containers then write to as who they are
        for path in (tmp_path, home, *home.iterdir()):
            path.chmod(0o777)
        try:
            yield made
            assert made.there() == []
        finally:
            for one in made.there():
                one.remove()
            proxy.shutdown()


def test_a_container_says_what_it_failed_of(engine: Engine) -> None:
    lines: list[str] = []
    raised = engine.build(lines.append)
    assert isinstance(raised, FailedElsewhere)
    assert "no manifest at /var/lib/medallion/manifests/0123456789ab/dbt.msgpack" in str(raised)
    assert any("no manifest at" in line for line in lines)  # its log, as well


def test_a_container_that_is_killed_is_tried_again(engine: Engine) -> None:
    def say(line: str) -> None:
        if line.endswith(" builds silver"):
            subprocess.run(["docker", "kill", line.split()[0]], check=True, capture_output=True)

    failure = classify(engine.build(say) or AssertionError("it ended well"))
    assert (failure.kind, failure.sign, failure.action) == ("killed", "exit code 137", Action.WAIT)


def test_a_container_that_wants_more_memory_than_it_may_have_is_tried_again(
    tmp_path: Path, engine: Engine
) -> None:
    # In place: the proxy compares with the same limits.
    engine.options.limits["silver"] = Limits(1, 32 * 2**20)  # type: ignore[index]
    failure = classify(engine.build(print) or AssertionError("it ended well"))
    assert (failure.kind, failure.action) == ("out of memory", Action.WAIT)


def test_what_an_earlier_try_left_hanging_is_ended_first(engine: Engine) -> None:
    earlier = engine.job()
    left = engine.docker.start(earlier, "builds/none.json", {})
    subprocess.run(["docker", "pause", left.name], check=True, capture_output=True)
    assert [one.id for one in engine.there()] == [left.id]
    lines: list[str] = []
    engine.build(lines.append)
    assert lines[0] == f"{left.name} was left over by an earlier try: it is killed and removed"
    end = left.look()
    assert end is not None
    assert end.code is None


def test_an_image_that_is_not_there_is_not_tried_again(engine: Engine) -> None:
    object.__setattr__(engine.options, "image", "nobody/has:this")
    failure = classify(engine.build(print) or AssertionError("it ended well"))
    assert (failure.kind, failure.action) == ("not found", Action.STOP)


def test_this_machine_is_named_where_no_volumes_are_and_is_no_container(engine: Engine) -> None:
    object.__setattr__(engine.options, "volumes", ())
    raised = engine.build(print)
    with pytest.raises(Exception, match="VolumesFrom is not the container that asks"):
        raise raised or AssertionError("it ended well")
