"""The bus between real servers: what one process sends another hears, and what breaks is mended."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from tests.fakes.door import door
from tests.fakes.eventually import eventually
from webapp.bus.bus import EVERYONE, LONGEST_TEXT, Bus, Changed, Message, NoBus, Piece, Watch
from webapp.bus.choice import open_bus
from webapp.bus.linked import MAX_WAITING, Link, LinkedBus, Post, packed
from webapp.bus.postgres import PostgresBus
from webapp.bus.redis import RedisBus
from webapp.config import SettingError, Settings
from webapp.db.address import PostgresServer
from webapp.db.types import new_id

PATIENCE = 30.0
QUICK = 0.05  # seconds between two messages to oneself


class Hearer:
    """One process on a bus, and what it hears of answers that the test knows."""

    def __init__(self, bus: LinkedBus) -> None:
        self.bus = bus
        self.heard: list[Message] = []
        self._news = asyncio.Event()

    def hear(self, message: Message) -> None:
        self.heard.append(message)
        self._news.set()

    def changed(self) -> None:
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def hears(self, *messages: Message) -> None:
        await self.until(lambda: [one for one in self.heard if one.id == messages[0].id] == list(messages))


@asynccontextmanager
async def on(bus: LinkedBus) -> AsyncIterator[Hearer]:
    hearer = Hearer(bus)
    async with bus.running(hearer.hear, hearer.changed):
        await hearer.until(lambda: bus.is_up)
        yield hearer


@pytest.fixture(params=["redis", "postgres"])
def make(request: pytest.FixtureRequest) -> Callable[[], LinkedBus]:
    """Another bus on the same server."""
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return lambda: RedisBus(url, try_interval=QUICK)
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return lambda: PostgresBus(postgres, try_interval=QUICK)


async def test_everyone_hears_what_is_sent_to_everyone(make: Callable[[], LinkedBus]) -> None:
    async with on(make()) as one, on(make()) as other:
        watch = Watch(new_id(), one.bus.address, 3, 4)
        one.bus.send(EVERYONE, watch)
        await other.hears(watch)
        await one.hears(watch)


async def test_one_process_alone_hears_what_is_sent_to_it(make: Callable[[], LinkedBus]) -> None:
    async with on(make()) as one, on(make()) as other:
        private, last = Changed(new_id()), Changed(new_id())
        one.bus.send(other.bus.address, private)
        one.bus.send(EVERYONE, last)
        await other.hears(private)
        await one.hears(last)
        assert private not in one.heard


async def test_much_at_once_comes_whole_and_in_order(make: Callable[[], LinkedBus]) -> None:
    key = new_id()
    texts = ["\x00" * LONGEST_TEXT, "\x1b" * LONGEST_TEXT, "日" * LONGEST_TEXT, "🙂" * LONGEST_TEXT, '"\\\n' * 300]
    pieces = [Piece(key, 0, at, text) for at in range(20) for text in texts]
    async with on(make()) as one, on(make()) as other:
        one.bus.send(other.bus.address, *pieces)
        await other.hears(*pieces)


async def test_what_is_sent_while_the_bus_is_away_is_dropped(make: Callable[[], LinkedBus]) -> None:
    bus = make()
    lost, told = Changed(new_id()), Changed(new_id())
    bus.send(EVERYONE, lost)
    async with on(bus) as one:
        bus.send(EVERYONE, told)
        await one.hears(told)
        assert lost not in one.heard


async def test_more_than_fits_is_dropped_and_later_messages_come(make: Callable[[], LinkedBus]) -> None:
    async with on(make()) as one:
        flood = [Piece(UUID(int=1), 0, 0, "x" * LONGEST_TEXT)] * (MAX_WAITING // LONGEST_TEXT)
        one.bus.send("open_chat_nobody", *flood)
        one.bus.send("open_chat_nobody", *flood)
        last = Changed(new_id())
        for _ in range(100):
            one.bus.send(one.bus.address, last)
            if not await heard_soon(one, last):
                continue
            break
        assert last in one.heard


async def heard_soon(hearer: Hearer, message: Message) -> bool:
    try:
        async with asyncio.timeout(0.1):
            await hearer.until(lambda: message in hearer.heard)
    except TimeoutError:
        return False
    return True


async def test_a_lost_server_is_found_again(postgres: PostgresServer) -> None:
    async with door(postgres) as (entry, address), on(PostgresBus(address, try_interval=QUICK)) as one:
        entry.shut = 2
        await entry.slam()
        await one.until(lambda: not one.bus.is_up)
        await one.until(lambda: one.bus.is_up)
        told = Changed(new_id())
        one.bus.send(EVERYONE, told)
        await one.hears(told)


async def test_a_server_that_is_not_there_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus = RedisBus("redis://:secret@127.0.0.1:1", try_interval=QUICK)
    hearer = Hearer(bus)

    async def is_told() -> bool:
        return "is away" in caplog.text

    async with bus.running(hearer.hear, hearer.changed):
        await eventually(is_told)
        bus.send(EVERYONE, Changed(new_id()))
        assert not bus.is_up
    assert "secret" not in caplog.text


@pytest.mark.parametrize("steps", range(30))
async def test_the_bus_ends_at_whatever_step_of_a_post(redis_url: str, steps: int) -> None:
    async def live() -> None:
        async with on(RedisBus(redis_url)) as one:
            for _ in range(20 + steps):
                one.bus.send(EVERYONE, Changed(UUID(int=1)))
                await asyncio.sleep(0)

    living = asyncio.create_task(live())
    await asyncio.wait([living], timeout=PATIENCE)
    assert living.done()


async def test_the_bus_ends_though_its_link_swallows_a_cancellation() -> None:
    link = StubbornLink()
    async with on(FakeBus(link)):
        await link.is_posting.wait()
    assert link.swallowed == 1


class StubbornLink:
    """It passes on what it is given, and then goes on with a post in spite of the first cancellation."""

    def __init__(self) -> None:
        self.swallowed = 0
        self.is_posting = asyncio.Event()
        self._hear: Callable[[bytes], None]

    async def listen(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear
        await asyncio.Event().wait()

    async def post(self, posts: Sequence[Post]) -> None:
        for _, payload in posts:
            self._hear(payload)
        self.is_posting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.swallowed += 1
            if self.swallowed > 1:
                raise

    async def close(self) -> None: ...


class FakeBus(LinkedBus):
    kind = "fake"

    def __init__(self, link: Link) -> None:
        super().__init__(largest=1_000)
        self._link_to = link

    async def _open(self, channels: Sequence[str]) -> Link:
        return self._link_to


async def test_what_nobody_understands_is_passed_over(redis_url: str) -> None:
    from redis.asyncio import Redis

    client = Redis.from_url(redis_url)
    async with on(RedisBus(redis_url, try_interval=QUICK)) as one:
        for payload in (b"not JSON", b'[["unknown", 1]]', b"\xff", b'[["changed", "no key"]]'):
            await client.publish(one.bus.address, payload)
        told = Changed(new_id())
        one.bus.send(EVERYONE, told)
        await one.hears(told)
    await client.aclose()


class TestPacked:
    def test_no_post_is_larger_than_it_may_be_and_none_is_split(self) -> None:
        waiting = [(channel, secrets.token_hex(size).encode()) for size in range(40) for channel in ("a", "b")]
        posts = packed(waiting, 200)
        assert all(len(payload) <= 200 for _, payload in posts)
        for channel in ("a", "b"):
            joined = b",".join(payload[1:-1] for to, payload in posts if to == channel).strip(b",")
            assert joined == b",".join(data for to, data in waiting if to == channel and data)

    def test_a_word_to_oneself_is_an_empty_list(self) -> None:
        assert packed([("me", b"")], 200) == [("me", b"[]")]


class TestChoice:
    def test_it_is_the_database_where_that_is_shared(self) -> None:
        assert isinstance(bus_of(database_url="postgres://u@h/d"), PostgresBus)

    def test_it_is_redis_where_that_is_set(self) -> None:
        assert isinstance(bus_of(database_url="postgres://u@h/d", redis_url="rediss://:secret@h:6380/1"), RedisBus)

    def test_there_is_none_on_sqlite(self, tmp_path: Path) -> None:
        assert isinstance(bus_of(data_dir=str(tmp_path), redis_url="redis://h"), NoBus)

    def test_an_address_that_cannot_be_used_is_named_and_not_told(self) -> None:
        with pytest.raises(SettingError, match=r"^REDIS_URL takes redis://.* got something else\.$") as refused:
            bus_of(database_url="postgres://u@h/d", redis_url="redis://:secret@h:many/x")
        assert "secret" not in str(refused.value)


def bus_of(**settings: str) -> Bus:
    return open_bus(Settings(**settings))  # type: ignore[arg-type]  # texts alone
