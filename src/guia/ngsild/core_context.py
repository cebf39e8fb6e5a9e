"""The core @context's terms, in a compact form of our own: what each short name means.

Written from the terms that GS CIM 009 defines; `@vocab` takes every other name into the default context.
"""

CORE_URL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
CORE_URLS = frozenset(
    (
        CORE_URL,
        "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
        *(f"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.{n}.jsonld" for n in range(3, 9)),
    )
)
"""Addresses under which the core context is known. Older versions are answered with this one's terms."""
NGSI_LD = "https://uri.etsi.org/ngsi-ld/"
VOCAB = NGSI_LD + "default-context/"
PREFIXES = {"ngsi-ld": NGSI_LD, "geojson": "https://purl.org/geojson/vocab#"}
KEYWORDS = {"id": "@id", "type": "@type"}

PLAIN = """
    Attribute Date DateTime Feature FeatureCollection GeoProperty JsonProperty LanguageProperty ListProperty
    ListRelationship Notification Property Relationship Subscription Time VocabProperty ContextSourceRegistration
    attributes attrs attributeNames attributeTypes count coordinates default-context details endpoint entity
    entities entityInfo entityTypes errors georel hasObject hasObjectList hasValue hasValues hasValueList
    hasLanguageMap hasVocab hasJSON information instanceId isActive lang lastN location mode name notification
    observationSpace operationSpace operations properties propertyNames q query reason relationships
    relationshipNames scope status subscriptionId success temporalQ throttling timeInterval timerel title
    typeList typeName unitCode uri value watchedAttributes
"""
"""Terms whose meaning is their own name under the NGSI-LD namespace."""
INSTANTS = "createdAt modifiedAt deletedAt observedAt expiresAt endAt startAt timeAt endTimeAt timestamp"
IDENTIFIERS = "datasetId object objectType subject"
RENAMED = {
    "value": "hasValue",
    "object": "hasObject",
    "languageMap": "hasLanguageMap",
    "vocab": "hasVocab",
    "json": "hasJSON",
    "valueList": "hasValueList",
    "objectList": "hasObjectList",
    "values": "hasValues",
    "objects": "hasObjects",
    "attributes": "hasAttributes",
}
"""Terms that mean something of another name."""
GEOJSON = """
    Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon Point Polygon
    bbox coordinates features geometry properties
"""


def terms() -> dict[str, str]:
    """IRI of each core term."""
    names = (*PLAIN.split(), *INSTANTS.split(), *IDENTIFIERS.split(), *RENAMED)
    found = {name: NGSI_LD + RENAMED.get(name, name) for name in names}
    found |= {name: PREFIXES["geojson"] + name for name in GEOJSON.split()}
    return found | PREFIXES | KEYWORDS | {"description": "http://purl.org/dc/terms/description"}
