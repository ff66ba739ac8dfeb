"""The models on offer: kept in memory and in the database, refreshed in the background, waited for by no page."""

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final, Protocol

from webapp.catalog.allowed import AllowedModels, NotAllowedError
from webapp.catalog.models import Model, read_model
from webapp.catalog.store import ModelStore
from webapp.db.outages import AwayError
from webapp.services.errors import OpenRouterError
from webapp.web.refusals import InvalidError

logger = logging.getLogger(__name__)

REFRESH_INTERVAL: Final = 3600.0
FIRST_REFRESH_DELAY: Final = 2.0  # where there is a list of the last time: the first pages go before
SPREAD: Final = 3.0  # at most so much later, so that several processes come one after another
NEW_FOR: Final = timedelta(minutes=5)  # a list that another process has read is as good as one's own
RETRY_INTERVAL: Final = 30.0  # after a list that could not be had
LOOK_UP_TIMEOUT: Final = 3.0
MAX_MODELS: Final = 5_000
MAX_ID: Final = 200
MAX_ALIASES: Final = 5_000
# It becomes part of an address: no step of it leads upwards.
_MODEL_ID = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.~@:+-]+(?:/[\w.~@:+-]+)*")
FALLBACK_MODEL: Final = "openrouter/auto"  # OpenRouter's own choice, which is always there


class ModelSource(Protocol):
    """Whoever offers models."""

    async def models(self) -> list[dict[str, Any]]: ...

    async def model(self, model_id: str) -> Mapping[str, Any] | None: ...


class Catalog:
    def __init__(
        self,
        store: ModelStore,
        source: ModelSource,
        *,
        default_model: str = "",
        allowed: Callable[[], AllowedModels] = AllowedModels,
    ) -> None:
        """`allowed` tells which models may be used at the moment; nobody gets another here."""
        self._store = store
        self._source = source
        self._default_model = default_model
        self._allowed = allowed
        self._models: dict[str, Model] = {}
        self._by_alias: dict[str, Model] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Has the list of the last time at once, and keeps it fresh while the block runs."""
        self._take(await self._store.load())
        refresher = asyncio.create_task(self._keep_fresh(), name="catalog")
        try:
            yield
        finally:
            refresher.cancel()
            with suppress(asyncio.CancelledError):
                await refresher

    @property
    def models(self) -> Sequence[Model]:
        """The models that may be used, in OpenRouter's order; none before the first list has come."""
        allowed = self._allowed()
        return tuple(model for model in self._models.values() if allowed.covers(model.id))

    @property
    def all_models(self) -> Sequence[Model]:
        """Those too that may not be used here, for whoever allows them."""
        return tuple(self._models.values())

    def find(self, model_id: str) -> Model | None:
        """The model of that id, or of that dated or other name."""
        return self._models.get(model_id) or self._by_alias.get(model_id)

    def default(self, last_used: str = "") -> str:
        """The model that a new conversation starts with: the one set, else the last used if it is still on offer.

        Else the first listed.
        """
        if self._default_model and self.allows(self._default_model):
            return self._default_model
        if last_used and (self.find(last_used) or not self._models) and self.allows(last_used):
            return last_used
        return next((model.id for model in self.models), FALLBACK_MODEL)

    def allows(self, model_id: str) -> bool:
        """Whether a model may be used here, by whatever name."""
        allowed, model = self._allowed(), self.find(model_id)
        return allowed.covers(model_id) or (model is not None and allowed.covers(model.id))

    def check_allowed(self, model_id: str) -> None:
        """Raises NotAllowedError for a model that may not be used here, or not any more."""
        if not self.allows(model_id):
            raise NotAllowedError(model_id)

    async def require(self, model_id: str) -> str:
        """Returns `model_id` if there is such a model and it may be used.

        OpenRouter is asked about one that the list does not have; where it cannot be asked, the call will tell. Raises
        InvalidError if there is none, NotAllowedError if it may not be used.
        """
        await self._check_exists(model_id)
        self.check_allowed(model_id)
        return model_id

    async def refresh(self) -> None:
        """Reads the list anew, and keeps it. It's used at once, also where the database can't keep it.

        Raises OpenRouterError, and keeps the old list, when it cannot be had.
        """
        entries = (await self._source.models())[:MAX_MODELS]
        models = [model for entry in entries if (model := read_model(entry)) is not None]
        unique = list({model.id: model for model in models}.values())
        self._take(unique)
        await self._store.replace(unique)

    async def _check_exists(self, model_id: str) -> None:
        if self.find(model_id) or model_id.partition(":")[0] in self._models:
            return
        if not _MODEL_ID.fullmatch(model_id) or len(model_id) > MAX_ID:
            raise InvalidError(f"There is no model {model_id[:100]!r}. Choose one from the list.")
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT):
                entry = await self._source.model(model_id)
        except (OpenRouterError, TimeoutError):
            return
        if entry is None:
            raise InvalidError(f"There is no model {model_id[:100]!r}. Choose one from the list.")
        model = read_model(entry)
        if model is not None and len(self._by_alias) < MAX_ALIASES:
            self._by_alias[model_id] = self._models.setdefault(model.id, model)

    async def _refresh_once_for_all(self) -> None:
        """One process after another comes to it: the first reads the list, and the others take that."""
        new = await self._store.load_new(NEW_FOR)
        if new:
            self._take(new)
        else:
            await self.refresh()

    def _spread(self) -> float:
        return random.uniform(0, SPREAD) if self._store.has_others else 0.0  # noqa: S311  # spreads processes in time, guards nothing

    def _take(self, models: Sequence[Model]) -> None:
        self._models = {model.id: model for model in models}
        self._by_alias = {one.canonical_slug: one for one in models if one.canonical_slug and ":" not in one.id}

    async def _keep_fresh(self) -> None:
        if self._models:
            await asyncio.sleep(FIRST_REFRESH_DELAY + self._spread())
        while True:
            try:
                await self._refresh_once_for_all()
                delay = REFRESH_INTERVAL + self._spread()
            except AwayError:  # which the database has said itself; the list is used all the same
                delay = RETRY_INTERVAL
            except Exception as error:  # whatever it was, the old list is still good
                logger.warning("The list of models could not be refreshed: %s", error)
                delay = RETRY_INTERVAL
            await asyncio.sleep(delay)
