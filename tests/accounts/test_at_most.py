"""Limits on how much somebody keeps: who adds at once, in two processes, gets exactly as far as who adds one by one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select

from tests.accounts.people import ALICE
from tests.fakes.database import open_database
from webapp.accounts import api_tokens_store, passkeys_store, sessions_store
from webapp.accounts.api_tokens_store import ApiTokens
from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.store import Users
from webapp.accounts.users import Role
from webapp.conversations import tags_store
from webapp.conversations.messages import Exchange
from webapp.conversations.store import Conversations
from webapp.conversations.tags_store import Tags
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import ApiToken, Passkey, Persona, Prompt, Session, Share, Tag
from webapp.db.types import new_id
from webapp.documents.shares import store as shares_store
from webapp.documents.shares.store import ShareStore
from webapp.library import store as library_store
from webapp.library.prompts import Persona as NewPersona
from webapp.library.store import Library
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.web.refusals import ConflictError

NOW: Final = datetime.now(UTC)
AT_ONCE: Final = 12
ROOM: Final = 5

Add = Callable[[Database, UUID, Exchange], Awaitable[Any]]
Rows = Callable[[UUID, Exchange], dict[str, Any]]


def token(database: Database, owner: UUID, _: Exchange) -> Awaitable[Any]:
    return ApiTokens(database).add(owner, "script", ["read"], None)


def passkey(database: Database, owner: UUID, _: Exchange) -> Awaitable[Any]:
    return PasskeyStore(database).add(owner, "Phone", uuid4().bytes, b"key")


def prompt(database: Database, owner: UUID, _: Exchange) -> Awaitable[Any]:
    return Library(database).add_prompt(owner, "Weather", "How warm is it?")


def persona(database: Database, owner: UUID, _: Exchange) -> Awaitable[Any]:
    return Library(database).save_persona(owner, NewPersona(uuid4(), "Poet"), is_new=True)


def tag(database: Database, owner: UUID, exchange: Exchange) -> Awaitable[Any]:
    return Tags(database).add(owner, [exchange.conversation.id], uuid4().hex)


def share(database: Database, owner: UUID, exchange: Exchange) -> Awaitable[Any]:
    return ShareStore(database).add(owner, exchange.conversation.id, with_later=False, is_live=False)


def token_row(owner: UUID, _: Exchange) -> dict[str, Any]:
    return {"user_id": owner, "name": "script", "token_hash": new_id().bytes}


def passkey_row(owner: UUID, _: Exchange) -> dict[str, Any]:
    key = {"credential_id": new_id().bytes, "public_key": b"key", "sign_count": 0, "transports": []}
    return {"user_id": owner, "name": "Phone", **key}


def persona_row(owner: UUID, _: Exchange) -> dict[str, Any]:
    return {"owner_id": owner, "name": "Poet", "system_prompt": "", "model": "", "parameters": {}, "is_default": False}


def prompt_row(owner: UUID, _: Exchange) -> dict[str, Any]:
    return {"owner_id": owner, "name": "Weather", "text": "How warm is it?"}


def tag_row(owner: UUID, _: Exchange) -> dict[str, Any]:
    name = new_id().hex
    return {"owner_id": owner, "name": name, "folded": name}


def share_row(owner: UUID, exchange: Exchange) -> dict[str, Any]:
    place = {"conversation_id": exchange.conversation.id, "leaf_id": exchange.answer.id}
    return {"owner_id": owner, "token": new_id().hex, "with_later": False, "is_live": False, **place}


LIMITS: Final[list[tuple[Any, int, Add, Rows]]] = [
    (ApiToken, api_tokens_store.MOST, token, token_row),
    (Passkey, passkeys_store.MOST, passkey, passkey_row),
    (Prompt, library_store.MOST, prompt, prompt_row),
    (Persona, library_store.MOST, persona, persona_row),
    (Tag, tags_store.MAX_TAGS, tag, tag_row),
    (Share, shares_store.MOST, share, share_row),
]


@pytest.fixture
async def processes(address: Address) -> AsyncIterator[list[Database]]:
    """Two that share a database: neither knows of the other's locks."""
    async with open_database(address) as one, open_database(address) as other:
        yield [one, other]


async def number_of(database: Database, table: Any) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def alice_with_a_conversation(database: Database) -> tuple[UUID, Exchange]:
    alice = (await Users(database).add(ALICE, "", Role.MEMBER)).id
    store = Conversations(database, max_live=9, renderer_version=RENDERER_VERSION)
    return alice, await store.add_exchange(alice, None, "Hello", "openai/gpt-5-mini", "")


@pytest.mark.parametrize(("table", "most", "add", "row"), LIMITS, ids=[one[0].__tablename__ for one in LIMITS])
async def test_who_adds_at_once_in_two_processes_gets_exactly_as_many(
    processes: list[Database], table: Any, most: int, add: Add, row: Rows
) -> None:
    alice, exchange = await alice_with_a_conversation(processes[0])
    rows = [{"id": new_id(), "created_at": NOW, **row(alice, exchange)} for _ in range(most - ROOM)]
    async with processes[0].write() as session:
        await session.execute(insert(table), rows)
    adding = [add(processes[number % 2], alice, exchange) for number in range(AT_ONCE)]
    refusals = [one for one in await asyncio.gather(*adding, return_exceptions=True) if isinstance(one, Exception)]
    assert [type(one) for one in refusals] == [ConflictError] * (AT_ONCE - ROOM)
    assert await number_of(processes[0], table) == most


async def test_sixty_tokens_at_once_make_fifty(processes: list[Database]) -> None:
    alice = (await Users(processes[0]).add(ALICE, "", Role.MEMBER)).id
    adding = [ApiTokens(processes[number % 2]).add(alice, "script", ["read"], None) for number in range(60)]
    made = [one for one in await asyncio.gather(*adding, return_exceptions=True) if isinstance(one, str)]
    assert len(made) == await number_of(processes[0], ApiToken) == 50


async def test_of_too_many_sessions_the_last_used_stay(
    processes: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_store, "MOST", ROOM)
    alice = (await Users(processes[0]).add(ALICE, "", Role.MEMBER)).id
    both = [Sessions(database) for database in processes]
    first = await both[0].begin(alice, method="password", browser="")
    await asyncio.gather(*(both[number % 2].begin(alice, method="password", browser="") for number in range(AT_ONCE)))
    last = await both[0].begin(alice, method="password", browser="")
    assert await number_of(processes[0], Session) == ROOM
    assert await both[0].find(first) is None
    assert await both[0].find(last) is not None
