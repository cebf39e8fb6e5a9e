"""Regular expressions from strangers: matched by RE2 (in pyarrow), in time linear in the text whatever the pattern."""

from collections.abc import Callable

from guia.core.errors import InvalidInput

LONGEST = 200


def pattern(text: str, place: str) -> Callable[[str], bool]:
    """A test whether the pattern is found in a text; InvalidInput if it does not parse."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(text) > LONGEST:
        raise InvalidInput("the pattern is too long", place=place, remedy=f"use at most {LONGEST} characters")
    options = pc.MatchSubstringOptions(text)

    def found(candidate: str) -> bool:
        return bool(pc.call_function("match_substring_regex", [pa.scalar(candidate)], options).as_py())

    try:
        found("")
    except pa.ArrowInvalid as error:
        raise InvalidInput(
            f"the pattern does not parse: {error}", place=place, remedy="use RE2 syntax"
        ) from None
    return found
