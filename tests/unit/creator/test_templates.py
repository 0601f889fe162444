"""Templates: values go in as literals alone, and a broken one says where."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.creator import CreatorError, find_templates, read_template
from medallion.creator.templates import Template, templates_folder
from medallion.settings import load_settings
from unit.creator.conftest import asked

HOSTILE = [
    "{{ 7 * 7 }}",
    "{% raw %}",
    "'''",
    '"""',
    "\\",
    "\n)\nimport os\n(",
    "#DAG_ID",
    "\u2028",
    "\0",
    "}}",
]
NEW = Template(
    "new.py.j2", "from airflow.sdk import DAG\nX = {{ master_dict }}\nDAG({{ dag_id }}, {{ schedule }})\n"
)
OLD = Template("old.template", 'from airflow import DAG\nX = #MASTER_DICT\nDAG("#DAG_ID", "@once")\n')


def names(rendered):
    """What a file says of X, and what its only call is given."""
    tree = ast.parse(rendered)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (call,), said = calls, tree.body[1].value
    return ast.literal_eval(said), [ast.literal_eval(one) for one in call.args]


@pytest.mark.slow
@given(
    st.dictionaries(
        st.text() | st.sampled_from(HOSTILE), st.text() | st.sampled_from(HOSTILE) | st.integers()
    )
)
def test_whatever_a_value_is_it_stays_a_value(value):
    request = asked(master_dict=value)
    assert names(NEW.render(request)) == (value, ["tidy_42", "@once"])
    assert names(OLD.render(request)) == (value, ["tidy_42", "@once"])


def test_a_prepared_dag_has_no_schedule():
    assert names(NEW.render(asked(run=False)))[1] == ["tidy_42", None]


def test_a_template_without_a_schedule_cannot_be_only_prepared():
    with pytest.raises(CreatorError, match=r"old.template: has no place for the schedule.*run must be true"):
        OLD.render(asked(run=False))
    placed = replace(OLD, text=OLD.text.replace('"@once"', "#SCHEDULE"))
    assert names(placed.render(asked(run=False)))[1] == ["tidy_42", None]


def test_an_old_template_may_have_quotes_around_its_places():
    text = (
        'import airflow\nfrom x import dag\na, b = "#DAG_ID", """#MASTER_DICT"""\n"""Made for #DAG_ID."""\n'
    )
    rendered = Template("old.template", text).render(asked(master_dict={22: ["it's"]})).decode()
    said = ast.parse(rendered).body[2].value
    assert ast.literal_eval(said) == ("tidy_42", '{22: ["it\'s"]}')


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.py.j2", "import airflow\nx = 'dag {{ master_dict }}'\n"),
        ("a.py.j2", "import airflow\nx = '''dag {{ master_dict }}'''\n"),
        ("a.py.j2", "import airflow  # {{ master_dict }}\nx = 'dag'\n"),
        ("a.py.j2", "import airflow\nx = f'''dag {{ master_dict }}'''\n"),
        ("a.py.j2", "import airflow\ndag = x{{ dag_id }}\n"),
        ("a.template", "import airflow\nx = 'dag #MASTER_DICT'\n"),
        ("a.template", "import airflow\nx = f'#MASTER_DICT'  # dag\n"),
        ("a.template", "import airflow\nx = rb'#MASTER_DICT'  # dag\n"),
        ("a.template", "import airflow\n# dag #MASTER_DICT\n"),
    ],
)
def test_a_place_where_a_value_could_become_code_is_refused(file, text):
    hostile = {"a" * 90: "'''\n\"\"\"\nimport os\n#", "b" * 90: "'; import os; '"}
    with pytest.raises(CreatorError, match=rf"^template {file}: "):
        Template(file, text).render(asked(master_dict=hostile))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n{% if %}\n", "broken.py.j2, line 2: Expected an expression"),
        ("airflow, dag = 1, 2\n\n\nx = {{ nope }}\n", "broken.py.j2, line 4: 'nope' is undefined"),
        ("\n\nx = {{ 1 // 0 }}\n", "broken.py.j2, line 3: "),
        ("x = {{ ''.__class__.__mro__ }}\n", "broken.py.j2, line 1: access to attribute '__class__'"),
        ("{% include 'good.py.j2' %}\n", "broken.py.j2, line 1: no loader"),
        ("{% for a in range(10 ** 9) %}{% endfor %}", "broken.py.j2, line 1: Range too big"),
        (
            "import airflow\n\ndag = (\n",
            r"broken.py.j2: what it gives is no Python: line 3: '\(' was never closed",
        ),
        ("x = 1\0\n", "broken.py.j2: what it gives is no Python"),
        ("x = {{ dag_id }}, {{ schedule }}\n", "without the words airflow and dag"),
    ],
)
def test_a_broken_template_says_where(house, add_template, text, message):
    add_template("broken.py.j2", text)
    with pytest.raises(CreatorError, match=message):
        house.make(template="broken")
    assert house.dags.files.current() == (0, "empty")
    assert house.dags.find() == []


def test_a_template_that_is_not_utf8_is_refused(house, add_template):
    add_template("latin.py.j2", "")
    (templates_folder(house.settings) / "latin.py.j2").write_bytes(b"\xe9")
    with pytest.raises(CreatorError, match=r"template latin.py.j2: cannot be read"):
        house.make(template="latin")


def test_only_files_of_the_folder_itself_are_templates(house, tmp_path):
    folder = templates_folder(house.settings)
    (tmp_path / "outside.py.j2").write_text("secret")
    link, below = folder / "link.py.j2", folder / "below"
    link.symlink_to(tmp_path / "outside.py.j2")
    below.mkdir()
    (below / "inner.py.j2").write_text("")
    (folder / "client_pipeline.py.j2").write_text("")
    try:
        assert list(find_templates(house.settings)) == ["good", "old"]
        for name in (
            "link",
            "inner",
            "below/inner",
            "client_pipeline",
            "../templates/good",
            str(folder / "good"),
        ):
            with pytest.raises(CreatorError, match="must be one of good, old"):
                read_template(house.settings, name)
    finally:
        link.unlink()
        (below / "inner.py.j2").unlink()
        below.rmdir()
        (folder / "client_pipeline.py.j2").unlink()


def test_every_template_that_is_shipped_can_be_rendered(tmp_path):
    shipped = replace(load_settings(), project=tmp_path)  # one without templates of its own
    assert "cleanup_dag" in find_templates(shipped)
    for name in find_templates(shipped):
        for run in (True, False):
            assert read_template(shipped, name).render(asked(template=name, run=run))
