"""What sqlglot reads as T-SQL though SQL Server refuses it."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.tokenizer_core import TokenType

#: Functions of SQL Server that models may call, and types with a length; `greatest` is none before 2022.
CALLED = frozenset(
    {
        *("cast", "coalesce", "concat", "exists", "left", "len", "lower", "nullif", "replace", "right"),
        *("substring", "switchoffset", "trim", "try_cast", "upper"),
        *("dateadd", "datediff", "datefromparts", "day", "month", "year"),
        *("abs", "avg", "ceiling", "count", "floor", "max", "min", "round", "string_agg", "sum"),
        *("lag", "lead", "row_number"),
        *("datetime2", "decimal", "nvarchar"),
    }
)
#: What follows an aggregate and has brackets as a call has them.
CLAUSES = frozenset({"filter", "group"})
#: Nodes that sqlglot knows from other databases, and what to write.
REFUSED: dict[type[exp.Expr], tuple[str, str]] = {
    exp.Boolean: ("true or false", "1 or 0"),
    exp.Filter: ("filter (where …)", "sum(case when … then 1 else 0 end)"),
    exp.ILike: ("ilike", "like on lower(…)"),
    exp.Qualify: ("qualify", "row_number() in a step and a condition in the next"),
}
BOOLEAN = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Escape)
CONDITIONED = (exp.Where, exp.Having, exp.Filter, exp.Qualify, exp.Connector, exp.Not, exp.Escape)


def refused(statement: exp.Expr, sql: str) -> Iterator[str]:
    """Say of each thing SQL Server refuses what it is and what to write instead."""
    for node in statement.walk():
        if told := REFUSED.get(type(node)):
            yield f"T-SQL has no {told[0]}: write {told[1]}"
        elif isinstance(node, BOOLEAN) and not _decides(node):
            yield f"`{_shown(node)}` is no value in T-SQL: write case when … then 1 else 0 end"
        elif isinstance(node, exp.Order) and _is_unbounded(node.parent):
            yield f"`{_shown(node)}` without top or offset, which a view or a step may not have: leave it out"
        elif isinstance(node, exp.GroupConcat) and isinstance(node.this, exp.Distinct):
            yield "T-SQL has no string_agg(distinct …): make the rows distinct in a step before"
        if (condition := _condition(node)) is not None and not isinstance(condition.unnest(), BOOLEAN):
            yield f"`{_shown(condition)}` is no condition in T-SQL: compare it with something"
    for name in sorted(_calls(sql) - CALLED - CLAUSES):
        yield (
            f"{name}() is no function that models use on SQL Server: "
            "call a macro of cross_db, or, if SQL Server has it, name it in tests/tsql.py"
        )


def _decides(node: exp.Expr) -> bool:
    """Whether a condition stands where one is asked for, and not where a value is."""
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    above = node.parent
    if isinstance(above, exp.If):
        return node is above.this and not _compares(above)
    return isinstance(above, CONDITIONED) or (isinstance(above, exp.Join) and node.arg_key == "on")


def _condition(node: exp.Expr) -> exp.Expr | None:
    """What a node takes for true or false."""
    if isinstance(node, (exp.Where, exp.Having)) or (isinstance(node, exp.If) and not _compares(node)):
        condition: exp.Expr = node.this
        return condition
    return node.args.get("on") if isinstance(node, exp.Join) else None


def _compares(branch: exp.If) -> bool:
    """Whether it is a `when` of `case x when 1`, which names a value."""
    return isinstance(branch.parent, exp.Case) and branch.parent.this is not None


def _is_unbounded(query: exp.Expr | None) -> bool:
    return isinstance(query, exp.Query) and not (query.args.get("limit") or query.args.get("offset"))


def _calls(sql: str) -> set[str]:
    """The functions of a query as they are written, for sqlglot keeps one name for all spellings."""
    tokens = sqlglot.tokenize(sql, dialect="tsql")
    before = [None, *(token.token_type for token in tokens)]
    return {
        token.text.lower()
        for last, token, following in zip(before, tokens, tokens[1:], strict=False)
        if following.token_type is TokenType.L_PAREN
        and token.token_type in TSQL.Parser.FUNC_TOKENS
        and last is not TokenType.ALIAS  # `as tens (digit)` names a table and its columns
    }


def _shown(node: exp.Expr) -> str:
    return node.sql(dialect="tsql", comments=False)[:80].strip()
