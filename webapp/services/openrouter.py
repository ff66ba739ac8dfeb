"""OpenRouter's API: four functions for a call or two, and under them a class for a server that makes many.

The functions read the settings anew each time and open a client of their own. ``OpenRouter`` shares one client between
all calls and gives typed events.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from webapp import config
from webapp.config import Settings
from webapp.services import listings, refusals
from webapp.services.answer import Answer, merged
from webapp.services.call import DEFAULT_CLOCK, DEFAULT_RETRIES, Call, Clock, Retries
from webapp.services.errors import OpenRouterError, StatusError, name_of
from webapp.services.events import Accepted, Finish, Reasoning, Retrying, StreamEvent, Text, Usage
from webapp.services.listings import Credits, Generation, KeyInfo
from webapp.services.sse import EventTooLargeError
from webapp.services.transport import (
    drain,
    headers_for,
    is_one_body,
    joined,
    open_client,
    opened,
    pieces_of,
    translated,
    whole_body,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

GENERATION_DELAYS: Final = (0.5, 1.0, 2.0, 4.0)  # a past answer becomes known with some delay

_ASK_FOR_USAGE: Final = {"stream_options": {"include_usage": True}}
_NOT_THERE: Final = (404, 405, 501)  # what a server answers at an address that it does not have
_ENDPOINTS: Final = frozenset({"/models", "/key", "/credits"})  # not there: the server has none of that
_NAME: Final = "X-Generation-Id"
_UNCOMPRESSED: Final = {"Accept-Encoding": "identity"}  # compression would hold tokens back


class Options(TypedDict, total=False):
    """Fields of a request beside messages and model (openrouter.ai/docs/api_reference/parameters). None is not sent."""

    temperature: float | None
    top_p: float | None
    top_k: int | None
    min_p: float | None
    top_a: float | None
    max_tokens: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    repetition_penalty: float | None
    seed: int | None
    stop: str | Sequence[str] | None
    reasoning: Mapping[str, Any] | None
    response_format: Mapping[str, Any] | None
    models: Sequence[str] | None
    provider: Mapping[str, Any] | None
    plugins: Sequence[Mapping[str, Any]] | None
    modalities: Sequence[str] | None
    cache_control: Mapping[str, Any] | None
    service_tier: str | None
    session_id: str | None
    user: str | None
    metadata: Mapping[str, str] | None


async def send_to_openrouter(
    messages: list[dict[str, str]], model: str, **options: Unpack[Options]
) -> AsyncGenerator[str, None]:
    """Streams the answer to ``messages`` as pieces of text, as they arrive.

    Raises ValueError without OPENROUTER_API_KEY, httpx.HTTPError (an OpenRouterError) if the request fails.
    """
    total = 0
    async with (
        _own_openrouter() as openrouter,
        aclosing(openrouter.stream_events(messages, model, **options)) as events,
    ):
        async for event in events:
            if isinstance(event, Text):
                total += 1
                logger.debug("Yielding chunk %d: %d chars", total, len(event.text))
                yield event.text


async def send_to_openrouter_no_stream(messages: list[dict[str, str]], model: str, **options: Unpack[Options]) -> str:
    """The whole answer to ``messages``. Raises as ``send_to_openrouter`` does."""
    async with _own_openrouter() as openrouter:
        return (await openrouter.complete(messages, model, **options)).text


async def get_available_models() -> list[dict[str, Any]]:
    """The models on offer, as OpenRouter describes them (``id``, ``name``, ``pricing``, ...). Raises likewise."""
    async with _own_openrouter() as openrouter:
        return await openrouter.models()


def get_openrouter_headers() -> dict[str, str]:
    """The headers of a request: the key, and the name by which OpenRouter knows this installation.

    Raises ValueError without OPENROUTER_API_KEY.
    """
    return headers_for(_settings())


class Completion(Struct, frozen=True):
    """A whole answer. ``usage`` is None where OpenRouter did not tell."""

    text: str
    reasoning: str
    finish: Finish
    usage: Usage | None


class Contact(Struct, frozen=True):
    """That OpenRouter was reached, and what it said of the key: ``seconds`` it took, and its ``clock`` by then.

    ``key`` is None at a server that does not tell of keys. ``clock`` has whole seconds, and is None where it was not
    told.
    """

    key: KeyInfo | None
    seconds: float
    clock: datetime | None


class OpenRouter:
    """Calls to OpenRouter through one shared client, as ``open_client`` makes it.

    Each call raises MissingKeyError (a ValueError) if the settings have no key, and OpenRouterError for any failure.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: Settings,
        *,
        retries: Retries = DEFAULT_RETRIES,
        clock: Clock = DEFAULT_CLOCK,
    ) -> None:
        self._client = client
        self._settings = settings
        self._retries = retries
        self._clock = clock
        # OpenRouter counts tokens in any case, other servers only if they are asked to; some refuse to be asked.
        self._has_to_ask_for_usage = not settings.asks_openrouter

    async def stream_events(
        self, messages: Sequence[Mapping[str, Any]], model: str, **options: Unpack[Options]
    ) -> AsyncGenerator[StreamEvent, None]:
        """Streams the answer: Started, then its pieces, Usage, Finish, and Metrics at the very end.

        A failure that is safe to repeat, before anything of the answer came, gives Retrying in place of an error, and
        Started may come anew. Any other gives Metrics and then raises OpenRouterError. Closing the generator, or
        cancelling the task that waits on it, closes the connection.
        """
        async with aclosing(self._call(messages, model, options, stream=True)) as batches:
            async for batch in batches:
                for event in batch:
                    yield event

    async def stream_batches(
        self, messages: Sequence[Mapping[str, Any]], model: str, *, key: str = "", **options: Unpack[Options]
    ) -> AsyncGenerator[list[StreamEvent], None]:
        """The same, by what arrived together: no batch is empty, and neighbouring pieces of text in one are joined.

        Cheaper where a fast model's pieces come many at a time. A `key` is used in place of the settings' one. Tokens
        are asked for where the server may not count them by itself. Accepted comes first, where it names the call.
        """
        call = self._call(messages, model, options, stream=True, key=key, is_watched=True)
        async with aclosing(call) as batches:
            async for batch in batches:
                yield merged(batch)

    async def complete(
        self, messages: Sequence[Mapping[str, Any]], model: str, *, key: str = "", **options: Unpack[Options]
    ) -> Completion:
        """Asks for the answer in one piece. Retries as streams do. A `key` is used in place of the settings' one."""
        events: list[StreamEvent] = []
        async with aclosing(self._call(messages, model, options, stream=False, key=key)) as batches:
            async for batch in batches:
                events += batch
        return Completion(
            text="".join(event.text for event in events if isinstance(event, Text)),
            reasoning="".join(event.text for event in events if isinstance(event, Reasoning)),
            finish=next(event for event in events if isinstance(event, Finish)),
            usage=next((event for event in events if isinstance(event, Usage)), None),
        )

    async def models(self) -> list[dict[str, Any]]:
        """All models on offer, as OpenRouter describes them; entries that are none are left out. There may be none.

        "not_offered" is the code for a server that does not list its models.
        """
        logger.info("Fetching available models from OpenRouter")
        body, _ = await self._fetch("/models", expected=_NOT_THERE)
        try:
            models = listings.read_models(body)
        except (ValueError, RecursionError) as error:
            raise self._unreadable("/models", str(error)) from error
        logger.info("Fetched %d models", len(models))
        return models

    async def model(self, model_id: str) -> dict[str, Any] | None:
        """One model, also by an alias or with a variant; None if there is no such model."""
        try:
            return await self._get(f"/model/{quote(model_id, safe='/:~@')}", dict[str, Any], expected=(400, 404))
        except OpenRouterError as error:
            if error.code == "model_not_found":
                return None
            raise

    async def key_info(self, key: str = "") -> KeyInfo:
        """The key in use, or ``key``: its limits and what it has spent. "unauthorised" is the code for a bad one.

        "not_offered" is the code for a server that does not tell of keys.
        """
        body, _ = await self._fetch("/key", key=key, expected=(401, *_NOT_THERE) if key else _NOT_THERE)
        return self._read("/key", body, KeyInfo)

    async def contact(self) -> Contact:
        """Whether OpenRouter is there and takes the key. A server that does not tell of keys is there, too."""
        began = self._clock.monotonic()
        key, headers = None, httpx.Headers()
        try:
            body, headers = await self._fetch("/key", expected=_NOT_THERE)
            key = self._read("/key", body, KeyInfo)
        except StatusError as error:
            if error.code != "not_offered":
                raise
            headers = error.response.headers
        return Contact(key, self._clock.monotonic() - began, _date_of(headers))

    async def credits(self) -> Credits | None:
        """The account's credit; None if the key may not know, as most may not, or the server does not tell."""
        try:
            return await self._get("/credits", Credits, expected=(403, *_NOT_THERE))
        except OpenRouterError as error:
            if error.status == 403 or error.code == "not_offered":
                return None
            raise

    async def generation(self, generation_id: str, key: str = "") -> Generation | None:
        """A past answer as it was billed; None if OpenRouter does not know it within some seconds.

        ``key`` is the one that has paid for it, if that is not the settings' one.
        """
        for delay in (*GENERATION_DELAYS, None):
            try:
                return await self._get("/generation", Generation, {"id": generation_id}, key=key, expected=(404,))
            except OpenRouterError as error:
                if error.status != 404:
                    raise
            if delay is not None:
                await self._clock.sleep(delay)
        return None

    async def exchange_code(self, code: str, verifier: str) -> str:
        """The key for which a user's sign-in at OpenRouter stands; ``verifier`` is the secret of whoever began it."""
        body = {"code": code, "code_verifier": verifier, "code_challenge_method": "S256"}
        headers = {"Content-Type": "application/json"}
        async with self._open("POST", "/auth/keys", headers=headers, content=msgspec.json.encode(body)) as response:
            with translated(answering=True):
                answer = await whole_body(response)
        try:
            return msgspec.json.decode(answer, type=_NewKey).key
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise OpenRouterError("malformed", detail="/auth/keys has no key") from error

    async def _call(
        self,
        messages: Sequence[Mapping[str, Any]],
        model: str,
        options: Options,
        *,
        stream: bool,
        key: str = "",
        is_watched: bool = False,
    ) -> AsyncGenerator[list[StreamEvent], None]:
        """The events of a call with all its tries, a batch for each read; `is_watched` as `stream_batches` says."""
        headers = headers_for(self._settings, key)
        given = {name: value for name, value in options.items() if value is not None}
        request = {"model": model, "messages": messages, "stream": stream, **given}
        logger.info("Starting %s to OpenRouter with model: %s", "stream" if stream else "request", name_of(model))
        logger.debug("Message count: %d", len(messages))
        call = Call(model, self._clock)
        try:
            while True:
                asks = is_watched and self._has_to_ask_for_usage
                body = msgspec.json.encode({**request, **_ASK_FOR_USAGE} if asks else request)
                try:
                    async with aclosing(self._attempt(call.new_answer(), headers, body, names=is_watched)) as batches:
                        async for batch in batches:
                            call.note_progress()
                            yield batch
                    metrics = call.end("complete")
                    if stream:
                        logger.info("Stream completed. Total chunks: %d", metrics.chunks)
                    yield [metrics]
                    return
                except OpenRouterError as error:
                    if asks and _refuses_usage(error):
                        self._has_to_ask_for_usage = False
                        continue
                    self._word(error)
                    delay = call.delay(error, self._retries)
                    if delay is None:
                        logger.error("OpenRouter API error: %s (%s)", error.code, error.detail)
                        yield [call.end("failed")]
                        raise
                    logger.warning("Trying again in %.1f s: %s (%s)", delay, error.code, error.detail)
                    yield [Retrying(call.retries, delay, error.reason)]
                await self._clock.sleep(delay)
        finally:
            call.end("cancelled")

    async def _attempt(
        self, answer: Answer, headers: Mapping[str, str], body: bytes, *, names: bool
    ) -> AsyncGenerator[list[StreamEvent], None]:
        """The events of one try; `names` it first. Raises OpenRouterError after what came was given."""
        broken: OpenRouterError | None = None
        async with (
            self._open("POST", "/chat/completions", headers={**headers, **_UNCOMPRESSED}, content=body) as response,
            aclosing(pieces_of(response)) as pieces,
        ):
            if names and (name := response.headers.get(_NAME)):
                yield [Accepted(name)]
            try:
                if is_one_body(response):
                    if batch := answer.whole(await joined(pieces)):
                        yield batch
                else:
                    logger.info("Stream established successfully")
                    async for piece in pieces:
                        if batch := answer.feed(piece):
                            yield batch
                        if answer.is_over:
                            break
            except OpenRouterError as error:
                broken = error
            except httpx.HTTPError as error:
                broken = refusals.from_exception(error, answering=True)
                broken.__cause__ = error
            except EventTooLargeError as error:
                broken = OpenRouterError("malformed", detail=str(error))
            if batch := answer.close(broken):
                yield batch
            if answer.error:
                raise answer.error
            await drain(pieces)

    async def _get(
        self,
        path: str,
        kind: type[T],
        params: Mapping[str, str] | None = None,
        *,
        key: str = "",
        expected: Sequence[int] = (),
    ) -> T:
        """What an endpoint tells. Statuses that are ``expected`` are raised as well, but are not worth a line."""
        body, _ = await self._fetch(path, params, key=key, expected=expected)
        return self._read(path, body, kind)

    async def _fetch(
        self, path: str, params: Mapping[str, str] | None = None, *, key: str = "", expected: Sequence[int] = ()
    ) -> tuple[bytes, httpx.Headers]:
        try:
            async with self._open("GET", path, headers=headers_for(self._settings, key), params=params) as response:
                with translated(answering=True):
                    return await whole_body(response), response.headers
        except OpenRouterError as error:
            self._word(error)
            if error.status not in expected:
                logger.error("OpenRouter API error at %s: %s (%s)", path, error.code, error.detail)
            if isinstance(error, StatusError) and error.status in _NOT_THERE and path in _ENDPOINTS:
                other = refusals.not_offered(error, path)
                self._word(other)
                raise other from error
            raise

    def _word(self, error: OpenRouterError) -> None:
        if not self._settings.asks_openrouter:
            error.speak_of_another_server()

    def _read(self, path: str, body: bytes, kind: type[T]) -> T:
        try:
            return listings.read(body, kind)
        except ValueError as error:
            raise self._unreadable(path, str(error)) from error

    def _unreadable(self, path: str, why: str) -> OpenRouterError:
        logger.warning("OpenRouter's answer at %s could not be read: %s", path, why)
        error = OpenRouterError("malformed", detail=f"{path}: {why}")
        self._word(error)
        return error

    def _open(self, method: str, path: str, **content: Any) -> AbstractAsyncContextManager[httpx.Response]:
        url = self._settings.openrouter_base_url.rstrip("/") + path
        return opened(self._client, method, url, now=self._clock.now, **content)


def _refuses_usage(error: OpenRouterError) -> bool:
    """Whether a server does not know ``stream_options``."""
    return error.status in (400, 422) and "stream_options" in f"{error.sentence} {error.raw}"


class _NewKey(Struct):
    key: str


def _date_of(headers: httpx.Headers) -> datetime | None:
    """The server's clock, as HTTP has it tell."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


@asynccontextmanager
async def _own_openrouter() -> AsyncIterator[OpenRouter]:
    settings = _settings()
    async with open_client(settings) as client:
        yield OpenRouter(client, settings)


def _settings() -> Settings:
    try:
        return config.load()
    except ValueError as error:
        logger.error("The configuration cannot be used: %s", error)
        raise
