"""A bus over Redis, or a server that speaks as it does: publish and subscribe. Two connections a process."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from webapp.bus.linked import PATIENCE, Link, LinkedBus, LinkError, Post
from webapp.config import SettingError

LARGEST: Final = 64_000  # bytes; well below what a server keeps for a reader who is slow

TAKES: Final = "redis://user:password@host:6379/0 or rediss://... for TLS"


class RedisBus(LinkedBus):
    kind = "redis"

    def __init__(self, url: str, **timing: float) -> None:
        """Raises SettingError for an address that cannot be used."""
        super().__init__(largest=LARGEST, **timing)
        self._url = url
        self._client()

    async def _open(self, channels: Sequence[str]) -> Link:
        link = _RedisLink(self._client())
        try:
            await link.subscribe(channels)
        except BaseException:
            await link.close()
            raise
        return link

    def _client(self) -> Redis:
        """A client that tries nothing twice: it could not know what was lost in between."""
        options: dict[str, Any] = {
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": None,  # with one, it may swallow the bus's cancellation; the bus has times of its own
            "retry": Retry(NoBackoff(), 0),
            "client_name": "open-chat",
            "max_connections": 2,
        }
        try:
            return Redis.from_url(self._url, **options)
        except (ValueError, TypeError):
            raise SettingError(f"REDIS_URL takes {TAKES}; got something else.") from None


class _RedisLink:
    def __init__(self, client: Redis) -> None:
        self._client = client
        self._subscription: PubSub = client.pubsub(ignore_subscribe_messages=True)

    async def subscribe(self, channels: Sequence[str]) -> None:
        try:
            await self._subscription.subscribe(*channels)
        except (RedisError, OSError) as error:
            raise LinkError(str(error)) from error

    async def post(self, posts: Sequence[Post]) -> None:
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for channel, payload in posts:
                    pipeline.publish(channel, payload)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            raise LinkError(str(error)) from error

    async def listen(self, hear: Callable[[bytes], None]) -> None:
        try:
            async for message in self._subscription.listen():
                if message["type"] == "message":
                    hear(message["data"])
        except (RedisError, OSError) as error:
            raise LinkError(str(error)) from error
        raise LinkError("the server ended the subscription")

    async def close(self) -> None:
        await self._subscription.aclose()  # type: ignore[no-untyped-call]  # redis has no type for it
        await self._client.aclose()
