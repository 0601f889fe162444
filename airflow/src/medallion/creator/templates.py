"""Templates of DAGs: which there are, and how a request is put into one as literals alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from medallion.clients.problem import not_one_of
from medallion.creator.request import OWN_TEMPLATE, DagRequest
from medallion.exceptions import CreatorError
from medallion.settings import Settings

#: Today's templates, and those of older callers.
_JINJA, _OLD = ".py.j2", ".template"
_KEYS = ("dag_id", "master_dict", "schedule")
#: What stands for the values where it is looked at what a template does with them.
_NAMES = {key: f"_medallion_value_of_{key}" for key in (*_KEYS, "master_text")}
_OLD_PLACE = re.compile(
    r"""(?P<quote>'{3}|"{3}|'|")?\#(?P<key>DAG_ID|MASTER_DICT|SCHEDULE)\b(?(quote)(?P<end>(?P=quote))?)"""
)


def templates_folder(settings: Settings) -> Path:
    """The folder of an installation's templates, also where MEDALLION_PROJECT has configs and dbt alone."""
    own = settings.project / "airflow" / "templates"
    return own if own.is_dir() else Path(__file__).resolve().parents[3] / "templates"


@dataclass(frozen=True)
class Template:
    """A template as it was read.

    Args:
        file: its file's name.
        text: what is in it.
    """

    file: str
    text: str

    def render(self, request: DagRequest) -> bytes:
        """Put a request's values into the template.

        They go in as literals of Python. That they are nothing else in the result is then looked at: with
        names in the literals' place the template must give the same code.

        Args:
            request: what is asked for.

        Returns:
            The DAG's file.

        Raises:
            CreatorError: if the template is broken, naming its file and line, or puts a value where it would
                not be a literal.
        """
        if not request.run and not self._uses("schedule"):
            raise CreatorError(
                f"template {self.file}: has no place for the schedule, so its DAGs cannot be only prepared; "
                "run must be true"
            )
        literals = {
            "dag_id": repr(request.dag_id),
            "master_dict": request.master_dict,
            "master_text": repr(request.master_dict),
            "schedule": repr(request.schedule),
        }
        text = self._fill(literals)
        code = self._parse(text)
        named = self._parse(self._fill(_NAMES))
        if ast.dump(_Literals(literals).visit(named)) != ast.dump(code):
            raise CreatorError(
                f"template {self.file}: {', '.join(_KEYS)} must each stand by themselves, as a value; "
                "one of them is part of a text, a comment or a longer word"
            )
        if not {"dag", "airflow"} <= set(re.findall("dag|airflow", text.lower())):
            raise CreatorError(
                f"template {self.file}: Airflow reads no file without the words airflow and dag"
            )
        return text.encode()

    def _uses(self, key: str) -> bool:
        return _NAMES[key] in self._fill(_NAMES)

    def _fill(self, values: Mapping[str, str]) -> str:
        return self._fill_jinja(values) if self.file.endswith(_JINJA) else self._fill_old(values)

    def _fill_jinja(self, values: Mapping[str, str]) -> str:
        sandbox = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
        )
        try:
            return sandbox.from_string(self.text).render({key: values[key] for key in _KEYS})
        except TemplateSyntaxError as error:
            raise CreatorError(f"template {self.file}, line {error.lineno}: {error.message}") from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise CreatorError(f"template {self.file}, line {_line_of(error)}: {error}") from error

    def _fill_old(self, values: Mapping[str, str]) -> str:
        """``#MASTER_DICT`` is the literal; with quotes around it, the text of it, as it always was."""

        def put(found: re.Match[str]) -> str:
            key, quote = found["key"].lower(), found["quote"] or ""
            if not found["end"]:
                return quote + values[key]
            return values["master_text" if key == "master_dict" else key]

        return _OLD_PLACE.sub(put, self.text)

    def _parse(self, text: str) -> ast.Module:
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            lines = text.splitlines()
            shown = lines[line - 1].strip()[:80] if line <= len(lines) else ""
            reason = getattr(error, "msg", str(error))
            raise CreatorError(
                f"template {self.file}: what it gives is no Python: line {line}: {reason}: {shown}"
            ) from None


def find_templates(settings: Settings) -> dict[str, Path]:
    """The templates that may be asked for, by their bare names; of two of one name the Jinja one.

    Only files of the folder itself are among them: no link, nothing in a folder below.
    """
    folder = templates_folder(settings)
    found = {}
    for ending in (_OLD, _JINJA):
        for path in sorted(folder.glob(f"*{ending}")):
            name = path.name.removesuffix(ending)
            if name != OWN_TEMPLATE and path.is_file() and not path.is_symlink():
                found[name] = path
    return dict(sorted(found.items()))


def read_template(settings: Settings, name: str) -> Template:
    """Read a template.

    Raises:
        CreatorError: if there is none of that name, or it is no text.
    """
    known = find_templates(settings)
    if name not in known:
        wrong = not_one_of(name, known)
        raise CreatorError(f"template: {wrong}, is {name!r}{wrong.hint}")
    try:
        return Template(known[name].name, known[name].read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CreatorError(f"template {known[name].name}: cannot be read: {error}") from error


class _Literals(ast.NodeTransformer):
    """Puts the literals where code that was made with names has the names."""

    def __init__(self, literals: Mapping[str, str]) -> None:
        self._literals = {_NAMES[key]: text for key, text in literals.items()}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Replace a name by its literal."""
        text = self._literals.get(node.id)
        return ast.parse(text, mode="eval").body if text is not None else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A DAG's id, whose characters mean nothing in Python, may be part of a text."""
        if isinstance(node.value, str) and (name := _NAMES["dag_id"]) in node.value:
            return ast.Constant(node.value.replace(name, self._literals[name]), kind=node.kind)
        return node


def _line_of(error: BaseException) -> Any:
    """The template's line that an error comes from: Jinja puts it among the lines of the traceback."""
    line, trace = "?", error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename in ("<template>", "<unknown>"):
            line = str(trace.tb_lineno)
        trace = trace.tb_next
    return line
