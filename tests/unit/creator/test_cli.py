"""`medallion dags`, on a registry of its own."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from medallion.creator.cli import app
from medallion.terminal import Commands


@pytest.fixture
def dags(house, monkeypatch):
    """Runs a command of `medallion dags`; returns its exit code and what it printed."""
    monkeypatch.setenv("MEDALLION_PROJECT", str(house.settings.project))
    monkeypatch.setenv("MEDALLION_HOME", str(house.settings.home))
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", house.settings.database_url)

    def run(*arguments):
        done = CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)
        assert done.exit_code in (0, 1), done.output
        return done.exit_code, done.output

    return run


MAKE = ("create", "--owner", "project:42", "--template", "good", "--namespace", "projects")


def test_the_commands_end_errors_as_sentences():
    assert app.info.cls is Commands


def test_an_application_finds_the_dag_that_was_made_for_it(house, dags):
    code, printed = dags(
        *MAKE, "--master-dict", "{'operation_dict': {22: [4]}}", "--expires", "30d", "--json"
    )
    facts = json.loads(printed)
    assert code == 0
    assert re.fullmatch(r"good__project_42__[0-9a-f]{8}", facts["dag_id"])
    assert "{22: [4]}" in house.text(f"projects/{facts['dag_id']}.py")
    assert [one["dag_id"] for one in json.loads(dags("find", "--owner", "project:42", "--json")[1])] == [
        facts["dag_id"]
    ]
    assert json.loads(dags("find", "--owner", "project:7", "--json")[1]) == []
    assert facts["dag_id"] in dags("list")[1]


def test_two_dags_of_an_owner_have_two_ids(dags):
    (first, second) = (dags(*MAKE)[1].strip() for _ in range(2))
    assert first != second
    assert [one["dag_id"] for one in json.loads(dags("list", "--json")[1])] == [second, first]


def test_a_master_dict_may_be_json_or_a_file(house, dags, tmp_path):
    file = tmp_path / "arguments.json"
    file.write_text('{"deep": {"flag": true, "none": null}}')
    made = json.loads(dags(*MAKE, "--master-dict", f"@{file}", "--no-run", "--json")[1])
    assert house.dags.get(made["dag_id"]).arguments == "{'deep': {'flag': True, 'none': None}}"
    assert not made["run"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("--master-dict", "@nowhere.json"), "--master-dict: nowhere.json cannot be read"),
        (("--master-dict", "__import__('os')"), "master_dict: is no Python literal"),
        (("--namespace", "../up"), "namespace: must be 1 to 100 lower-case letters"),
        (("--template", "nope"), "template: must be one of good, old, is 'nope'"),
        (("--platform", "mars"), "there is no platform 'mars' here"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_writes_nothing(house, dags, changed, message):
    code, printed = dags(*MAKE, *changed)
    assert (code, " ".join(printed.split()).startswith(message)) == (1, True), printed
    assert house.dags.find() == []


def test_a_dag_is_deleted_by_hand(house, dags):
    made = dags(*MAKE)[1].strip()
    assert dags("delete", made, "--by", "bob")[0] == 0
    assert house.told(made)[-1] == ("dag let go", "bob")
    assert dags("delete", "nope") == (1, "no DAG 'nope' was made on the platform default\n")


def test_an_empty_list_says_so(dags):
    assert dags("list")[1] == "no DAG was made yet\n"
    assert dags("find", "--owner", "project:42")[1] == "no DAG was made for project:42\n"
