"""The models on offer: kept in memory and in the database, refreshed in the background, waited for by no page."""

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final, Protocol

from webapp.background import background
from webapp.catalog.allowed import AllowedModels, NotAllowedError
from webapp.catalog.models import Model, read_model
from webapp.catalog.store import ModelStore
from webapp.db.outages import AwayError
from webapp.services.errors import OpenRouterError
from webapp.web.refusals import ForbiddenError, InvalidError, UnavailableError

logger = logging.getLogger(__name__)

REFRESH_INTERVAL: Final = 3600.0
FIRST_REFRESH_DELAY: Final = 2.0  # where there is a list of the last time: the first pages go before
SPREAD: Final = 3.0  # at most so much later, so that several processes come one after another
NEW_FOR: Final = timedelta(minutes=5)  # a list that another process has read is as good as one's own
RETRY_INTERVAL: Final = 30.0  # after a list that could not be had
LOOK_UP_TIMEOUT: Final = 3.0
FIRST_LIST_PATIENCE: Final = 5.0  # for the first list of all, where a request cannot do without it
MAX_MODELS: Final = 5_000
MAX_ID: Final = 200
MAX_ALIASES: Final = 5_000
# It becomes part of an address: no step of it leads upwards.
_MODEL_ID = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.~@:+-]+(?:/[\w.~@:+-]+)*")
FALLBACK_MODEL: Final = "openrouter/auto"  # OpenRouter's own choice, which is always there
NO_LIST_INTERVAL: Final = 600.0  # after the answer that the server does not list its models
NONE_ALLOWED: Final = "No model may be used here. An administrator can allow some."
_NO_MODEL: Final = "{}, and no model is set. Send again in {}. If this goes on, the operator sets DEFAULT_MODEL."
_NOT_YET: Final = "The list of models has not come yet"
_LACKING: Final = "{} So there is no list of models"


_NO_LIST: Final = (
    "The model server does not list its models, so people choose from those that DEFAULT_MODEL and ALLOWED_MODELS name."
)


