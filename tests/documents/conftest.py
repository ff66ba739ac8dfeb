"""The cast of these stores' tests: Alice owns, Bob is another user."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

import pytest

from tests.fakes.database import open_database
from tests.fakes.documents import NOW
from tests.fakes.gallery import gallery_of
from webapp.conversations.store import Conversations
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.documents.imports.store import ImportStore
from webapp.documents.store import DocumentStore


class Cast(NamedTuple):
    database: Database
    documents: DocumentStore
    imports: ImportStore
    conversations: Conversations
    alice: UUID
    bob: UUID


@pytest.fixture
async def cast(address: Address) -> AsyncIterator[Cast]:
    alice, bob = new_id(), new_id()
    async with open_database(address) as database:
        async with database.write() as session:
            session.add_all(
                UserRow(id=key, name=name, created_at=NOW) for key, name in ((alice, "alice"), (bob, "bob"))
            )
        conversations = Conversations(database, max_live=3, renderer_version=1)
        yield Cast(
            database, DocumentStore(database, gallery_of(database)), ImportStore(database), conversations, alice, bob
        )
