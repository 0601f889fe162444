"""Judges the dbt project without a database: `make check` calls it, exit code 1 says something is wrong.

Every shape below is compiled as dbt would run it, every compiled model and test is parsed in its target's
dialect, the T-SQL is linted (.sqlfluff). Every model is held to its documentation, its grain and its key,
every rule to a test that has seen it count; and what is written for all clients names none.

With models' files as arguments only these are compiled and linted, for SQL Server, as before a commit.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
import tempfile
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlglot
import yaml
from dbt.cli.main import dbtRunner
from dbt_common.tests import enable_test_caching
from sqlfluff.core import FluffConfig, Linter

import tsql

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "dbt"
DIALECTS = {"sqlserver": "tsql", "duckdb": "duckdb"}
STEPS = ["clean", "normalize", "enrich", "validate"]
#: Shapes beside the full one: without steps that come before, without joined sources, with released rows.
SHAPES: list[dict[str, Any]] = [
    {"transformations": ["aggregate"]},
    {"transformations": ["clean", "aggregate"]},
    {
        "transformations": ["clean", "normalize", "validate"],
        "sources": ["adventureworks_sales", "sales"],
        "released": {"sales__orders": ["order_id"], "sales__order_lines": ["order_id", "line_number"]},
    },
    {
        "transformations": ["enrich", "validate", "aggregate"],
        "sources": ["adventureworks_sales", "adventureworks_person", "inventory", "crm"],
    },
]
KEY_TESTS = ("unique", "unique_together")
KEYED_STEPS = ("clean", "validate")
RULES_SEEN = (("tests/warehouse", "*.py"), ("airflow/src/medallion/sample_data/sql", "*.sql"))
CLIENT_FREE = (
    ("dbt", "*.sql"),
    ("dbt", "*.yml"),
    ("airflow", "*.py"),
    ("airflow", "*.sql"),
    ("airflow", "*.j2"),
)
GRAIN = re.compile(r"\bone row per [^.]+\.$", re.IGNORECASE)
LONGEST = 120
FORBIDDEN = {
    "limit": re.compile(r"\blimit\s+\d", re.IGNORECASE),
    "a column's number in group by or order by": re.compile(r"\b(group|order)\s+by\s+\d", re.IGNORECASE),
    "::": re.compile(r"::"),
    "true or false": re.compile(r"(?<!')\b(true|false)\b(?!')", re.IGNORECASE),
    "a capital keyword": re.compile(r"\b(SELECT|FROM|WHERE|JOIN|WITH|CASE|GROUP BY|ORDER BY)\b"),
    "a tab": re.compile(r"\t"),
}


def main(files: Sequence[str] = ()) -> int:
    """Check everything, or some models; print each problem as `file: what is wrong`, return the exit code."""
    if files:
        return _check_models([Path(file).resolve().relative_to(ROOT) for file in files])
    problems = {*_source_problems(), *_client_problems(), *_rule_problems()}
    # The targets take turns: a shape's refs are the same on both, and the full shape is compiled on both.
    jobs: list[tuple[str, dict[str, Any]]] = [(target, {}) for target in DIALECTS]
    jobs += [("sqlserver", {"as_increment": True}), *zip(itertools.cycle(DIALECTS), SHAPES, strict=False)]
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(2, get_context("spawn")) as pool:
        os.environ["DBT_ENGINE_LOG_PATH"] = scratch
        folders = [Path(scratch) / str(number) for number in range(len(jobs))]
        for found in pool.map(_job, *zip(*jobs, strict=True), folders):
            problems.update(found)
    for problem in sorted(problems):
        print(problem)
    print(
        f"check_sql: {len(problems)} problems"
        if problems
        else f"check_sql: {len(jobs)} compilations, all good"
    )
    return 1 if problems else 0


def _check_models(files: Sequence[Path]) -> int:
    """Compile some models for SQL Server, lint them, and print what is wrong."""
    chosen = [f"path:{file.relative_to('dbt')}" for file in files]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["DBT_ENGINE_LOG_PATH"] = scratch
        problems, nodes = _compiled("sqlserver", {}, Path(scratch), ["--select", *chosen])
    names = {str(file) for file in files}
    problems += _lint_problems(node for node in nodes if str(_file(node)) in names)
    problems += [problem for problem in _source_problems() if problem.partition(":")[0] in names]
    for problem in sorted(set(problems)):
        print(problem)
    return 1 if problems else 0


def _job(target: str, variables: dict[str, Any], into: Path) -> list[str]:
    """All problems of one compilation; the full shape's models are also judged one by one."""
    enable_test_caching()  # the macros are the same in each, and most of what there is to parse
    problems, nodes = _compiled(target, variables, into)
    if not variables and target == "sqlserver":
        problems.extend(_lint_problems(nodes))
    elif not variables:
        judges = (_documentation_problems, _key_problems, _unread_problems)
        problems.extend(problem for judge in judges for problem in judge(nodes))
    return problems