class EmptyListError(ValueError):
    """A list came, and has no models: a server that still loads its own has such, and it's soon asked for again."""

    for_log: Final = "The model server's list is empty. People choose from the models that the settings name."

    def __init__(self) -> None:
        super().__init__(self.for_log)


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
        fallback_model: str = FALLBACK_MODEL,
        allowed: Callable[[], AllowedModels] = AllowedModels,
    ) -> None:
        """`allowed` tells which models may be used at the moment; nobody gets another here.

        `fallback_model` is one that the source has even if it does not list any; "" for none.
        """
        self._store = store
        self._source = source
        self._default_model = default_model
        self._fallback_model = fallback_model
        self._allowed = allowed
        self._has_asked = asyncio.Event()  # for the first list: it has come, or cannot be had
        self._has_asked.set()
        self._complaint = ""
        self._lack = ""  # why there is no list, once that is known
        self._models: dict[str, Model] = {}
        self._by_alias: dict[str, Model] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Has the list of the last time at once, and keeps it fresh while the block runs."""
        self._take(await self._store.load())
        if not self._models:
            self._has_asked.clear()
        async with background(self._keep_fresh(), name="catalog"):
            yield

    @property
    def models(self) -> Sequence[Model]:
        """The models that may be used, in OpenRouter's order; where there is no list, those that the settings name."""
        allowed = self._allowed()
        listed = self._models.values() or [Model(name, name) for name in self._named()]
        return tuple(model for model in listed if allowed.covers(model.id))

    @property
    def all_models(self) -> Sequence[Model]:
        """Those too that may not be used here, for whoever allows them."""
        return tuple(self._models.values())

    @property
    def has_prices(self) -> bool:
        """Whether any model has a price, as almost all at OpenRouter have."""
        return any(model.prompt_price is not None for model in self._models.values())

    def find(self, model_id: str) -> Model | None:
        """The model of that id, or of that dated or other name."""
        return self._models.get(model_id) or self._by_alias.get(model_id)

    def default(self, last_used: str = "") -> str:
        """The model that a new conversation starts with: the one set, else the last used if it is still on offer.

        Else the first listed. "" if no model is known yet.
        """
        if self._default_model and self.allows(self._default_model):
            return self._default_model
        if last_used and (self.find(last_used) or not self._models) and self.allows(last_used):
            return last_used
        if self.models:
            return self.models[0].id
        return self._fallback_model if self._models or self.allows(self._fallback_model) else ""

    async def choose(self, model_id: str = "", last_used: str = "") -> str:
        """`model_id`, checked as `require` does, or else the default, for which the first list is waited for.

        Raises as `require` does, UnavailableError where no model is known, and ForbiddenError where none may be used.
        """
        if not model_id:
            await self.wait_for_list()
            model_id = self.default(last_used)
        if not model_id:
            raise ForbiddenError(NONE_ALLOWED) if self._models else UnavailableError(self._no_model(), retry_after=5)
        return await self.require(model_id)

    async def wait_for_list(self) -> None:
        """Returns when there is a list, or the first one cannot be had, or takes too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LIST_PATIENCE):
                await self._has_asked.wait()

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

        OpenRouter is asked about one that the list does not have. Where it cannot be asked or has no list, or the
        settings name the model, the call will tell. Raises InvalidError if there is none, NotAllowedError if it may
        not be used.
        """
        await self._check_exists(model_id)
        self.check_allowed(model_id)
        return model_id

    async def refresh(self) -> None:
        """Reads the list again, and keeps it. It's used at once, also where the database can't keep it.

        Raises OpenRouterError or EmptyListError, and keeps the old list, when it can't be had.
        """
        entries: Sequence[Mapping[str, Any]] = (await self._source.models())[:MAX_MODELS]
        models = [model for entry in entries if (model := read_model(entry)) is not None]
        unique = list({model.id: model for model in models}.values())
        if not unique:
            raise EmptyListError
        self._take(unique)
        await self._store.replace(unique)

    async def _check_exists(self, model_id: str) -> None:
        if self.find(model_id) or model_id.partition(":")[0] in self._models:
            return
        if not _MODEL_ID.fullmatch(model_id) or len(model_id) > MAX_ID:
            raise InvalidError(f"There is no model {model_id[:100]!r}. Choose one from the list.")
        await self.wait_for_list()
        if not self._models or self.find(model_id) or model_id in self._named():
            return
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

    def _named(self) -> Sequence[str]:
        """The models that the settings name one by one."""
        entries = sorted(entry for entry in self._allowed().entries or () if not entry.endswith("/*"))
        return list(dict.fromkeys([self._default_model, *entries] if self._default_model else entries))

    def _no_model(self) -> str:
        """Why no model is known, for who sends a question."""
        if self._lack:
            return _NO_MODEL.format(_LACKING.format(self._lack), "a minute")
        return _NO_MODEL.format(_NOT_YET, "a few seconds")

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
            delay = await self._refresh_or_complain()
            self._has_asked.set()
            await asyncio.sleep(delay)

    async def _refresh_or_complain(self) -> float:
        """Seconds until the next refresh. What stays wrong in the same way is logged once."""
        try:
            await self._refresh_once_for_all()
        except AwayError:  # which the database has logged; the list is used all the same
            return RETRY_INTERVAL
        except Exception as error:  # whatever it was, the old list is still good
            self._lack = _lack_of(error)
            lacks_list = isinstance(error, OpenRouterError) and error.code == "not_offered"
            complaint = _NO_LIST if lacks_list else f"{type(error).__name__}: {error}"
            if complaint != self._complaint:
                self._complain(error, lacks_list=lacks_list)
            self._complaint = complaint
            return NO_LIST_INTERVAL if lacks_list else RETRY_INTERVAL
        self._complaint = ""
        return REFRESH_INTERVAL + self._spread()

    def _complain(self, error: Exception, *, lacks_list: bool) -> None:
        if lacks_list:
            logger.warning(_NO_LIST)
        else:
            logger.warning("The list of models could not be refreshed: %s", error)


def _lack_of(error: Exception) -> str:
    """Why there is no list, in a sentence."""
    match error:
        case OpenRouterError(code="not_offered"):
            return "The model server does not list its models."
        case OpenRouterError():
            return error.reason
        case EmptyListError():
            return "The model server's list is empty."
        case _:
            return "The model server's list could not be read."
