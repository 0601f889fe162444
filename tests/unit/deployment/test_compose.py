"""docker-compose.yml against what the code and the embedded runner say; tests/docker says whether it runs."""

import json
import re

import pytest
import yaml

from medallion.embedded.environment import AirflowOptions, airflow_environment
from medallion.embedded.ports import Ports
from medallion.reference.variables import ENVIRONMENT
from medallion.settings import Settings, load_settings

PROJECT = load_settings().project
TEXT = (PROJECT / "docker-compose.yml").read_text()
STACK = yaml.safe_load(TEXT)
OURS = {
    "setup",
    "api-server",
    "scheduler",
    "dag-processor",
    "triggerer",
    "worker",
    "warehouse-worker",
    "dbt",
    "exporter",
}
EXAMPLE = (PROJECT / ".env.example").read_text()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return airflow_environment(Settings(PROJECT, home), Ports(1, 2), AirflowOptions(), inherited={})


@pytest.mark.parametrize("service", sorted(OURS))
def test_nothing_phones_home(service, embedded):
    own = STACK["services"][service]["environment"]
    silent = re.compile("TELEMETRY|SCARF|TRACK|USAGE|VERSION_CHECK")
    wanted = {name: value for name, value in embedded.items() if silent.search(name)}
    assert len(wanted) == 8
    assert {name: own.get(name) for name in wanted} == wanted


def test_the_bundles_are_the_embedded_ones(embedded):
    name = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
    own = json.loads(STACK["services"]["scheduler"]["environment"][name])
    of = json.loads(embedded[name])
    assert [(one["name"], one["classpath"]) for one in own] == [(one["name"], one["classpath"]) for one in of]


def test_the_parts_start_after_setup_and_setup_after_the_databases():
    for name in OURS - {"setup"}:
        assert STACK["services"][name]["depends_on"]["setup"] == {
            "condition": "service_completed_successfully"
        }
    assert STACK["services"]["setup"]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "sqlserver": {"condition": "service_healthy", "required": False},
    }


def test_every_service_is_limited_logged_and_restarted():
    for name, service in STACK["services"].items():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        assert service["logging"]["options"], name
        assert service["restart"] == ("on-failure:3" if name == "setup" else "unless-stopped"), name


def test_every_image_is_pinned_to_a_version():
    for name, service in STACK["services"].items():
        image = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", service["image"])
        assert image.partition(":")[2] not in ("", "latest"), name


def test_what_it_reads_is_in_the_example_or_has_a_default_that_is_said_there():
    read = {one[0]: one[1] for one in re.findall(r"\$\{(\w+)(:[?-])?", TEXT)}
    said = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))
    images = {name for name in read if name.endswith("_IMAGE")}
    assert set(read) - images - said - {"MEDALLION_CLIENT", "COMPOSE_PROJECT_NAME"} == set()
    assert said - set(read) == set()


def test_what_it_sets_of_medallion_is_what_the_code_reads():
    known = {one.name for one in ENVIRONMENT}
    for name in OURS:
        own = {one for one in STACK["services"][name]["environment"] if one.startswith("MEDALLION_")}
        assert own - known - {"MEDALLION_CLIENT"} == set(), name


def test_no_password_is_written_down():
    secret = re.compile(r"PASSWORD|SECRET|FERNET|KEY", re.IGNORECASE)
    for line in TEXT.splitlines():
        name, mark, value = line.strip().partition(": ")
        if mark and secret.search(name) and not value.startswith(("&", "[", "{environment: ")):
            assert "${" in value, line
    for line in EXAMPLE.splitlines():
        name, mark, value = line.partition("=")
        if mark and secret.search(name) and not line.startswith("#"):
            assert re.fullmatch(r"<(password|key|fernet)>", value), line
