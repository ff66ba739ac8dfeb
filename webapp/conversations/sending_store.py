"""What was sent for an answer, out of the database."""

from uuid import UUID

from webapp.conversations.messages import Message
from webapp.conversations.rows_store import as_message, find_message
from webapp.conversations.sending import Retold, Said, retold
from webapp.conversations.windows_store import said_above
from webapp.db.engine import Database


class SentRequests:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, owner: UUID, answer_id: UUID) -> tuple[Message, Retold | None]:
        """An answer of the owner's and the request for it, None where that was not kept."""
        async with self._database.read() as session:
            row = await find_message(session, owner, answer_id, role="assistant")
            answer = as_message(row)
            if answer.sent is None:
                return answer, None
            above = await said_above(session, row.parent_id)
            said = [Said(role, text, edited_at, deleted_at) for role, text, edited_at, deleted_at in above]
            return answer, retold(answer, answer.sent, said)
