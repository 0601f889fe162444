import os
import re
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from medallion.settings import load_settings

PROJECT = load_settings().project
PROGRAM = PROJECT / "deploy" / "env.py"
EXAMPLE = (PROJECT / ".env.example").read_text()


def write(folder, example=EXAMPLE):
    (folder / ".env.example").write_text(example)
    done = subprocess.run([sys.executable, "-I", PROGRAM, folder], check=True, capture_output=True, text=True)
    text = (folder / ".env").read_text()
    found = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return text, found, done.stdout


def test_every_secret_is_made_and_none_twice(tmp_path):
    text, found, said = write(tmp_path)
    assert "login is admin" in said
    assert "<" not in "".join(found.values())
    made = [found[name] for name in re.findall(r"^(\w+)=<\w+>$", EXAMPLE, re.MULTILINE)]
    assert len(made) == len(set(made)) >= 10
    assert min(map(len, made)) >= 24
    Fernet(found["AIRFLOW_FERNET_KEY"])
    Fernet(found["MEDALLION_FERNET_KEY"])
    # They stand in URLs, in JSON and behind options as they are; Fernet's keys in the environment alone.
    fernet = {found["AIRFLOW_FERNET_KEY"], found["MEDALLION_FERNET_KEY"]}
    assert all(re.fullmatch("[A-Za-z0-9]+", one) for one in {*made} - fernet)
    assert text.splitlines()[0] == EXAMPLE.splitlines()[0]


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_nobody_else_may_read_it(tmp_path):
    write(tmp_path)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".env.")] == [".env.example"]


def test_again_changes_nothing(tmp_path):
    before, _, _ = write(tmp_path)
    after, _, said = write(tmp_path)
    assert after == before
    assert "nothing was changed" in said


def test_what_a_later_version_adds_is_added_and_the_rest_stays(tmp_path):
    (tmp_path / ".env").write_text("MEDALLION_PORT=9000\n# mine\nAIRFLOW_JWT_SECRET=kept")
    text, found, said = write(tmp_path, "MEDALLION_PORT=8080\nAIRFLOW_JWT_SECRET=<key>\nNEW=<password>\n")
    assert text.startswith("MEDALLION_PORT=9000\n# mine\nAIRFLOW_JWT_SECRET=kept\nNEW=")
    assert len(found["NEW"]) >= 24
    assert "added NEW" in said
