import json
import stat
from dataclasses import replace

import pytest

from medallion.embedded.environment import AirflowOptions, airflow_environment
from medallion.embedded.ports import Ports
from medallion.embedded.secrets import USERNAME, load_secrets, passwords_file
from medallion.settings import Settings

PORTS = Ports(api=12345, logs=12346)


@pytest.fixture
def settings(tmp_path):
    return Settings(project=tmp_path / "project", home=tmp_path / "var", database_url="sqlite:///ledger.db")


def environment(settings, options=AirflowOptions(), **inherited):  # noqa: B008 - frozen
    return airflow_environment(settings, PORTS, options, inherited)


def test_everything_is_written_below_the_home(settings):
    made = environment(settings)
    bundles = json.loads(made.pop("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"))
    places = [value for name, value in made.items() if "/" in value and not value.startswith("http")]
    outside = [one for one in places if str(settings.home) not in one]
    assert sorted(outside) == sorted([str(settings.project), settings.database_url, dags_of(made)])
    assert [bundle["kwargs"].get("path") for bundle in bundles] == [dags_of(made), None]


def test_every_platform_has_a_bundle_of_its_own(settings):
    made = environment(replace(settings, platforms=("default", "emea")))
    _, *bundles = json.loads(made["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert [(one["name"], one["kwargs"]["platform"]) for one in bundles] == [
        ("clients", "default"),
        ("emea__clients", "emea"),
    ]
    assert made["MEDALLION_PLATFORMS"] == "default,emea"


def dags_of(made):
    return made["AIRFLOW__CORE__DAGS_FOLDER"]


def test_dags_are_the_copys_own_else_the_installations_else_those_named(settings, tmp_path):
    assert dags_of(environment(settings)).endswith("airflow/dags")
    assert str(settings.project) not in dags_of(environment(settings))
    (settings.project / "airflow" / "dags").mkdir(parents=True)
    assert dags_of(environment(settings)) == str(settings.project / "airflow" / "dags")
    assert dags_of(environment(settings, AirflowOptions(dags_folder=tmp_path))) == str(tmp_path)


def test_servers_are_on_loopback_and_on_the_ports_given(settings):
    made = environment(settings)
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert made["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:12345"
    assert made["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:12345/execution/"
    assert made["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] == "12346"
    assert made["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"] == "12346"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIRFLOW__COSMOS__ENABLE_TELEMETRY", "False"),
        ("DBT_SEND_ANONYMOUS_USAGE_STATS", "false"),
        ("RUNTIME__DLTHUB_TELEMETRY", "false"),
        ("DO_NOT_TRACK", "1"),
        ("SCARF_ANALYTICS", "false"),
        ("AIRFLOW__CORE__LOAD_EXAMPLES", "False"),
    ],
)
def test_nothing_phones_home_whatever_the_caller_has_set(settings, name, value):
    assert environment(settings, **{name: "something else"})[name] == value


def test_schedules_run_only_when_asked_for(settings):
    assert environment(settings)["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] == "False"
    scheduled = environment(settings, AirflowOptions(schedules=True))
    assert scheduled["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] == "True"


def test_settings_of_another_airflow_stay_outside_and_clients_secrets_come_in(settings):
    made = environment(
        settings,
        AIRFLOW_HOME="/elsewhere",
        AIRFLOW__CORE__EXECUTOR="CeleryExecutor",
        AIRFLOW__SMTP__SMTP_HOST="mail",
        AIRFLOW_CONN_LAKE="s3://",
        PATH="/bin",
    )
    assert made["AIRFLOW_HOME"] == str(settings.home / "airflow")
    assert made["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW__SMTP__SMTP_HOST" not in made
    assert (made["AIRFLOW_CONN_LAKE"], made["PATH"]) == ("s3://", "/bin")


def test_no_proxy_stands_between_tasks_and_the_api_server(settings):
    made = environment(settings, HTTP_PROXY="http://proxy:3128", no_proxy="intranet")
    assert made["NO_PROXY"] == made["no_proxy"] == "intranet,127.0.0.1,localhost"


def test_secrets_are_made_once_and_are_their_owners_alone(settings):
    home = settings.home / "airflow"
    first, again = environment(settings), environment(settings)
    assert first == again
    assert first["AIRFLOW__API_AUTH__JWT_SECRET"] == load_secrets(home).jwt
    assert len({*vars(load_secrets(home)).values()}) == 4
    for path in (home / "secrets.json", passwords_file(home)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_of_two_homes_differ_and_are_not_shown(tmp_path):
    one, other = load_secrets(tmp_path / "one"), load_secrets(tmp_path / "other")
    assert not {*vars(one).values()} & {*vars(other).values()}
    assert one.password not in repr(one)
    assert one.password != USERNAME


def test_a_password_is_no_option_to_a_program_that_is_given_it(tmp_path):
    made = {load_secrets(tmp_path / str(number)).password for number in range(100)}
    assert len(made) == 100
    assert all(one.isalnum() and one.isascii() and len(one) == 16 for one in made)
