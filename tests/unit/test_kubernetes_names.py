import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.creator import read_request
from medallion.creator.templates import Template
from medallion.embedded.environment import AirflowOptions, airflow_environment
from medallion.embedded.ports import Ports
from medallion.kubernetes_names import to_k8s_name
from medallion.settings import Settings

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
#: What must reach whoever connects to it letter by letter; the first was once made one word.
PLACES = (
    "pg-data.ns.svc.cluster.local",
    "postgresql+psycopg://user:p%40ss@pg-data.ns.svc.cluster.local:5432/Data_Warehouse",
    "mssql://sa@SQL01.corp.example:1433/Enterprise_DWH",
    "https://api.example.com/v2/Items?a=1&b=2",
    "s3://bucket.name/Landing/__raw__/",
    "Data_Warehouse",
)


@given(st.text())
def test_every_name_is_a_label(text):
    assert LABEL.fullmatch(to_k8s_name(text))


@given(st.text(), st.integers(8, 63))
def test_a_name_keeps_its_limit_and_is_always_the_same(text, limit):
    name = to_k8s_name(text, limit=limit)
    assert LABEL.fullmatch(name)
    assert len(name) <= limit
    assert name == to_k8s_name(text, limit=limit)


@given(st.from_regex(LABEL, fullmatch=True))
def test_a_name_that_is_one_already_stays(name):
    assert to_k8s_name(name) == name


@given(st.sets(st.text(alphabet="aA_-.é ", max_size=80), min_size=2, max_size=50))
def test_texts_that_look_alike_have_names_of_their_own(texts):
    assert len({to_k8s_name(text) for text in texts}) == len(texts)


def test_a_large_fleet_has_no_two_of_one_name():
    texts = {f"client_{number}{sign}pipeline" + "x" * 60 for number in range(10_000) for sign in "_-. "}
    assert len({to_k8s_name(text) for text in texts}) == len(texts) == 40_000


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("acme-corp", "acme-corp"),
        ("acme_corp", "acme-corp-cca8c794"),
        ("Acme Corp", "acme-corp-a73cb456"),
        ("", "e3b0c442"),
        ("\ud800", "91a681b9"),
    ],
)
def test_names_stay_from_one_version_to_the_next(text, name):
    assert to_k8s_name(text) == name


@pytest.mark.parametrize("limit", [0, 7, 64])
def test_a_limit_that_fits_no_name_is_refused(limit):
    with pytest.raises(ValueError, match="limit must be from 8 to 63"):
        to_k8s_name("a", limit=limit)


@pytest.mark.parametrize("place", PLACES)
def test_hosts_urls_and_databases_reach_a_dag_as_they_are(place):
    template = Template(
        "t.py.j2", "# airflow\ndag = {{ dag_id }}, {{ schedule }}\nplaces = {{ master_dict }}\n"
    )
    request = read_request(
        {"dag_id": "a", "template": "t", "namespace": "n", "master_dict": {place: [place]}}
    )
    names = {}
    exec(template.render(request), names)  # noqa: S102  # what it renders is the test's
    assert names["places"] == {place: [place]}


@pytest.mark.parametrize("place", PLACES)
def test_hosts_urls_and_databases_reach_airflow_as_they_are(place, tmp_path):
    settings = Settings(project=tmp_path, home=tmp_path / "home", database_url=place)
    outside = {"MEDALLION_SQLSERVER_HOST": place, "AIRFLOW_CONN_WAREHOUSE": place}
    environment = airflow_environment(settings, Ports(1, 2), AirflowOptions(), outside)
    assert environment["MEDALLION_REGISTRY_URL"] == place
    assert outside.items() <= environment.items()
