"""The models on offer, for the JSON API."""

from decimal import Decimal

from litestar import Router, get
from litestar.di import NamedDependency
from msgspec import Struct

from webapp.catalog.catalog import Catalog
from webapp.web.errors import problems


class ListedModel(Struct, frozen=True):
    """A model. Prices are US dollars per token, null where they vary or are not known."""

    id: str
    name: str
    description: str
    context_length: int | None
    prompt_price: Decimal | None
    completion_price: Decimal | None


@get("/models", summary="List the models on offer", tags=["Models"], opt={"api": True}, responses=problems())
async def api_list_models(catalog: NamedDependency[Catalog]) -> list[ListedModel]:
    await catalog.wait_for_list()
    return [
        ListedModel(one.id, one.name, one.description, one.context_length, one.prompt_price, one.completion_price)
        for one in catalog.models
    ]


catalog_router = Router("/", route_handlers=[api_list_models])
