"""Routes of entities: reading, writing, their attributes, batches."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, patch, post, put

from guia.core.clock import Clock
from guia.core.entity import Entity
from guia.core.errors import GuiaError, InvalidInput
from guia.core.hub import Hub
from guia.ngsild import asked, parse, reply
from guia.ngsild.contexts import Terms, shown, stored
from guia.ngsild.hosted import Hosted
from guia.ngsild.live import SeriesOf, live
from guia.ngsild.problems import problem
from guia.ngsild.provision import SOURCE, Provision, UpdateResult
from guia.ngsild.select import find

AnyRequest = Request[Any, Any, Any]
LARGEST_BATCH = 10_000


def reading(hub: Hub, series_of: SeriesOf, hosted: Hosted) -> list[Any]:
    """Retrieve one, query many, list types."""

    @get("/entities", sync_to_thread=True)
    def query(request: AnyRequest) -> Response[bytes]:
        """Entities by type, id, idPattern, attrs, q and georel; docs/ngsi-ld.md has the parameters."""
        context = asked.link_context(request, hosted.find)
        wanted, wish = asked.selection(request, context), asked.wish(request, context)
        entities, count, more = find(hub, series_of, wanted)
        return reply.many(request, entities, wish, reply.paging(request, wanted, count, more))

    @get("/entities/{entity_id:str}", sync_to_thread=True)
    def retrieve(entity_id: str, request: AnyRequest) -> Response[bytes]:
        """One entity as it is now."""
        asked.refuse(request.query_params)
        context = asked.link_context(request, hosted.find)
        entity = hub.entity(parse.identifier(entity_id, "id"))
        return reply.one(request, live(hub, series_of, [entity])[0], asked.wish(request, context))

    @get("/types", sync_to_thread=True)
    def types(request: AnyRequest) -> Response[bytes]:
        """The types of the entities that are here."""
        context = asked.link_context(request, hosted.find)
        kinds = sorted(shown(kind, context) for kind in hub.count_entities())
        body = {"id": "urn:ngsi-ld:EntityTypeList:guia", "type": "EntityTypeList", "typeList": kinds}
        return reply.told(body, context, reply.accepted(request))

    return [query, retrieve, types]


def writing(provision: Provision, clock: Clock, hosted: Hosted) -> list[Any]:
    """Create, replace, merge and delete entities, alone or in batches."""

    @post("/entities", status_code=201)
    async def create(request: AnyRequest) -> Response[None]:
        """Create an entity."""
        body, context = await asked.body(request, hosted.find)
        entity = parse.entity(body, context, clock.now(), SOURCE)
        await asyncio.to_thread(provision.create, entity)
        return Response(None, status_code=201, headers={"location": f"/ngsi-ld/v1/entities/{entity.id}"})

    @put("/entities/{entity_id:str}", status_code=204)
    async def replace(entity_id: str, request: AnyRequest) -> None:
        """Replace an entity."""
        body, context = await asked.body(request, hosted.find)
        if isinstance(body, dict):
            body = {"id": entity_id, **body}
        entity = parse.entity(body, context, clock.now(), SOURCE)
        await asyncio.to_thread(provision.replace, parse.identifier(entity_id, "id"), entity)

    @patch("/entities/{entity_id:str}", status_code=204)
    async def merge(entity_id: str, request: AnyRequest) -> None:
        """Merge into an entity; the NGSI-LD Null removes."""
        body, context = await asked.body(request, hosted.find)
        changes = parse.attributes(_object(body), context, nulls=True)
        await asyncio.to_thread(provision.merge, parse.identifier(entity_id, "id"), changes)

    @delete("/entities/{entity_id:str}", status_code=204)
    async def remove(entity_id: str) -> None:
        """Delete an entity."""
        await asyncio.to_thread(provision.delete, parse.identifier(entity_id, "id"))

    @post("/entityOperations/upsert", status_code=201)
    async def upsert(request: AnyRequest) -> Response[bytes | None]:
        """Create or replace many entities; with options=update attributes are added to those that exist."""
        body, context = await asked.body(request, hosted.find)
        entities, failed = _batch(body, context, hosted, clock.now())
        update = "update" in request.query_params.get("options", "").split(",")
        created, refused = await asyncio.to_thread(provision.upsert, entities, update=update)
        failed |= refused
        done = [e.id for e in entities if e.id not in refused]
        if not failed:
            return Response(
                msgspec.json.encode(created) if created else None, status_code=201 if created else 204
            )
        errors = [{"entityId": i, "error": p} for i, p in failed.items()]
        return Response(
            msgspec.json.encode({"success": done, "errors": errors}),
            status_code=207 if done else 400,
            media_type="application/json",
        )

    return [create, replace, merge, remove, upsert]


def attributes(provision: Provision, hosted: Hosted) -> list[Any]:
    """Append, update, replace and delete attributes."""

    @post("/entities/{entity_id:str}/attrs", status_code=207)
    async def append(entity_id: str, request: AnyRequest) -> Response[bytes | None]:
        """Add attributes to an entity; options=noOverwrite keeps those that are there."""
        body, context = await asked.body(request, hosted.find)
        found = parse.attributes(_object(body), context)
        overwrite = "noOverwrite" not in request.query_params.get("options", "")
        entity_id = parse.identifier(entity_id, "id")
        result = await asyncio.to_thread(provision.append, entity_id, found, overwrite=overwrite)
        return _result(result, context)

    @patch("/entities/{entity_id:str}/attrs", status_code=207)
    async def update(entity_id: str, request: AnyRequest) -> Response[bytes | None]:
        """Replace attributes that the entity has."""
        body, context = await asked.body(request, hosted.find)
        found = parse.attributes(_object(body), context)
        result = await asyncio.to_thread(provision.update, parse.identifier(entity_id, "id"), found)
        return _result(result, context)

    @patch("/entities/{entity_id:str}/attrs/{name:str}", status_code=204)
    async def partial(entity_id: str, name: str, request: AnyRequest) -> None:
        """Change members of an attribute."""
        await _change(entity_id, name, request, whole=False)

    @put("/entities/{entity_id:str}/attrs/{name:str}", status_code=204)
    async def replace(entity_id: str, name: str, request: AnyRequest) -> None:
        """Replace an attribute."""
        await _change(entity_id, name, request, whole=True)

    async def _change(entity_id: str, name: str, request: AnyRequest, *, whole: bool) -> None:
        body, context = await asked.body(request, hosted.find)
        entity_id, kept = parse.identifier(entity_id, "id"), stored(name, context)
        body = _object(body)
        if not whole:
            body = await asyncio.to_thread(provision.completed, entity_id, kept, body)
        change = parse.instance(body, name, context)
        await asyncio.to_thread(provision.partial, entity_id, kept, change, whole=whole)

    @delete("/entities/{entity_id:str}/attrs/{name:str}", status_code=204)
    async def remove(entity_id: str, name: str, request: AnyRequest) -> None:
        """Delete an attribute, its instance with `datasetId`, or with deleteAll=true all instances."""
        context = asked.link_context(request, hosted.find)
        await asyncio.to_thread(
            provision.delete_attribute,
            parse.identifier(entity_id, "id"),
            stored(name, context),
            request.query_params.get("datasetId"),
            all_instances=request.query_params.get("deleteAll") == "true",
        )

    return [append, update, partial, replace, remove]


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or not body:
        raise InvalidInput("the body is no JSON object, or an empty one", place="body")
    return {k: v for k, v in body.items() if k != "@context"}


def _batch(body: Any, context: Terms, hosted: Hosted, now: int) -> tuple[list[Entity], dict[str, Any]]:
    """Entities of a batch, and problems by id of those that cannot be read."""
    from guia.ngsild.contexts import compiled

    if not isinstance(body, list) or not body or len(body) > LARGEST_BATCH:
        raise InvalidInput(f"a batch is an array of 1 to {LARGEST_BATCH} entities", place="body")
    entities, failed = [], {}
    for row, item in enumerate(body):
        try:
            own = isinstance(item, dict) and "@context" in item
            entities.append(
                parse.entity(item, compiled(item["@context"], hosted.find) if own else context, now, SOURCE)
            )
        except GuiaError as error:
            name = item.get("id") if isinstance(item, dict) else None
            failed[name if isinstance(name, str) else f"urn:ngsi-ld:row:{row}"] = problem(error)
    return entities, failed


def _result(result: UpdateResult, context: Terms) -> Response[bytes | None]:
    """204 if all was written, else 207 with what was not."""
    if not result.notUpdated:
        return Response(None, status_code=204)
    body = {
        "updated": [shown(n, context) for n in result.updated],
        "notUpdated": [{**n, "attributeName": shown(n["attributeName"], context)} for n in result.notUpdated],
    }
    return Response(msgspec.json.encode(body), status_code=207, media_type="application/json")
