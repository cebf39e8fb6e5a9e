"""`/docs`: the API described for people, from the OpenAPI schema, without a script or an outside request."""

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin

STYLE = """
:root{color-scheme:light dark;--paper:#FAF8F3;--panel:#fff;--ink:#1B2430;--muted:#5B6673;--link:#1F4E8C;--line:#DCD7CB}
@media(prefers-color-scheme:dark){:root{--paper:#0D141D;--panel:#141E2A;--ink:#E7ECF2;--muted:#93A1B1;
--link:#7FB0EC;--line:#263445}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 "Noto Sans",system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:32px 16px}h1{font-size:28px;margin:0}h2{font-size:20px;margin:32px 0 8px}
p{max-width:72ch}a{color:var(--link)}details{background:var(--panel);border:1px solid var(--line);border-radius:6px;
margin:4px 0;padding:8px 12px}summary{cursor:pointer;display:flex;gap:12px;align-items:baseline}
code,pre{font-family:ui-monospace,monospace;font-size:14px}pre{overflow:auto;margin:8px 0}
b.m{width:4.5rem;color:var(--link);font-size:12px;letter-spacing:.04em}.muted{color:var(--muted)}
table{border-collapse:collapse;width:100%;margin:8px 0}td,th{text-align:left;padding:4px 12px 4px 0;
border-bottom:1px solid var(--line);vertical-align:top;font-size:14px}
"""


class DocsPage(OpenAPIRenderPlugin):
    """Renders the schema as one page of plain HTML."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page."""
        return page(openapi_schema).encode()


def plugins() -> list[OpenAPIRenderPlugin]:
    """The page and the machine-readable schema beside it."""
    return [DocsPage(), JsonRenderPlugin(path="/openapi.json")]


def page(schema: dict[str, Any]) -> str:
    """HTML of an OpenAPI schema: operations by tag, with parameters, bodies and answers."""
    info = schema["info"]
    groups: dict[str, list[str]] = {}
    for path, item in sorted(schema.get("paths", {}).items()):
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                tag = (operation.get("tags") or ["other"])[0]
                groups.setdefault(tag, []).append(_operation(path, method, operation))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(ops)}" for tag, ops in sorted(groups.items()))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])}</title><style>{STYLE}</style><main><h1>{escape(info['title'])}</h1>"
        f"<p class=muted>version {escape(info['version'])} · <a href='/docs/openapi.json'>OpenAPI schema</a></p>"
        f"<p>{escape(info.get('description', ''))}</p>{body}{_shapes(schema)}</main></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code><td>{escape(p['in'])}"
        f"<td>{_type(p.get('schema', {}))}<td>{escape(p.get('description', ''))}"
        for p in operation.get("parameters", [])
    )
    table = f"<table><tr><th>parameter<th>in<th>type<th>meaning{rows}</table>" if rows else ""
    bodies = "".join(
        f"<tr><td><code>{escape(kind)}</code><td>{_type(content.get('schema', {}))}"
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
    )
    sent = f"<table><tr><th>body<th>type{bodies}</table>" if bodies else ""
    answers = "".join(
        f"<tr><td>{escape(status)}<td>{escape(r.get('description', ''))}<td>"
        + ", ".join(_type(c.get("schema", {})) for c in r.get("content", {}).values())
        for status, r in sorted(operation.get("responses", {}).items())
    )
    said = escape(operation.get("description", ""))
    return (
        f"<details><summary><b class=m>{method.upper()}</b><code>{escape(path)}</code>"
        f"<span class=muted>{escape(operation.get('summary', ''))}</span></summary><p>{said}</p>"
        f"{table}{sent}<table><tr><th>status<th>meaning<th>answer{answers}</table></details>"
    )


def _shapes(schema: dict[str, Any]) -> str:
    shapes = schema.get("components", {}).get("schemas", {})
    rows = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        f"<p>{escape(shape.get('description', ''))}</p><table>"
        + "".join(
            f"<tr><td><code>{escape(field)}</code><td>{_type(of)}<td>{escape(of.get('description', ''))}"
            for field, of in shape.get("properties", {}).items()
        )
        + "</table></details>"
        for name, shape in sorted(shapes.items())
    )
    return f"<h2>Shapes</h2>{rows}" if rows else ""


def _type(schema: dict[str, Any]) -> str:
    """A type in words, with a link where it is one of the shapes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<a href='#{escape(name)}'>{escape(name)}</a>"
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return " or ".join(_type(s) for s in schema[choice])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    return escape(" or ".join(kind) if isinstance(kind, list) else str(kind))
