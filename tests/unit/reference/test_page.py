from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from medallion import locks
from medallion.clients import Client, Destination, Entity, Pages, SourceContract
from medallion.clients.model import BusinessRules, QualityThreshold, Retention, SourceRef
from medallion.failures import CLASSES
from medallion.failures.signs import SIGNS
from medallion.reference import FAILURES_PAGE, PAGE, failures_text, page_text
from medallion.reference.__main__ import main
from medallion.reference.keys import keys_of, written
from medallion.reference.variables import ENVIRONMENT, makefile_variables, profile_variables
from medallion.settings import load_settings

PROJECT = load_settings().project
MODELS = (
    Client, SourceRef, BusinessRules, Retention, QualityThreshold, SourceContract, Entity, Pages, Destination,
)  # fmt: skip
#: Set by the package itself for the processes it starts, or by tests: nothing a deployment sets.
OUR_OWN = {"MEDALLION_RUNNER", "MEDALLION_AIRFLOW", "MEDALLION_DUCKDB_PATH", "MEDALLION_SQLSERVER_SCHEMA"}
FIELDS = [(model, name) for model in MODELS for name in model.model_fields if name != "values"]


def _named_in_code() -> set[str]:
    """Return every whole text of the package that is the name of a variable of ours."""
    found = set()
    for path in (PROJECT / "airflow" / "src").rglob("*.py"):
        if path.parent.name != "reference":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and re.fullmatch(
                    r"MEDALLION_[A-Z_]+[A-Z]", str(node.value)
                ):
                    found.add(str(node.value))
    return found


def test_the_page_on_disk_is_what_the_code_says() -> None:
    there = (PROJECT / PAGE).read_text(encoding="utf-8")
    assert there == page_text(PROJECT), "run `python -m medallion.reference`"


def test_the_page_of_failures_on_disk_has_every_class_and_sign() -> None:
    there = (PROJECT / FAILURES_PAGE).read_text(encoding="utf-8")
    assert there == failures_text(), "run `python -m medallion.reference`"
    for one in CLASSES.values():
        assert f"| {one.name} | {one.meaning} | {one.action.value} | {one.advice} |" in there
    for sign in SIGNS:
        for value in sign.values:
            assert value.removeprefix("builtins.").replace("|", "\\|") in there, sign


def test_check_writes_nothing_and_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Makefile", "dbt/profiles.yml", PAGE):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((PROJECT / name).read_bytes())
    monkeypatch.setenv("MEDALLION_PROJECT", str(tmp_path))
    (tmp_path / PAGE).write_text("old", encoding="utf-8")

    assert main(["--check"]) == 1
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == "old"
    assert "python -m medallion.reference" in capsys.readouterr().err
    assert (main([]), main(["--check"])) == (0, 0)


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda part: getattr(part, "__name__", part))
def test_every_key_says_what_it_is_and_its_examples_are_good(model: type[BaseModel], name: str) -> None:
    field = model.model_fields[name]
    schema: dict[str, Any] = model.model_json_schema()["properties"][name]
    if name in ("id", "name") and model is not SourceRef:  # the file's name, or the entry's key
        return

    assert field.description
    assert schema.get("examples") or name in ("business_rules", "pages", "entities")
    kind: Any = TypeAdapter(_annotated(field.annotation, field.metadata))
    for example in schema.get("examples", []):
        kind.validate_python(example)


def _annotated(annotation: Any, metadata: list[Any]) -> Any:
    from typing import Annotated

    for one in metadata:
        annotation = Annotated[annotation, one]
    return annotation


def test_every_key_of_a_section_is_a_row() -> None:
    rows = {key.name: key for key in keys_of(SourceContract, without=("name",))}

    assert "name" not in rows
    assert rows["entities.<name>.keys"].default == "required"
    assert rows["entities.<name>.keys"].kind == "list of: column"
    assert rows["pages.size"].default == "`100`"
    assert {key.name for key in keys_of(Client)} >= {"data_sources[].location", "retry_delay"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (True, "true"), (0.95, "0.95"), ("crm", "crm"), ("@daily", '"@daily"'),
        ({"a": "{b}"}, '{a: "{b}"}'), (["a", 1], "[a, 1]"),
    ],
)  # fmt: skip
def test_values_are_written_as_in_yaml(value: object, text: str) -> None:
    assert written(value) == text


def test_every_variable_that_the_code_names_is_described() -> None:
    assert _named_in_code() - OUR_OWN == {variable.name for variable in ENVIRONMENT}


def test_every_variable_of_dbts_profile_and_of_the_makefile_is_described() -> None:
    assert {variable.name for variable in profile_variables(PROJECT)} >= {"MEDALLION_DBT_THREADS"}
    assert {variable.name for variable in makefile_variables(PROJECT)} >= {"CLIENT", "DATE", "PYTHON"}
    assert all(variable.meaning for variable in [*profile_variables(PROJECT), *makefile_variables(PROJECT)])


def test_defaults_of_variables_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in os.environ:
        if variable.startswith("MEDALLION_"):
            monkeypatch.delenv(variable)
    said = {variable.name: variable.default.strip("`") for variable in ENVIRONMENT}
    settings = load_settings()

    assert said["MEDALLION_TARGET"] == settings.target
    assert said["MEDALLION_PLATFORMS"] == ",".join(settings.platforms)
    assert float(said["MEDALLION_LEAVING_SHARE"]) == settings.leaving_share
    assert float(said["MEDALLION_CLEANUP_SHARE"]) == settings.cleanup_share
    assert float(said["MEDALLION_DRAIN_SECONDS"]) == settings.drain_seconds
    assert said["MEDALLION_HOME"] == "var/` of the project"
    assert settings.home == settings.project / "var"
    source = Path(locks.__file__).read_text(encoding="utf-8")
    assert f'"MEDALLION_LOCK_SECONDS", "{said["MEDALLION_LOCK_SECONDS"]}"' in source
