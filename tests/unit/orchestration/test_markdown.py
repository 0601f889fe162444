import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from medallion.orchestration.markdown import code, plain, some, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ACME, 95 % - C# & co: 3 > 2!", "ACME, 95 % - C# & co: 3 > 2!"),
        ("rows of clean_crm__people", "rows of clean_crm__people"),
        ("_much_", r"\_much\_"),
        ("two\nlines", "two lines"),
        ("a | b", r"a \| b"),
        ("[here](http://x.example)", r"\[here\](http\://x.example)"),
        ("![pixel](//x.example)", r"!\[pixel\](//x.example)"),
        ("see WWW.x.example", r"see WWW\.x.example"),
        ("a@x.example", r"a\@x.example"),
        ("<b>*bold* `code` ~~gone~~ &lt;", r"\<b>\*bold\* \`code\` \~\~gone\~\~ \&lt;"),
        ("# head", r"\# head"),
        ("already \\| escaped", r"already \\\| escaped"),
    ],
)
def test_plain_text_has_no_markdown(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("name", "shown"), [("line_has_order", "`line_has_order`"), ("a`|\nb", r"`a'\| b`"), ("", "")]
)
def test_a_name_stays_in_its_code(name, shown):
    assert code(name) == shown


def test_a_table_has_a_line_a_row():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


@given(st.text(r"ab1 \n\\`*_[]()<>#|!~&;:@./-", max_size=12), st.sampled_from([plain, code]))
def test_a_cell_shows_the_text_and_nothing_else(text, written):
    page = MarkdownIt().enable(["table", "strikethrough"]).render(table(["head"], [[written(f"x{text}")]]))
    (cell,) = re.findall(r"<td>(.*)</td>", page)
    shown = re.fullmatch("<code>(.*)</code>", cell)[1] if written is code else cell
    assert "<" not in shown
    expected = " ".join(f"x{text}".split())
    assert unescape(shown) == (expected.replace("`", "'") if written is code else expected)


@pytest.mark.parametrize(("number", "said"), [(0, "0 rows"), (1, "1 row"), (1234, "1,234 rows")])
def test_numbers_are_counted_in_words(number, said):
    assert some(number, "row") == said
