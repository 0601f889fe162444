"""Whatever a client's config holds, its DAG file is data and one call; the same in every process."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.utils.file import might_contain_dag_via_default_heuristic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medallion.bundle import render_client
from medallion.bundle.render import literal
from medallion.registry import Definition

MANIFEST = "manifests/0123456789ab.json"
HOSTILE = st.one_of(
    st.sampled_from(
        [
            "__import__('os').system('touch /tmp/owned')",
            '"""\nimport os\n"""',
            "'''",
            "\\",
            "{{ definition }}",
            "{% raw %}",
            "{# #}",
            "'} or print(1) or {'",
            "# noqa\nexit()",
            "\N{LINE SEPARATOR}exit()",
            "\r\nexit()\f\v\0",
            "%s %(x)s {0}",
            "\ud800",
        ]
    ),
    st.text(),
)
PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), HOSTILE
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(HOSTILE, inner, max_size=4)),
    max_leaves=20,
)


class Facts:
    """A definition whose facts are anything at all."""

    def __init__(self, facts):
        self._facts = facts
        self.client = type("Client", (), {"id": "north"})

    def facts(self):
        return self._facts


def taken_apart(content):
    """The file's calls by name, its imports, and its assignment of data."""
    tree = ast.parse(content)
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)]
    (data,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id not in ("dag", "stream")
    ]
    return calls, imports, ast.literal_eval(data)


@pytest.mark.slow
@given(st.dictionaries(HOSTILE, PLAIN, max_size=4))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_is_data_and_a_call_a_dag_whatever_the_config_holds(fleet, facts):
    try:
        content = render_client(fleet.settings, Facts(facts), MANIFEST)
    except UnicodeEncodeError:  # half a character is not text
        raise AssertionError(f"{facts!r} cannot be written") from None
    calls, imports, data = taken_apart(content)
    assert calls == ["client_dag", "client_stream"]
    assert imports == [
        "from airflow.sdk import DAG",
        "from medallion.orchestration.client_file import client_dag, client_stream",
    ]
    assert data == facts


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), Path("x"), b"x", (1,)])
def test_what_is_no_plain_data_is_refused(value):
    with pytest.raises(ValueError, match="plain data"):
        literal({"deep": [value]})


def test_a_definition_comes_back_whole(fleet):
    known = fleet.definition("north", description='It\'s "so"\n{{ hostile }} \\', tags=["a'b", "ü"])
    _, _, facts = taken_apart(render_client(fleet.settings, known, MANIFEST))
    assert Definition.from_facts(facts) == known
    assert Definition.from_facts(facts).checksum == known.checksum


def test_airflow_takes_the_file_for_one_with_a_dag(fleet, tmp_path):
    file = tmp_path / "north.py"
    file.write_bytes(render_client(fleet.settings, fleet.definition("north"), MANIFEST))
    assert might_contain_dag_via_default_heuristic(str(file))


def test_no_path_of_this_machine_is_in_it(fleet):
    text = render_client(fleet.settings, fleet.definition("north"), MANIFEST).decode()
    assert str(fleet.settings.project) not in text
    assert not re.search(r"/(home|tmp|usr|work|root)\b", text)


RENDER = """
import json, sys
from medallion.bundle import render_client
from medallion.registry import Definition
from medallion.settings import load_settings
known = Definition.from_facts(json.loads(sys.argv[1]))
sys.stdout.buffer.write(render_client(load_settings(), known, "manifests/x.json"))
"""


@pytest.mark.slow
def test_other_hash_seeds_and_folders_give_the_same_bytes(fleet, tmp_path):
    many = {f"value_{number}": f"v{number}" for number in range(20)}
    known = fleet.definition("north", data_sources=["till", "shop"], tags=["b", "a"], values=many)
    made = {_rendered(known, seed, tmp_path / seed) for seed in ("1", "2")}
    assert made == {render_client(fleet.settings, known, "manifests/x.json")}
    assert b"value_19" in made.pop()


def _rendered(known, seed, home):
    done = subprocess.run(
        [sys.executable, "-c", RENDER, known.text()],
        env=os.environ | {"PYTHONHASHSEED": seed, "MEDALLION_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    return done.stdout
