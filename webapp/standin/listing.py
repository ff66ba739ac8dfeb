"""GET /models: the list, filtered and in pages."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from webapp.standin.catalog import MODELS, Model, invented
from webapp.standin.errors import ApiError
from webapp.standin.failures import failure_models
from webapp.standin.http import Request

_DEFAULT_LIMIT: Final = 500
_MOST: Final = 1000


class NextPage(Struct, frozen=True):
    next: str | None


class Page(Struct, frozen=True):
    """The envelope of the list."""

    data: list[Model]
    total_count: int
    links: NextPage


_SORTS: Final[Mapping[str, Callable[[Model], float]]] = {
    "newest": lambda model: -model.created,
    "context-high-to-low": lambda model: -(model.context_length or 0),
    "pricing-low-to-high": lambda model: float(model.pricing.prompt),
    "pricing-high-to-low": lambda model: -float(model.pricing.prompt),
}


def list_models(request: Request, scripts: Iterable[str], *, everything: bool) -> Page:
    """The models that the query asks for. ``everything``, or ``failures=1``, adds the failure models and scripts."""
    query = request.query
    models = list(MODELS)
    if everything or query.get("failures") == "1":
        models += failure_models()
        models += [invented(f"script/{name}", f"Script: {name}", "plays a test's script.") for name in scripts]
    models = [model for model in models if _matches(model, query)]
    if sort := _SORTS.get(query.get("sort", "")):
        models.sort(key=sort)
    return _page(models, request)


def _matches(model: Model, query: Mapping[str, str]) -> bool:
    words = query.get("q", "").lower()
    makes = query.get("output_modalities", "text")
    return (
        (words in model.id.lower() or words in model.name.lower())
        and _includes(query.get("supported_parameters", ""), model.supported_parameters)
        and _includes(query.get("input_modalities", ""), model.architecture.input_modalities)
        and _includes(makes if makes != "all" else "", model.architecture.output_modalities)
    )


def _includes(wanted: str, offered: list[str]) -> bool:
    return all(name.strip() in offered for name in wanted.split(",") if name.strip())


def _page(models: list[Model], request: Request) -> Page:
    """Everything, unless ``offset`` or ``limit`` is given."""
    query = request.query
    if "offset" not in query and "limit" not in query:
        return Page(models, len(models), NextPage(None))
    offset, limit = _number(query, "offset", 0), min(_number(query, "limit", _DEFAULT_LIMIT), _MOST)
    end = offset + limit
    more = f"{request.path}?offset={end}&limit={limit}" if end < len(models) else None
    return Page(models[offset:end], len(models), NextPage(more))


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    given = query.get(name) or str(default)
    if not given.isdecimal():
        raise ApiError(400, f"Invalid input at {name}: expected a number of 0 or more")
    return int(given)
