"""The description of the JSON API at /schema, made to say what the API does.

What Litestar knows nothing of: the limits and examples of fields that msgspec knows, bodies that may be left out, and
that no refusal is in a form of Litestar's own.
"""

from collections.abc import Iterable
from functools import cache
from inspect import cleandoc
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.types import Method

from webapp.web.errors import Problem


def operation_id(handler: HTTPRouteHandler, _method: Method, _path: object) -> str:
    """The name of an operation, from which programs make that of a function: `list_models`."""
    return handler.handler_name.removeprefix("api_")


def _name_of(handler: HTTPRouteHandler) -> str:
    return handler.operation_id if isinstance(handler.operation_id, str) else operation_id(handler, "GET", "")


class ApiJson(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _described(request.app, openapi_schema))


class ApiYaml(YamlRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _described(request.app, openapi_schema))


def _described(app: Litestar, schema: dict[str, Any]) -> dict[str, Any]:
    handlers = {_name_of(handler): handler for handler in _handlers(app)}
    paths = {path: _item(item, handlers) for path, item in schema["paths"].items()}
    return {**schema, "paths": paths, "components": {**schema["components"], "schemas": _components(app)}}


def _item(item: dict[str, Any], handlers: dict[str, HTTPRouteHandler]) -> dict[str, Any]:
    return {method: _operation(told, handlers) if "operationId" in told else told for method, told in item.items()}


def _operation(told: dict[str, Any], handlers: dict[str, HTTPRouteHandler]) -> dict[str, Any]:
    handler = handlers[told["operationId"]]
    declared = handler.responses or {}
    responses = {
        status: answer for status, answer in told["responses"].items() if status[0] != "4" or int(status) in declared
    }
    told = {**told, "responses": responses}
    data = handler.parsed_data_field
    if data is not None and data.is_optional:
        told["requestBody"] = {**told["requestBody"], "required": False}
    return told


@cache
def _components(app: Litestar) -> dict[str, Any]:
    """All structs that the API takes or gives, as msgspec describes them."""
    kinds: set[Any] = {Problem}
    for handler in _handlers(app):
        kinds.add(handler.parsed_fn_signature.return_type.annotation)
        if handler.parsed_data_field is not None:
            kinds.add(handler.parsed_data_field.annotation)
    kinds = {kind for kind in kinds if _is_described(kind)}
    described = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")[1]
    return {name: {**told, **_cleaned(told)} for name, told in sorted(described.items())}


def _cleaned(told: dict[str, Any]) -> dict[str, Any]:
    return {"description": cleandoc(told["description"])} if "description" in told else {}


def _is_described(kind: Any) -> bool:
    try:
        msgspec.json.schema(kind)
    except TypeError:
        return False
    return True


def _handlers(app: Litestar) -> Iterable[HTTPRouteHandler]:
    """Those of the JSON API."""
    found = {handler for route in app.routes for handler in getattr(route, "route_handlers", ())}
    return (handler for handler in found if isinstance(handler, HTTPRouteHandler) and handler.opt.get("api"))
