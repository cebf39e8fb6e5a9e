"""The query language `q` (GS CIM 009, 4.9): parsed into a predicate over entities.

`;` is and, `|` is or, brackets group. `speed>50`, `name=="Rua"`, `status==open,late`, `level==2..4`, `name~=^Rua`,
`speed.quality==0` (sub-attribute), `address[city]==Macau` (inside a value), `refJunction` (has it).
"""

import math
import re
from collections.abc import Callable
from typing import Any

from guia.core.clock import instant
from guia.core.entity import Entity
from guia.core.errors import InvalidInput
from guia.ngsild.parse import VALUE_OF
from guia.ngsild.pattern import pattern

Test = Callable[[Entity], bool]
LONGEST = 2000
DEEPEST = 40
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.)*") | (?P<op>==|!=|>=|<=|!~=|~=|>|<) | (?P<mark>[;|(),]|\.\.) | (?P<word>[^;|(),"=<>!~\s]+)
    )""",
    re.VERBOSE,
)
_PATH = re.compile(r"(?P<names>[^\[\]]+)(?:\[(?P<inside>[^\[\]]+)\])?")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


def wrong(detail: str) -> InvalidInput:
    """The error of a query that does not parse."""
    return InvalidInput(detail, place="query q", remedy='write it like speed>50;name=="Rua do Campo"')


def compile_q(text: str, rename: Callable[[str], str] = str) -> Test:
    """The predicate of `text`; `rename` turns attribute names into the hub's. InvalidInput if it does not parse."""
    if len(text) > LONGEST:
        raise wrong("the query is too long")
    parser = _Parser(text, rename)
    test = parser.either()
    if parser.tokens:
        raise wrong(f"{parser.tokens[0][1]!r} was not expected")
    return test


class _Parser:
    """Recursive descent: or, and, bracket or comparison."""

    def __init__(self, text: str, rename: Callable[[str], str]) -> None:
        self.rename = rename
        self.tokens = _tokens(text)
        self.depth = 0

    def either(self) -> Test:
        tests = [self.both()]
        while self.take("|"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda e: any(t(e) for t in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.take(";"):
            tests.append(self.one())
        return tests[0] if len(tests) == 1 else lambda e: all(t(e) for t in tests)

    def one(self) -> Test:
        if self.take("("):
            self.depth += 1
            if self.depth > DEEPEST:
                raise wrong("brackets are nested too deeply")
            test = self.either()
            if not self.take(")"):
                raise wrong("a bracket is not closed")
            self.depth -= 1
            return test
        read = _path(self.next("word", "an attribute's name"), self.rename)
        if not self.tokens or self.tokens[0][0] != "op":
            return lambda e: bool(read(e))
        op = self.tokens.pop(0)[1]
        if op in ("~=", "!~="):
            return _like(read, self.next_value(), negated=op == "!~=")
        return _comparison(read, op, self.values())

    def values(self) -> list[Any]:
        """What is compared with: one value, a list, or ranges as pairs."""
        found = [self.value_or_range()]
        while self.take(","):
            found.append(self.value_or_range())
        return found

    def value_or_range(self) -> Any:
        low = self.next_value()
        return (low, self.next_value()) if self.take("..") else low

    def next_value(self) -> Any:
        if not self.tokens or self.tokens[0][0] not in ("text", "word"):
            raise wrong("a value is missing")
        kind, text = self.tokens.pop(0)
        return _unquoted(text) if kind == "text" else _literal(text)

    def next(self, kind: str, what: str) -> str:
        if not self.tokens or self.tokens[0][0] != kind:
            raise wrong(f"{what} is missing")
        return self.tokens.pop(0)[1]

    def take(self, mark: str) -> bool:
        if self.tokens and self.tokens[0] == ("mark", mark):
            self.tokens.pop(0)
            return True
        return False


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise wrong(f"{text[at : at + 20]!r} is not understood")
        kind, token = match.lastgroup, match[match.lastgroup]
        at = match.end()
        low, dots, high = token.partition("..") if kind == "word" else (token, "", "")
        if dots and low and high:
            found += [("word", low), ("mark", ".."), ("word", high)]
        else:
            found.append((kind, token))
    return found


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _literal(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _path(text: str, rename: Callable[[str], str]) -> Callable[[Entity], list[Any]]:
    """Reads the values that a path means; an empty list where the entity has no such attribute."""
    match = _PATH.fullmatch(text)
    if match is None:
        raise wrong(f"{text!r} is no path to an attribute")
    whole = match["names"]
    names = [whole] if "://" in whole else whole.split(".")
    inside = match["inside"].split(".") if match["inside"] else []
    if not all(names) or not all(inside):
        raise wrong(f"{text!r} is no path to an attribute")
    names = [rename(name) for name in names]

    def read(entity: Entity) -> list[Any]:
        found = _instances(entity.attributes.get(names[0]))
        for name in names[1:]:
            found = [sub for one in found for sub in _members(one, name)]
        values = [_value(one) for one in found]
        for key in inside:
            values = [v[key] for v in values if isinstance(v, dict) and key in v]
        return [v for v in values if v is not None]

    return read


def _instances(attribute: Any) -> list[Any]:
    if attribute is None:
        return []
    return attribute if isinstance(attribute, list) else [attribute]


def _members(one: Any, name: str) -> list[Any]:
    if not isinstance(one, dict) or name not in one:
        return []
    return _instances(one[name])


def _value(one: Any) -> Any:
    if isinstance(one, dict) and "type" in one:
        return one.get(VALUE_OF.get(one["type"], "value"))
    return one


def _like(read: Callable[[Entity], list[Any]], wanted: Any, *, negated: bool) -> Test:
    search = pattern(str(wanted), "query q")

    def test(entity: Entity) -> bool:
        texts = [t for v in read(entity) for t in _flat(v) if isinstance(t, str)]
        return bool(texts) and any(search(t) for t in texts) is not negated

    return test


def _comparison(read: Callable[[Entity], list[Any]], op: str, wanted: list[Any]) -> Test:
    if op not in ("==", "!=") and (len(wanted) > 1 or isinstance(wanted[0], tuple)):
        raise wrong(f"{op} compares with one value")
    compare = _OPERATORS["==" if op == "!=" else op]

    def holds(value: Any) -> bool:
        return any(
            _both(value, w[0], _OPERATORS[">="]) and _both(value, w[1], _OPERATORS["<="])
            if isinstance(w, tuple)
            else _both(value, w, compare)
            for w in wanted
        )

    def test(entity: Entity) -> bool:
        values = [item for v in read(entity) for item in _flat(v)]
        return bool(values) and any(holds(v) for v in values) is not (op == "!=")

    return test


def _flat(value: Any) -> list[Any]:
    """A list means any of its items, a language map any of its texts."""
    if isinstance(value, list):
        return value
    return list(value.values()) if isinstance(value, dict) and "type" not in value else [value]


def _both(value: Any, wanted: Any, compare: Callable[[Any, Any], bool]) -> bool:
    """Compare like with like: numbers as numbers, instants as instants, text as text."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return isinstance(value, bool) and isinstance(wanted, bool) and compare(value, wanted)
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return compare(value, wanted)
    if isinstance(value, str):
        try:
            return compare(instant(value), instant(str(wanted)))
        except ValueError:
            return compare(value, _text(wanted))
    return False


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
