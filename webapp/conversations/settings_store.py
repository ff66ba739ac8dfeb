"""What a conversation tells its model beside the messages."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from webapp.accounts.storage_store import UNLIMITED, Quota
from webapp.conversations.rows_store import find_conversation
from webapp.db.engine import Database
from webapp.db.tables import IS_THERE
from webapp.db.tables import Conversation as ConversationRow
from webapp.library.parameters import Parameters, kept_parameters
from webapp.web.refusals import NotFoundError


class Chosen(Struct, frozen=True):
    """The settings of a conversation."""

    title: str
    model: str
    system_prompt: str = ""
    parameters: Parameters = {}


class ConversationSettings:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(self, database: Database, quota: Quota = UNLIMITED) -> None:
        self._database = database
        self._quota = quota

    async def find(self, owner: UUID, conversation_id: UUID) -> Chosen:
        query = select(
            ConversationRow.title, ConversationRow.model, ConversationRow.system_prompt, ConversationRow.parameters
        ).where(ConversationRow.id == conversation_id, ConversationRow.owner_id == owner, IS_THERE)
        async with self._database.read() as session:
            row = (await session.execute(query)).first()
        if row is None:
            raise NotFoundError("There is no such conversation. It may have been deleted.")
        return Chosen(row.title, row.model, row.system_prompt, kept_parameters(row.parameters))

    async def change(
        self, owner: UUID, conversation_id: UUID, model: str, system_prompt: str, parameters: Parameters
    ) -> None:
        """What is asked from now on is asked so; what was answered stays. NoRoomError where the owner has no room."""
        async with self._database.write(owner) as session:
            row = await find_conversation(session, owner, conversation_id)
            row.model, row.system_prompt, row.parameters = model, system_prompt, dict(parameters)
            await self._quota.check(session, owner)