def _compiled(
    target: str, variables: dict[str, Any], into: Path, select: Sequence[str] = ()
) -> tuple[list[str], list[Any]]:
    """Compile the project; return what dbt warned of and what does not parse, and the nodes."""
    where = f"dbt ({target}, {json.dumps(variables)})" if variables else f"dbt ({target})"
    warnings: list[str] = []

    def listen(event: Any) -> None:
        if event.info.level == "warn":
            warnings.append(f"{where}: {event.info.msg.strip()}")

    everything = {"sources": sorted(path.stem for path in (ROOT / "configs" / "sources").glob("*.yml"))}
    outcome = dbtRunner(callbacks=[listen]).invoke(
        [
            *("compile", "--no-populate-cache", "--no-introspect", "--target", target),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(into)),
            *(
                "--log-path",
                str(into),
                "--vars",
                json.dumps(everything | variables),
                "--quiet",
                "--log-level",
                "none",
            ),
            *select,
        ]
    )
    if outcome.exception or not outcome.result:
        return [*warnings, f"{where}: {outcome.exception}"], []
    nodes = [result.node for result in outcome.result.results]
    return [*warnings, *_syntax_problems(nodes, DIALECTS[target], where)], nodes


def _syntax_problems(nodes: Iterable[Any], dialect: str, where: str) -> Iterator[str]:
    for node in nodes:
        if node.resource_type in ("unit_test", "operation"):
            continue
        try:
            statements = sqlglot.parse(node.compiled_code, dialect=dialect)
        except sqlglot.errors.SqlglotError as error:
            yield f"{_file(node)}: {node.name} is no {dialect}, {where}: {_first(error)}"
            continue
        if len(statements) != 1 or not isinstance(statements[0], sqlglot.exp.Query):
            yield f"{_file(node)}: {node.name} is not one query, {where}"
        elif _has_nested_with(statements[0]):
            yield f"{_file(node)}: {node.name} has a `with` inside a `with`, which T-SQL does not know"
        elif dialect == "tsql":
            told = tsql.refused(statements[0], node.compiled_code)
            yield from (f"{_file(node)}: {node.name}: {what}" for what in told)


def _first(error: sqlglot.errors.SqlglotError) -> str:
    """Line and reason of a parse error, without sqlglot's excerpt in colours."""
    for found in getattr(error, "errors", []):
        return f"line {found['line']}: {found['description']}"
    return str(error)


def _has_nested_with(statement: sqlglot.exp.Expr) -> bool:
    outer = (sqlglot.exp.With, sqlglot.exp.Subquery)
    return any(found.find_ancestor(*outer) for found in statement.find_all(sqlglot.exp.With))


def _lint_problems(nodes: Iterable[Any]) -> Iterator[str]:
    """Lint the models, and the tests written as SQL files, as compiled for SQL Server."""
    linter = Linter(config=FluffConfig.from_path(str(ROOT)))
    for node in nodes:
        if node.original_file_path.endswith(".sql"):
            for found in linter.lint_string(node.compiled_code).get_violations():
                yield f"{_file(node)}: compiled line {found.line_no}: {found.desc()} ({found.rule_code()})"


def _source_problems() -> Iterator[str]:
    """Hold the files themselves to width and to what SQL Server cannot do."""
    for path in sorted(PROJECT.glob("*/**/*.sql")):
        shown = path.relative_to(ROOT)
        if "target" in path.relative_to(PROJECT).parts:
            continue
        text = path.read_text(encoding="utf-8")
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield f"{shown}: must end with one newline"
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > LONGEST:
                yield f"{shown}:{number}: longer than {LONGEST} characters"
            if line != line.rstrip():
                yield f"{shown}:{number}: blanks at the end"
        if "macros" not in path.parts:
            bare = re.sub(r"\{[{%#].*?[}%#]\}|--[^\n]*|'[^']*'", " ", text, flags=re.DOTALL)
            yield from (
                f"{shown}: {what} is not allowed" for what, found in FORBIDDEN.items() if found.search(bare)
            )


def _documentation_problems(nodes: list[Any]) -> Iterator[str]:
    tested = {getattr(node, "attached_node", None) for node in nodes if node.resource_type == "test"}
    for node in (node for node in nodes if node.resource_type == "model"):
        if not GRAIN.search(node.description.strip()):
            yield f"{_file(node)}: {node.name}: the description must end with its grain, `One row per ….`"
        if node.unique_id not in tested:
            yield f"{_file(node)}: {node.name}: no data test"
        if not node.columns:
            yield f"{_file(node)}: {node.name}: no column is documented"
        for column in node.columns.values():
            if not column.description:
                yield f"{_file(node)}: {node.name}.{column.name}: no description"
        yield from _kind_problems(node)
        closing = f"select * from {node.name}"  # noqa: S608, nothing runs it
        if not node.compiled_code.rstrip().endswith(f"\n{closing}"):
            yield f"{_file(node)}: must end with `{closing}`"


