import os
import socket
import tempfile
import traceback
from pathlib import Path

import pytest

from medallion.doctor import BAD, OK, WARN
from medallion.doctor.machine import disk, ports, python, rights


def test_another_python_is_refused():
    assert python().level == OK
    found = python((3, 12))
    assert (found.level, "3.12" in found.said, "make environment" in found.todo) == (BAD, True, True)


def test_a_port_that_is_taken_is_bad(settings, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("MEDALLION_PORT", str(taken.getsockname()[1]))
        found = ports(settings)
        assert (found.level, f"port {taken.getsockname()[1]} is in use" in found.said) == (BAD, True)
        assert "MEDALLION_PORT" in found.todo
    assert ports(settings).level == OK


def test_what_is_no_port_is_bad(settings, monkeypatch):
    monkeypatch.setenv("MEDALLION_PORT", "http")
    assert ports(settings).level == BAD


def test_without_a_port_any_will_do(settings):
    assert ports(settings).level == OK


def test_space_is_counted_where_home_is_or_will_be(settings):
    home = settings.home / "not" / "yet"
    assert disk(home, least=0, plenty=0).level == OK
    assert disk(home, least=0, plenty=2**62).level == WARN
    found = disk(home, least=2**62)
    assert (found.level, "GiB free" in found.said, "retention" in found.todo) == (BAD, True, True)


def as_nobody(look):
    """What a user without rights finds; where we are no root, that is ourselves."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            found = look()
            os.write(write, f"{found.level}: {found.said}".encode())
        except BaseException:
            os.write(write, traceback.format_exc().encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        return pipe.read()


@pytest.fixture
def home():
    """A folder that any user reaches; pytest's own are for their user alone."""
    with tempfile.TemporaryDirectory(prefix="medallion-home-") as made:
        Path(made).chmod(0o777)
        yield Path(made)


def test_a_folder_that_may_not_be_written_is_bad(home):
    assert as_nobody(lambda: rights(home)).startswith(OK)
    (home / "landing").mkdir()
    (home / "landing").chmod(0o555)
    said = as_nobody(lambda: rights(home))
    assert said.startswith(f"{BAD}: user ")
    assert said.endswith(f"may not write {home / 'landing'}")


def test_a_database_that_may_not_be_written_is_bad(home):
    database = home / "registry.db"
    database.touch()
    database.chmod(0o444)
    assert str(database) in as_nobody(lambda: rights(home))


def test_a_home_that_cannot_be_made_is_bad(home):
    home.chmod(0o555)
    assert as_nobody(lambda: rights(home / "new")).startswith(BAD)
    home.chmod(0o777)
    assert as_nobody(lambda: rights(home / "new")).startswith(OK)
