"""A function has at most 60 lines, its docstring included; functions inside it count for themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

from guia.checks.finding import Finding, python_files

MOST_LINES = 60
Function = ast.FunctionDef | ast.AsyncFunctionDef


def check(root: Path) -> Iterator[Finding]:
    """Functions that are longer."""
    for file in python_files(root, "src", "tests", "scripts"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, Function) and (lines := own_lines(node)) > MOST_LINES:
                message = f"{node.name} has {lines} lines, more than {MOST_LINES}"
                yield Finding(file, node.lineno, message, "give its steps names of their own")


def own_lines(function: Function) -> int:
    """Lines from `def` to the end, without those of the functions inside it."""
    inner: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, Function) and node is not function:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            inner.update(range(first, last_line(node) + 1))
    return last_line(function) - function.lineno + 1 - len(inner)


def last_line(function: Function) -> int:
    """Line of the function's end."""
    return function.end_lineno or function.lineno