def _kind_problems(node: Any) -> Iterator[str]:
    """Bronze and silver keep their rows and replace some; a mart may, or is made anew by every run."""
    layer, kept = node.fqn[1], node.config.incremental_strategy if _is_kept(node) else None
    wanted = {"bronze": ["landed"], "silver": ["touched"]}.get(layer, ["touched", None])
    if kept not in wanted or node.config.materialized not in ("table", "incremental"):
        how = "from `landed`" if layer == "bronze" else "with `keyed_step` or a step's macro"
        allowed = "tables, and marts made with `keyed`, are" if layer == "gold" else f"a model made {how} is"
        yield f"{_file(node)}: {node.name}: only {allowed} allowed, not {node.config.materialized}"
    if layer == "bronze" and not node.config.meta.get("keys"):
        yield f"{_file(node)}: {node.name}: config.meta.keys must name the columns of the entity's key"


def _is_kept(node: Any) -> bool:
    return bool(node.config.materialized == "incremental")


def _key_problems(nodes: list[Any]) -> Iterator[str]:
    """A key is tested where it begins to hold (clean), where rows are taken out (validate), and in gold."""
    keyed = {node.attached_node for node in nodes if _generic_test(node) in KEY_TESTS}
    for node in (node for node in nodes if node.resource_type == "model"):
        layer, step = node.fqn[1:3]
        has_key = (layer == "gold" or step in KEYED_STEPS) and not node.name.startswith("quarantine_")
        if has_key and node.unique_id not in keyed:
            yield f"{_file(node)}: {node.name}: its key has no test; allowed are {', '.join(KEY_TESTS)}"


def _rule_problems() -> Iterator[str]:
    """A rule that nothing breaks was never seen to count: tests name it, or the sample extracts plant it."""
    seen = {
        word
        for place, pattern in RULES_SEEN
        for path in sorted((ROOT / place).rglob(pattern))
        for word in re.findall(r"\w+", _without_comments(path))
    }
    where = " or ".join(place for place, _ in RULES_SEEN)
    for path in sorted((PROJECT / "models" / "silver" / "validate").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            rules = [test["rule"]["name"] for test in model.get("data_tests", []) if "rule" in test]
            for rule in (rule for rule in rules if rule not in seen):
                yield f"{path.relative_to(ROOT)}: {rule}: a rule without a test: nothing in {where} names it"


def _without_comments(path: Path) -> str:
    """A Python or an SQL file's text; what is only spoken of in it tests nothing."""
    if path.suffix == ".sql":
        return re.sub(r"--[^\n]*|/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    with tokenize.open(path) as lines:
        read = tokenize.generate_tokens(lines.readline)
        return " ".join(token.string for token in read if token.type != tokenize.COMMENT)


def _generic_test(node: Any) -> str:
    """The name of the generic test a node is, blank if it is none."""
    metadata = getattr(node, "test_metadata", None)
    return str(metadata.name) if metadata else ""


def _client_problems() -> Iterator[str]:
    """What is written for one client's name is not there for the next."""
    clients = sorted(path.stem for path in (ROOT / "configs" / "clients").glob("*.yml"))
    # `_` and capitals are part of a word to \b: acme_corp_orders and ACME_CORP name the client too.
    named = re.compile(rf"(?<![a-z0-9])({'|'.join(clients)})(?![a-z0-9])", re.IGNORECASE)
    for place, pattern in CLIENT_FREE:
        for path in sorted((ROOT / place).rglob(pattern)):
            if "target" in path.relative_to(ROOT / place).parts:
                continue
            shown = path.relative_to(ROOT)
            if found := named.search(str(shown)):
                yield f"{shown}: its path names the client {found[0]}"
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if found := named.search(line):
                    yield f"{shown}:{number}: names the client {found[0]}"


def _unread_problems(nodes: list[Any]) -> Iterator[str]:
    """A step that nobody reads, though another of its entity is read, was forgotten in a list of steps."""
    models = [node for node in nodes if node.resource_type == "model"]
    entities: dict[str, list[Any]] = {}
    for node in models:
        step, _, entity = node.name.partition("_")
        if step in STEPS and node.fqn[1] == "silver":
            entities.setdefault(entity, []).append(node)
    for entity, steps in entities.items():
        own = {node.unique_id for node in steps}
        read = {parent for node in models for parent in node.depends_on.nodes if parent in own}
        outside = {
            parent
            for node in models
            if entity not in node.name
            for parent in node.depends_on.nodes
            if parent in own
        }
        last = max(steps, key=lambda node: STEPS.index(node.name.partition("_")[0]))
        for node in steps:
            if node.unique_id not in read and (node is not last or outside):
                yield f"{_file(node)}: {node.name} is read by no model: is it missing in a list of steps?"


def _file(node: Any) -> Path:
    return Path("dbt") / node.original_file_path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
