"""What a request may say; everything else is refused by name, and nothing of it is run."""

from __future__ import annotations

import ast
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.creator import CreatorError, read_request
from medallion.creator.literals import MAX_CHARACTERS, read_literal, write_literal

GOOD = {"dag_id": "tidy_42", "template": "good", "namespace": "projects", "master_dict": {}}
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=6,
)


def test_a_good_request_is_read():
    request = read_request(GOOD | {"owner": " project:42 ", "expires": "30d", "run": False})
    assert (request.path, request.schedule) == ("projects/tidy_42.py", None)
    assert (request.owner, request.expires) == ("project:42", timedelta(days=30))
    assert read_request(GOOD | {"owner": "", "expires": None}).schedule == "@once"


WRONG = {
    "dag_id": [
        *("", "..", "../a", "/etc/a", "a/b", "a\\b", "a\0", "a\n", "a b", "-a", ".a", "_a", "a" * 201),
        *("m\u0430de", "\uff41", "{{ 1 }}", "a'", 'a"', "__import__('os')", 5, None, ["a"]),
        *("dag_creator", "medallion_factory", "client_acme_pipeline"),
        *("eu__dag_creator", "eu__medallion_factory", "eu__client_acme_pipeline"),
        *("medallion_watch", "client_acme_realtime", "eu__medallion_watch", "eu__client_acme_realtime"),
    ],
    "template": [
        *("", ".", "..", "../good", "/good", "good/../good", "good.py.j2", "good\0", "a\n", 5),
        *("g\u043eod", "client_pipeline"),
    ],
    "namespace": [
        *("", "../up", "/etc", "a/b", "a\0", "a\n", "a.b", "Projects", "1a", "_a", "a" * 101, 5, None),
        *("pr\u043ejects", "clients", "manifests"),
    ],
    "run": ["true", 1, "__import__('os')"],
    "owner": ["\n", "a\0", "a" * 201, 5],
    "expires": ["soon", "0s", "-1d", "99999999d", 5],
    "nonsense": [1],
}


@pytest.mark.parametrize(("key", "values"), WRONG.items())
def test_anything_else_is_refused_by_its_key(key, values):
    for value in values:
        with pytest.raises(CreatorError, match=rf"^{key}: "):
            read_request(GOOD | {key: value})


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(CreatorError) as refused:
        read_request({"dag_id": "a/b", "namespace": "B", "master_dict": [1], "colour": "red"})
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        *("dag_id", "template", "namespace", "master_dict", "colour")
    ]


def test_a_message_repeats_no_long_or_confidential_value():
    with pytest.raises(CreatorError) as refused:
        read_request(GOOD | {"dag_id": "/" * 10_000, "master_dict": "{'password': s3cret}"})
    assert len(str(refused.value)) < 500
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("{'operation_dict': {22: [4]}}", {"operation_dict": {22: [4]}}),
        ('  {"a": None, "b": (1, -2.5, True)}\n', {"a": None, "b": (1, -2.5, True)}),
        ({"a": {"22": [4]}}, {"a": {"22": [4]}}),
        ({"a": "{{ dag_id }} '\" \n \\ \0 \u202e \ud800 __import__('os').system('x')"}, None),
    ],
)
def test_a_master_dict_survives(given, read):
    assert ast.literal_eval(read_request(GOOD | {"master_dict": given}).master_dict) == (read or given)


@pytest.mark.slow
@given(st.dictionaries(st.text() | st.integers(), PLAIN))
def test_a_literal_is_read_back_as_it_was(value):
    text = write_literal(value)
    assert read_literal(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('touch x')", "names and calls are not"),
        ("{'a': open('/etc/passwd')}", "names and calls are not"),
        ("{'a': [x for x in (1,)]}", "names and calls are not"),
        ("{'a': f'{1}'}", "names and calls are not"),
        ("{'a': 1}; import os", "is no Python literal: line 1"),
        ("{'a':\n  1 1}", "line 2: invalid syntax"),
        ("{'a': {1}}", "a is of type set"),
        ("{'a': [b'x']}", r"a\[0\] is of type bytes"),
        ("{'a': {(1, 2): 3}}", "the key '\\(1, 2\\)' is of type tuple"),
        ("{'a': 1e999}", "a is inf: a number must be finite"),
        ("{'a': 0x" + "f" * 1000 + "}", "more than 256 bits"),
        ("{'a': " + "9" * 5000 + "}", "is no Python literal"),
        ("[1]", "is not an object"),
        ("\0", "is no Python literal"),
        ("{'a': " + "[" * 60 + "]" * 60 + "}", "nested too deep: at most 40"),
        ("(" * 10_000, "too many nested parentheses"),
        ("-" * 500_000 + "1", "nested too deep"),
        ("1+" * 200_000 + "1", "nested too deep"),
        ("x" + "[0]" * 200_000, "nested too deep"),
        ("{'a': '" + "x" * 10_000_000 + "'}", "is 10,000,009 characters long: at most 1,000,000"),
    ],
)
def test_a_text_that_is_no_plain_literal_is_refused_soon(text, message):
    began = time.process_time()
    with pytest.raises(CreatorError, match=rf"^master_dict: .*{message}"):
        read_request(GOOD | {"master_dict": text})
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": "x" * 10_000_000}, "characters long"),
        ({str(number): number for number in range(MAX_CHARACTERS // 8)}, "characters long"),
        ({"a": float("nan")}, "a is nan"),
        ({"a": object()}, "a is of type object"),
        ({"a": [{"b": {1, 2}}]}, r"a\[0\]\.b is of type set"),
    ],
)
def test_an_object_that_is_too_large_or_no_plain_data_is_refused(value, message):
    with pytest.raises(CreatorError, match=rf"^master_dict: .*{message}"):
        read_request(GOOD | {"master_dict": value})


def test_an_object_that_holds_itself_is_refused():
    value = {}
    value["a"] = value
    with pytest.raises(CreatorError, match="nested too deep"):
        read_request(GOOD | {"master_dict": value})
