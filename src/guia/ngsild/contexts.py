"""@context: what short names mean. Compiled once into a term table; no JSON-LD processor on the way of a request.

A subset of JSON-LD 1.1 term definitions: terms, prefixes, `@id`, keyword aliases, null. The core context comes
last and wins, as GS CIM 009 (5.2.2) demands, so `@vocab` is always its default context.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from guia.core.errors import InvalidInput
from guia.ngsild.core_context import CORE_URL, CORE_URLS, VOCAB, terms
from guia.ngsild.problems import ContextNotAvailable

DEEPEST = 16
LARGEST = 10_000
Find = Callable[[str], Any]
"""Finds the document of a context's address, or None."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A compiled context."""

    iris: Mapping[str, str]
    """IRI of each term."""
    names: Mapping[str, str]
    """Shortest term of each IRI."""
    source: Any
    """The context as it is told back: an address, an object or a list of them."""

    def expand(self, name: str) -> str:
        """The IRI that `name` stands for."""
        iri = self.iris.get(name)
        if iri is not None:
            return iri
        prefix, colon, rest = name.partition(":")
        if not colon:
            return VOCAB + name
        return name if rest.startswith("//") or prefix not in self.iris else self.iris[prefix] + rest

    def compact(self, iri: str) -> str:
        """The shortest name that `expand` takes back to `iri`."""
        name = self.names.get(iri)
        if name is not None:
            return name
        short = iri.removeprefix(VOCAB)
        return short if short != iri and ":" not in short and short not in self.iris else iri


@cache
def core() -> Terms:
    """The core context."""
    return _table(terms(), CORE_URL)


def compiled(context: Any, find: Find) -> Terms:
    """Terms of an @context as sent: an address, an object, or a list of both.

    InvalidInput if it is malformed; ContextNotAvailable for an address that `find` does not know.
    """
    if context is None or (isinstance(context, str) and context in CORE_URLS):
        return core()
    found: dict[str, str] = {}
    _read(context, found, find, 0)
    return _table({**found, **terms()}, _with_core(context))


def stored(name: str, context: Terms) -> str:
    """The name under which the hub keeps what `context` calls `name`: short in the default context, else its IRI."""
    return core().compact(context.expand(name))


def shown(name: str, context: Terms) -> str:
    """What `context` calls a name of the hub."""
    return context.compact(core().expand(name))


def _table(iris: dict[str, str], source: Any) -> Terms:
    names: dict[str, str] = {}
    for name in sorted(iris, key=lambda n: (len(n), n)):
        names.setdefault(iris[name], name)
    return Terms(iris, names, source)


def _read(context: Any, into: dict[str, str], find: Find, depth: int) -> None:
    if depth > DEEPEST or len(into) > LARGEST:
        raise InvalidInput("the @context is too deep or too large", place="@context")
    if isinstance(context, list):
        for part in context:
            _read(part, into, find, depth + 1)
    elif isinstance(context, str):
        if context in CORE_URLS:
            return
        document = find(context)
        if document is None:
            raise ContextNotAvailable(
                f"{context} is not at hand",
                place="@context",
                remedy="send the context itself, or host it here: POST /ngsi-ld/v1/jsonldContexts",
            )
        _read(document.get("@context") if isinstance(document, dict) else document, into, find, depth + 1)
    elif isinstance(context, dict):
        _define(context, into)
    elif context is not None:
        raise InvalidInput(
            f"an @context cannot be {context!r}",
            place="@context",
            remedy="send an address, an object or a list",
        )


def _define(context: dict[str, Any], into: dict[str, str]) -> None:
    """Enter the terms of one context object; those that build on others of it after them."""
    waiting: dict[str, str] = {}
    for term, definition in context.items():
        if term.startswith("@"):
            continue
        iri = definition.get("@id", term) if isinstance(definition, dict) else definition
        if iri is None:
            into.pop(term, None)
        elif isinstance(iri, str):
            waiting[term] = iri
        else:
            raise InvalidInput(f"term {term!r} has no IRI", place=f"@context {term}")
    for term, iri in waiting.items():
        into[term] = _resolve(iri, term, waiting, into)


def _resolve(iri: str, term: str, waiting: Mapping[str, str], known: Mapping[str, str]) -> str:
    seen = {term}
    while iri not in seen:
        seen.add(iri)
        if iri.startswith("@"):
            return iri
        prefix, colon, rest = iri.partition(":")
        if not colon:
            base = waiting.get(iri) or known.get(iri)
            if base is None:
                return VOCAB + iri
            iri = base
        elif not rest.startswith("//") and (prefix in waiting or prefix in known):
            if prefix in seen:
                break
            seen.add(prefix)
            iri = (waiting.get(prefix) or known[prefix]) + rest
        else:
            return iri
    raise InvalidInput(f"term {term!r} is defined by itself", place=f"@context {term}")


def _with_core(context: Any) -> Any:
    parts = context if isinstance(context, list) else [context]
    return [*(p for p in parts if not (isinstance(p, str) and p in CORE_URLS)), CORE_URL]
