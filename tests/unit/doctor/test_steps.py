import json
import os
import socket
import stat
from dataclasses import replace

import pytest

from medallion.doctor import BAD, OK, WARN, Step
from medallion.doctor.steps import before

POSTGRES = {"name": "warehouse", "type": "postgres", "env": "WAREHOUSE_URL"}
SAMPLES = {"connector": "files", "location": "{samples}/{client}/crm", "format": "csv", "load": "interval"}
BUCKET = SAMPLES | {"location": "s3://lake/crm"}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".env.example").write_text(
        "# the stack\nPORT=8080\nADMIN_PASSWORD=<password>\n# SMTP_CONNECTION=\n"
    )
    return folder


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Put a command in docker's place that ends as told."""

    def docker(engine=0, compose=0):
        path = tmp_path / "bin" / "docker"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f'#!/bin/sh\n[ "$1" = version ] && {{ echo 26.1; exit {engine}; }}\necho 2.26; exit {compose}\n'
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")

    return docker


@pytest.fixture
def found(settings, project):
    """The levels and texts of a step's findings, by check."""

    def found(step, *definitions, by_hand=(), **changed):
        where = replace(settings, project=project, **changed)
        told = list(before(step, where, definitions, by_hand))
        assert all(one.todo for one in told if one.level != OK)
        return {
            check: [(one.level, one.said) for one in told if one.check == check]
            for check in dict.fromkeys(one.check for one in told)
        }

    return found


def test_without_docker_there_is_no_stack(found, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert found(Step.STACK)["docker"] == [(BAD, "there is no docker command")]


def test_an_engine_that_is_away_is_told_apart_from_compose(found, docker):
    docker(engine=1)
    assert [level for level, _ in found(Step.STACK)["docker"]] == [BAD, OK]
    docker(compose=1)
    assert [level for level, _ in found(Step.STACK)["docker"]] == [OK, BAD]
    docker()
    assert found(Step.STACK)["docker"] == [(OK, "engine 26.1"), (OK, "Compose 2.26")]


def test_env_is_held_against_its_example(found, project, docker):
    docker()
    assert found(Step.STACK)[".env"][0][0] == BAD
    (project / ".env").write_text("PORT=8080\n")
    assert found(Step.STACK)[".env"] == [(BAD, "it lacks ADMIN_PASSWORD")]
    (project / ".env").write_text("PORT=8080\nADMIN_PASSWORD=x\n")
    assert found(Step.STACK)[".env"][0][0] == OK


@pytest.mark.parametrize("step", [Step.STACK, Step.KUBERNETES])
@pytest.mark.parametrize(
    ("source", "level"), [(None, WARN), (SAMPLES, OK), (BUCKET, None)], ids=["folder", "samples", "bucket"]
)
def test_files_of_this_machine_are_named(found, definition, docker, step, source, level):
    docker()
    told = found(step, definition(source)).get("sources", [])
    assert [one for one, _ in told] == ([level] if level else [])
    assert all("acme" in said for _, said in told)


def test_every_login_is_named_that_must_go_along(found, definition, docker):
    docker()
    slack = [{"to": "slack", "env": "RETAIL_SLACK_URL", "minimum": "error"}]
    ((level, said),) = found(Step.STACK, definition(destination=POSTGRES, notifications=slack))["logins"]
    assert (level, said) == (WARN, "clients use variable RETAIL_SLACK_URL, variable WAREHOUSE_URL")
    assert found(Step.STACK, definition())["logins"][0][0] == OK


def test_mail_that_nobody_would_get_is_said(found, definition, docker, project):
    docker()
    addressed = definition(notification_email="acme@example.com")
    assert found(Step.STACK, addressed)["mail"][0][0] == WARN
    (project / ".env").write_text("SMTP_CONNECTION=smtp://mail\n")
    assert found(Step.STACK, addressed)["mail"][0][0] == OK


def test_clients_without_a_file_do_not_come_along_by_themselves(found, docker):
    docker()
    assert found(Step.STACK, by_hand=["kiosk"])["clients"] == [
        (WARN, "kiosk: in this registry alone, in no file of configs/clients")
    ]


def test_a_laptops_installation_is_not_ready_for_a_cluster(found, definition):
    told = found(Step.KUBERNETES, definition())
    bad = {check for check, said in told.items() if any(level == BAD for level, _ in said)}
    assert bad == {"database", "warehouse", "destination"}
    assert {told[one][0][0] for one in ("landing", "reports", "environment")} == {WARN}
    assert "MEDALLION_FERNET_KEY" in told["environment"][0][1]


def test_an_installation_on_servers_is(found, definition, monkeypatch):
    for name in ("EXECUTION", "BUILD_IMAGE", "FERNET_KEY", "ADMIN_PASSWORD"):
        monkeypatch.setenv(f"MEDALLION_{name}", "set")
    monkeypatch.setenv("AIRFLOW_CONN_MEDALLION_AIRFLOW", "http://medallion@api-server")
    told = found(
        Step.KUBERNETES,
        definition(BUCKET, POSTGRES),
        database_url="postgresql://registry@db/registry",
        landing_at="s3://lake/landing",
        reports_at="s3://lake/reports",
        target="sqlserver",
    )
    levels = {check: {level for level, _ in said} for check, said in told.items()}
    assert levels.pop("logins") == {WARN}
    assert set().union(*levels.values()) == {OK}


def test_a_server_is_knocked_at_and_logins_are_asked_for(found, definition, monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MEDALLION_SQLSERVER_HOST", "127.0.0.1")
        monkeypatch.setenv("MEDALLION_SQLSERVER_PORT", str(server.getsockname()[1]))
        told = found(Step.SQLSERVER, definition())
        assert [told[one][0][0] for one in ("sqlserver", "logins", "schemas")] == [BAD, BAD, OK]
        server.listen()
        monkeypatch.setenv("MEDALLION_SQLSERVER_PASSWORD", "secret-of-all")
        told = found(Step.SQLSERVER, definition())
        assert [told[one][0][0] for one in ("sqlserver", "logins")] == [OK, WARN]
        # Whoever answers there is no SQL Server.
        assert told["logins"][1][0] == BAD
        assert "acme cannot log in: " in told["logins"][1][1]
        monkeypatch.setenv("MEDALLION_SQLSERVER_KEY", "a key")
        told = found(Step.SQLSERVER, definition())
        assert told["logins"][0][0] == OK
    assert "secret-of-all" not in str(told)


def test_the_command_says_which_steps_there_are(doctor):
    told = doctor("--for", "moon")
    assert told.exit_code == 2
    said = " ".join(told.output.replace("│", " ").split())
    assert "must be one of stack, kubernetes, sqlserver, is moon" in said


def test_the_command_looks_for_the_step_alone(doctor):
    told = doctor("--for", "kubernetes", "--json")
    assert told.exit_code == 1
    checks = {one["check"] for one in json.loads(told.output)["findings"]}
    assert "warehouse" in checks
    assert not checks & {"python", "ports", "locks"}
