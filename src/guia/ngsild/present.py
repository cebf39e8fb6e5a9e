"""Entities as answers: normalised, concise or simplified, with the caller's names, as JSON or GeoJSON."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from guia.core.clock import iso
from guia.core.entity import Entity
from guia.core.errors import InvalidInput
from guia.ngsild.contexts import Terms, shown
from guia.ngsild.parse import OWN, VALUE_OF, geometry_of

FORMATS = {
    "normalized": "normalized",
    "concise": "concise",
    "simplified": "simplified",
    "keyValues": "simplified",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How the caller wants entities."""

    context: Terms
    form: str = "normalized"
    attrs: Collection[str] = ()
    """Attributes to show, by the hub's names; all of them if empty."""
    system: bool = False
    """Show createdAt and modifiedAt."""
    language: str = ""
    """Show a LanguageProperty in this language alone."""
    dataset: str = ""
    """Show only instances with this datasetId (`@none`: those without)."""


def form(format_: str | None, options: str | None) -> str:
    """The form asked for by the parameters `format` or `options`; InvalidInput for one that there is not."""
    asked = [format_] if format_ else [o for o in (options or "").split(",") if o in FORMATS]
    if not asked:
        return "normalized"
    if asked[0] not in FORMATS:
        raise InvalidInput(
            f"there is no format {asked[0]!r}",
            place="query format",
            remedy="normalized, concise or simplified",
        )
    return FORMATS[asked[0]]


def present(entity: Entity, wish: Wish) -> dict[str, Any]:
    """An entity as JSON value, without its @context."""
    body: dict[str, Any] = {"id": entity.id, "type": shown(entity.type, wish.context)}
    if entity.scope:
        body["scope"] = entity.scope[0] if len(entity.scope) == 1 else list(entity.scope)
    if wish.system:
        body |= {"createdAt": iso(entity.created), "modifiedAt": iso(entity.modified)}
    for name, attribute in entity.attributes.items():
        if wish.attrs and name not in wish.attrs:
            continue
        instances = _chosen(attribute, wish.dataset)
        if instances:
            told = _simplified(instances, wish) if wish.form == "simplified" else _told(instances, wish)
            body[shown(name, wish.context)] = told
    return body


def feature(entity: Entity, wish: Wish, name: str = "location") -> dict[str, Any]:
    """An entity as GeoJSON Feature; `name` is the GeoProperty that gives the geometry."""
    body = present(entity, wish)
    entity_id = body.pop("id")
    return {
        "type": "Feature",
        "id": entity_id,
        "geometry": geometry_of(entity.attributes, name),
        "properties": body,
    }


def _chosen(attribute: Any, dataset: str) -> list[dict[str, Any]]:
    instances = attribute if isinstance(attribute, list) else [attribute]
    if not dataset:
        return instances
    wanted = None if dataset == "@none" else dataset
    return [i for i in instances if i.get("datasetId") == wanted]


def _told(instances: list[dict[str, Any]], wish: Wish) -> Any:
    told = [_instance(i, wish) for i in instances]
    return told[0] if len(told) == 1 else told


def _instance(one: dict[str, Any], wish: Wish) -> Any:
    """One instance, its sub-attributes too; a concise one without what its members tell anyway."""
    body = {}
    for name, value in one.items():
        if name in OWN:
            body[name] = value
        else:
            body[shown(name, wish.context)] = _told(value if isinstance(value, list) else [value], wish)
    if wish.language and one["type"] == "LanguageProperty":
        body = {k: v for k, v in body.items() if k != "languageMap"}
        chosen = _spoken(one["languageMap"], wish.language)
        body |= {"type": "Property", "value": one["languageMap"].get(chosen, ""), "lang": chosen}
    if wish.form != "concise":
        return body
    kind = body.pop("type")
    only_value = len(body) == 1 and "value" in body
    is_structured = isinstance(body.get("value"), dict)
    if only_value and (kind == "GeoProperty" or not is_structured):
        return body["value"]
    return body


def _simplified(instances: list[dict[str, Any]], wish: Wish) -> Any:
    if len(instances) == 1 and "datasetId" not in instances[0]:
        return _value(instances[0], wish)
    return {"dataset": {i.get("datasetId", "@none"): _value(i, wish) for i in instances}}


def _value(one: dict[str, Any], wish: Wish) -> Any:
    kind = one["type"]
    content = one[VALUE_OF[kind]]
    if kind == "LanguageProperty":
        if wish.language:
            return content.get(_spoken(content, wish.language), "")
        return {"languageMap": content}
    if kind == "VocabProperty":
        return {"vocab": content}
    return {"json": content} if kind == "JsonProperty" else content


def _spoken(texts: dict[str, Any], language: str) -> str:
    """The language asked for, else `@none`, else English, else whichever there is."""
    order = (language, language.partition("-")[0], "@none", "en")
    return next((k for k in order if k in texts), next(iter(texts), ""))
