"""Which clients `up` and `demo` run: those that the registry has active, whatever their files say."""

import io
import shutil
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from medallion.clients import load_catalog
from medallion.embedded import commands
from medallion.exceptions import ConfigError
from medallion.registry import by_hand, sync
from medallion.registry.find import registry_of
from medallion.settings import load_settings

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
ANN = {"origin": "cli", "actor": "ann", "why": "a test"}
DAY = date(2026, 1, 15)


class House:
    """The clients shop and small, taken into the registry; Airflow is left out."""

    def __init__(self, settings, monkeypatch):
        self.settings = settings
        self.out = io.StringIO()
        self.extracted, self.waited_for = [], []
        monkeypatch.setattr(commands, "make_ready", self.ready)
        monkeypatch.setattr(commands, "make_extracts", self.extract)
        monkeypatch.setattr(commands, "start_with", self.start)
        monkeypatch.setattr(commands, "airflow_at_hand", self.at_hand)

    @property
    def registry(self):
        return registry_of(self.settings)

    @property
    def console(self):
        return Console(file=self.out, width=200)

    def ready(self, catalog, settings):
        sync(catalog, self.registry, settings, actor="ann", confirmed=True)
        return {}

    def extract(self, clients, *_, **__):
        self.extracted += [(client.id, client.retries) for client in clients]

    def start(self, _, clients, *__):
        self.waited_for = [client.id for client in clients]

    def at_hand(self, _, clients, *__):
        self.start(None, clients)
        raise InterruptedError  # enough was seen

    def up(self):
        commands.up(self.settings, self.console)
        return self.waited_for

    def demo(self):
        with pytest.raises(InterruptedError):
            commands.demo(self.settings, DAY, self.console)
        return self.waited_for

    def write(self, client, old, new):
        path = self.settings.configs / "clients" / f"{client}.yml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def house(tmp_path, monkeypatch):
    shutil.copytree(FIXTURES / "configs", tmp_path / "configs")
    shutil.copytree(FIXTURES / "good", tmp_path / "configs" / "clients")
    for name in ("HOME", "REGISTRY_URL", "PLATFORMS"):
        monkeypatch.delenv(f"MEDALLION_{name}", raising=False)
    monkeypatch.setenv("MEDALLION_PROJECT", str(tmp_path))
    settings = load_settings()
    made = House(settings, monkeypatch)
    made.ready(load_catalog(settings.configs), settings)
    return made


@pytest.mark.parametrize("command", [House.up, House.demo])
def test_what_was_removed_or_disabled_by_hand_is_left_out_with_a_line(house, command):
    assert command(house) == ["shop", "small"]
    by_hand.remove(house.registry, "shop", **ANN)
    assert command(house) == ["small"]
    assert "shop is removed in the registry; `medallion enable shop` brings it back\n" in house.out.getvalue()
    by_hand.disable(house.registry, "small", **ANN)
    registry_of(house.settings).set_status("shop", "active", **ANN)
    assert command(house) == ["shop"]
    assert "small is disabled in the registry" in house.out.getvalue()


def test_a_client_of_a_platform_that_is_not_run_here_is_left_out_with_a_line(house):
    path = house.settings.configs / "clients" / "far.yml"
    path.write_text((path.parent / "small.yml").read_text() + "platform: west\n")
    assert house.up() == ["shop", "small"]
    assert "far is of the platform west, which MEDALLION_PLATFORMS lacks\n" in house.out.getvalue()


def test_extracts_are_those_of_what_is_live(house):
    house.write("shop", "retries: 0", "retries: 7")
    house.up()
    assert ("shop", 7) in house.extracted
    known = house.registry.revision("shop", 1).definition
    house.registry.put("shop", known, status="active", **ANN)
    house.extracted.clear()
    house.up()
    assert ("shop", 0) in house.extracted


def test_a_demo_of_nobody_says_so(house):
    for name in ("shop", "small"):
        by_hand.disable(house.registry, name, **ANN)
    with pytest.raises(ConfigError, match="no client can run: none is active in the registry"):
        commands.demo(house.settings, DAY, house.console)
