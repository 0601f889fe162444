"""What names, cells and errors put on a terminal: text, nothing it obeys, nothing secret."""

import json

import pytest
import typer
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner

from medallion.exceptions import ConfigError
from medallion.terminal import Commands, HarmlessConsole, line, out, print_json

#: Colours, a title, a link, the bell, C1's CSI, a line written over, and text turned round.
HOSTILE = "\x1b[31m \x1b]0;title\x07 \x1b]8;;http://evil\x1b\\ \x9b2J \rall well \b\x7f \u202edlrow \u2066x"
STEERING = set("\x1b\x07\x9b\r\b\x7f\u202e\u2066")


def table():
    table = Table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    table.add_row(Text(HOSTILE))
    return table


@pytest.mark.parametrize("said", [HOSTILE, Text(HOSTILE), table()], ids=["str", "Text", "Table"])
def test_nothing_that_is_printed_steers_the_terminal(said, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    out().print(said)
    line(out(), said if not isinstance(said, Table) else HOSTILE)
    told = capsys.readouterr().out
    assert "\N{REPLACEMENT CHARACTER}" in told
    assert "all well" in told
    assert not STEERING & set(told)


def test_colours_of_our_own_stay(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    HarmlessConsole().print(Text(f"bad {HOSTILE}", "red"))
    told = capsys.readouterr().out
    assert told.startswith("\x1b[31mbad ")
    assert told.count("\x1b") == 2  # red on, and off again


def test_a_cell_is_no_markup_and_no_emoji(capsys):
    drawn = Table("what")
    drawn.add_row("[bold]x[/bold] [link=http://evil]y[/link] :warning:")
    out().print(drawn)
    assert "[bold]x[/bold] [link=http://evil]y[/link] :warning:" in capsys.readouterr().out


def test_json_is_written_so_that_no_terminal_obeys_it(capsys):
    print_json({HOSTILE: [HOSTILE, "é", "a\nb"]})
    told = capsys.readouterr().out
    assert json.loads(told) == {HOSTILE: [HOSTILE, "é", "a\nb"]}
    assert "é" in told
    assert not STEERING & set(told)


def test_an_error_of_a_command_shows_no_secret_and_steers_nothing(monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "planted-83be")
    app = typer.Typer(cls=Commands)

    @app.command()
    def fail():
        raise ConfigError(f"{HOSTILE} planted-83be at postgresql://me:planted-12ab@db/x")

    app.command("other")(lambda: None)
    said = CliRunner().invoke(app, ["fail"])
    assert said.exit_code == 1
    assert "*** at postgresql://me:***@db/x" in said.stderr
    assert not STEERING & set(said.stderr)
