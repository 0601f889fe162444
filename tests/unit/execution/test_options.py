import pytest

from medallion.exceptions import ConfigError
from medallion.execution.options import (
    Limits,
    Volume,
    build_environment,
    docker_options,
    kubernetes_options,
    limits,
    may_be_handed_over,
    without_secrets,
)
from medallion.settings import load_settings

GB = 2**30


@pytest.fixture(autouse=True)
def _unset(monkeypatch):
    for name in ("CPUS", "MEMORY", "IMAGE"):
        monkeypatch.delenv(f"MEDALLION_BUILD_{name}", raising=False)


def test_layers_are_built_here_unless_it_is_said(monkeypatch):
    monkeypatch.delenv("MEDALLION_EXECUTION", raising=False)
    assert load_settings().execution == "local"
    monkeypatch.setenv("MEDALLION_EXECUTION", "docker")
    assert load_settings().execution == "docker"
    monkeypatch.setenv("MEDALLION_EXECUTION", "podman")
    with pytest.raises(ConfigError, match="must be one of local, docker, kubernetes, is 'podman'"):
        load_settings()


def test_limits_are_the_same_for_all_layers_but_those_that_are_named(monkeypatch):
    assert limits()["gold"] == Limits(2, 4 * GB)
    monkeypatch.setenv("MEDALLION_BUILD_CPUS", "1, gold=2.5")
    monkeypatch.setenv("MEDALLION_BUILD_MEMORY", "silver=512m")
    assert limits() == {
        "bronze": Limits(1, 4 * GB),
        "silver": Limits(1, GB // 2),
        "gold": Limits(2.5, 4 * GB),
    }


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("CPUS", "many", "must be a number of processors such as 2 or 0.5, .* is 'many'"),
        ("CPUS", "0", "must be a number of processors"),
        ("CPUS", "nan", "must be a number of processors"),
        ("CPUS", "2,platinum=4", "'platinum' is no layer; there are bronze, silver, gold"),
        ("CPUS", "=4", "'' is no layer"),
        ("MEMORY", "4", "must be an amount such as 512m or 4g, .* is '4'"),
        ("MEMORY", "64m", "must be an amount"),
        ("MEMORY", "gold=lots", "must be an amount"),
    ],
)
def test_a_limit_that_is_none_is_said_so(monkeypatch, name, said, message):
    monkeypatch.setenv(f"MEDALLION_BUILD_{name}", said)
    with pytest.raises(ConfigError, match=f"^MEDALLION_BUILD_{name}:? {message}"):
        limits()


def test_the_engines_own_socket_is_refused(monkeypatch):
    monkeypatch.setenv("MEDALLION_DOCKER_URL", "unix:///var/run/docker.sock")
    with pytest.raises(ConfigError, match="must be the address of a proxy"):
        docker_options()


def test_volumes_are_names_or_folders_with_a_place(monkeypatch):
    monkeypatch.setenv("MEDALLION_DOCKER_VOLUMES", "home:/var/lib/medallion, /srv/dbt:/opt/medallion/dbt:ro")
    assert docker_options().volumes == (
        Volume("home", "/var/lib/medallion"),
        Volume("/srv/dbt", "/opt/medallion/dbt", read_only=True),
    )
    for wrong in ("home", "home:there", "home:/a:rx", ":/a"):
        monkeypatch.setenv("MEDALLION_DOCKER_VOLUMES", wrong)
        with pytest.raises(ConfigError, match="must list name:/folder or name:/folder:ro"):
            docker_options()


def test_pods_need_a_secret_and_a_home(monkeypatch, tmp_path):
    for name in ("SECRETS", "VOLUMES", "NAMESPACE", "TEMPLATE"):
        monkeypatch.delenv(f"MEDALLION_KUBERNETES_{name}", raising=False)
    with pytest.raises(ConfigError, match="MEDALLION_KUBERNETES_SECRETS must name the secret"):
        kubernetes_options()
    monkeypatch.setenv("MEDALLION_KUBERNETES_SECRETS", "medallion, stores")
    with pytest.raises(ConfigError, match="MEDALLION_KUBERNETES_VOLUMES must name the home's claim"):
        kubernetes_options()
    monkeypatch.setenv("MEDALLION_KUBERNETES_VOLUMES", "medallion-home:/var/lib/medallion")
    assert kubernetes_options().secrets == ("medallion", "stores")
    template = tmp_path / "pod.yaml"
    monkeypatch.setenv("MEDALLION_KUBERNETES_TEMPLATE", str(template))
    with pytest.raises(ConfigError, match=r"MEDALLION_KUBERNETES_TEMPLATE: .*pod\.yaml cannot be read"):
        kubernetes_options()
    template.write_text("kind: Deployment")
    with pytest.raises(ConfigError, match="must be the YAML of one pod"):
        kubernetes_options()
    template.write_text("kind: Pod\nspec: {nodeSelector: {disk: fast}}")
    assert kubernetes_options().template["spec"] == {"nodeSelector": {"disk": "fast"}}


def test_a_build_gets_what_it_reads_and_nothing_else():
    given = {
        "MEDALLION_REGISTRY_URL": "postgresql://a:b@c/d",
        "MEDALLION_TARGET": "duckdb",
        "MEDALLION_SQLSERVER_PASSWORD": "x",
        "MEDALLION_SQLSERVER_KEY": "x",
        "MEDALLION_SQLSERVER_ADMIN_PASSWORD": "x",
        "DO_NOT_TRACK": "1",
        "MEDALLION_HOME": "/srv/home",
        "MEDALLION_FERNET_KEY": "x",
        "MEDALLION_ADMIN_PASSWORD": "x",
        "MEDALLION_DOCKER_URL": "tcp://a:1",
        "AIRFLOW__CORE__FERNET_KEY": "x",
        "AIRFLOW_CONN_SMTP_DEFAULT": "smtp://",
        "PATH": "/bin",
    }
    found = build_environment(given)
    assert set(found) == {
        "MEDALLION_REGISTRY_URL",
        "MEDALLION_TARGET",
        "MEDALLION_SQLSERVER_PASSWORD",
        "DO_NOT_TRACK",
    }
    assert set(without_secrets(found)) == {"MEDALLION_TARGET", "DO_NOT_TRACK"}
    assert not any(
        may_be_handed_over(name) for name in ("PATH", "LD_PRELOAD", "PYTHONPATH", "MEDALLION_HOME")
    )
