"""How domains offer abilities to each other through the city that runs them."""

from typing import Any, TypeVar, cast

from guia.core.errors import Unavailable

Ability = TypeVar("Ability")


def offer(city: Any, protocol: type[Any], ability: object) -> None:
    """Offer an ability to the city's other domains; a city that keeps no abilities (a bare hub) goes without."""
    if hasattr(city, "provide"):
        city.provide(protocol, ability)


def need(city: Any, protocol: type[Ability]) -> Ability:
    """The city's implementation of an ability; Unavailable if nothing offers it."""
    if not hasattr(city, "need"):
        raise Unavailable(f"this city offers no {protocol.__name__}", remedy="run it with `guia up`")
    return cast("Ability", city.need(protocol))
