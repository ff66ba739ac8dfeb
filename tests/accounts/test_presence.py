"""Open streams, and their end when the right to read them ends."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from uuid import UUID

import pytest

from webapp.accounts import presence
from webapp.accounts.presence import Presence
from webapp.accounts.users import Caller, User
from webapp.db.types import new_id
from webapp.web.refusals import SignedOutError

ALICE = User(new_id(), "alice@example.org")


class Stream:
    """Versions of an answer, each when the test says so."""

    def __init__(self) -> None:
        self._more: asyncio.Queue[int] = asyncio.Queue()
        self.is_closed = False

    def say(self, version: int) -> None:
        self._more.put_nowait(version)

    async def versions(self) -> AsyncGenerator[int, None]:
        try:
            while True:
                yield await self._more.get()
        finally:
            self.is_closed = True


class Sessions:
    """What the database knows."""

    def __init__(self) -> None:
        self.ended: set[UUID] = set()
        self.is_away = False
        self.looked = asyncio.Event()

    async def alive(self, ids: Iterable[UUID]) -> set[UUID]:
        self.looked.set()
        if self.is_away:
            raise ConnectionError
        return set(ids) - self.ended


def caller() -> Caller:
    return Caller(ALICE, new_id())


async def test_a_session_that_is_ended_here_reads_nothing_more() -> None:
    sessions, stream, alice, other = Sessions(), Stream(), caller(), caller()
    present = Presence(sessions.alive)
    async with (
        aclosing(present.reading(alice, stream.versions())) as reading,
        aclosing(present.reading(other, stream.versions())) as reading_of_other,
    ):
        stream.say(1)
        assert await anext(reading) == 1
        stream.say(2)
        assert await anext(reading_of_other) == 2
        assert alice.credential is not None
        present.end([alice.credential, new_id()])
        stream.say(3)
        with pytest.raises(SignedOutError):
            await anext(reading)
        stream.say(4)
        assert await anext(reading_of_other) == 4
    assert stream.is_closed


async def test_a_session_that_is_ended_elsewhere_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "INTERVAL", 0.001)
    sessions, stream, alice = Sessions(), Stream(), caller()
    present = Presence(sessions.alive)
    async with present.running(), aclosing(present.reading(alice, stream.versions())) as reading:
        stream.say(1)
        assert await anext(reading) == 1
        assert alice.credential is not None
        sessions.ended.add(alice.credential)
        for _ in range(2):  # the look that is under way may not know yet, the one after it does
            sessions.looked.clear()
            await sessions.looked.wait()
        await asyncio.sleep(0)
        stream.say(2)
        with pytest.raises(SignedOutError):
            await anext(reading)


async def test_what_is_silent_ends_at_once_too() -> None:
    sessions, stream, alice = Sessions(), Stream(), caller()
    present = Presence(sessions.alive)
    async with aclosing(present.reading(alice, stream.versions())) as reading:
        stream.say(1)
        assert await anext(reading) == 1
        waiting = asyncio.ensure_future(anext(reading))
        await asyncio.sleep(0)
        assert alice.credential is not None
        present.end([alice.credential])
        with pytest.raises(SignedOutError):
            await waiting
    assert stream.is_closed


async def test_a_stream_that_comes_to_its_end_ends() -> None:
    async def two() -> AsyncGenerator[int, None]:
        yield 1
        yield 2

    present = Presence(Sessions().alive)
    assert [version async for version in present.reading(caller(), two())] == [1, 2]


async def test_while_the_database_is_away_what_is_open_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "INTERVAL", 0.001)
    sessions, stream, alice = Sessions(), Stream(), caller()
    sessions.is_away = True
    present = Presence(sessions.alive)
    async with present.running(), aclosing(present.reading(alice, stream.versions())) as reading:
        stream.say(1)
        await anext(reading)
        for _ in range(3):
            sessions.looked.clear()
            await sessions.looked.wait()
        stream.say(2)
        assert await anext(reading) == 2


async def test_the_database_is_not_asked_while_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "INTERVAL", 0.001)
    sessions, stream = Sessions(), Stream()
    present = Presence(sessions.alive)
    async with present.running():
        async with aclosing(present.reading(caller(), stream.versions())) as reading:
            stream.say(1)
            await anext(reading)
            await sessions.looked.wait()
        sessions.looked.clear()
        await sessions.looked.wait()  # once more, and finds nobody
        sessions.looked.clear()
        await asyncio.sleep(0.05)
        assert not sessions.looked.is_set()


async def test_without_accounts_a_stream_passes_as_it_is() -> None:
    stream = Stream()
    async with aclosing(Presence().reading(Caller(ALICE), stream.versions())) as reading:
        stream.say(1)
        assert await anext(reading) == 1
    assert stream.is_closed
