"""A shelf of texts that are searched: Alice owns, Bob is another user."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest

from tests.fakes.database import open_database
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.search.query import parse
from webapp.search.store import ALWAYS, SearchStore, Span

BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)


class Shelf(NamedTuple):
    database: Database
    store: SearchStore
    alice: UUID
    bob: UUID

    async def add(self, title: str, *texts: str, owner: UUID | None = None, day: int = 0, **values: object) -> UUID:
        """A conversation with a title, so many days after the beginning, and questions and answers in turn."""
        used = BEGINNING + timedelta(days=day)
        row = ConversationRow(
            owner_id=owner or self.alice, title=title, model="maker/one", created_at=used, updated_at=used
        )
        for name, value in values.items():
            setattr(row, name, value)
        messages = [
            MessageRow(
                conversation_id=row.id,
                owner_id=row.owner_id,
                role="assistant" if number % 2 else "user",
                model="maker/one" if number % 2 else "",
                content=text,
                status="complete",
                created_at=used + timedelta(minutes=number),
            )
            for number, text in enumerate(texts)
        ]
        async with self.database.write() as session:
            session.add(row)
            await session.flush()
            session.add_all(messages)
        return row.id

    async def fill_index(self) -> None:
        while await self.store.index_some():
            pass

    async def texts(self, query: str, span: Span = ALWAYS, *, owner: UUID | None = None) -> list[str]:
        """What messages are found, the newest first."""
        await self.fill_index()
        hits = await self.store.find(owner or self.alice, parse(query), span, titles=False, limit=100)
        return [hit.content for hit in hits]

    async def titles(self, query: str) -> list[str]:
        await self.fill_index()
        return [hit.title for hit in await self.store.find(self.alice, parse(query), titles=True, limit=100)]


@pytest.fixture
async def shelf(address: Address) -> AsyncIterator[Shelf]:
    alice, bob = new_id(), new_id()
    async with open_database(address) as database:
        async with database.write() as session:
            session.add_all(
                UserRow(id=key, name=name, created_at=BEGINNING) for key, name in ((alice, "alice"), (bob, "bob"))
            )
        yield Shelf(database, SearchStore(database), alice, bob)
