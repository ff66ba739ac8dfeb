"""Conversations of any length, put into a database as if they had been held."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from webapp.conversations.messages import Rendering
from webapp.conversations.renderings import rendering
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.rendering.markdown import RENDERER_VERSION


class Seeded(NamedTuple):
    """A conversation, and its messages from the first to the last."""

    id: UUID
    messages: list[UUID]


def seed(database: Path, texts: Sequence[str], title: str = "Seeded") -> Seeded:
    """A conversation of the local user's: questions and answers in turn, all of them complete and rendered."""
    engine = create_engine(f"sqlite:///{database}")
    now, conversation, ids = datetime.now(UTC), new_id(), [new_id() for _ in texts]
    with Session(engine) as session:
        owner = session.scalar(select(UserRow.id).where(UserRow.name == "local"))
        if owner is None:
            session.add(user := UserRow(name="local", created_at=now))
            session.flush()
            owner = user.id
        row = ConversationRow(id=conversation, owner_id=owner, title=title, model="m", created_at=now, updated_at=now)
        row.active_leaf_id = ids[-1]
        session.add(row)
        session.flush()
        session.execute(
            insert(MessageRow), [_row(owner, conversation, ids, place, text) for place, text in enumerate(texts)]
        )
        session.commit()
    engine.dispose()
    return Seeded(conversation, ids)


def _row(owner: UUID, conversation: UUID, ids: list[UUID], place: int, text: str) -> dict[str, object]:
    is_answer = place % 2 == 1
    made = rendering(ids[place], text, "") if is_answer else Rendering("", "")
    return {
        "id": ids[place],
        "conversation_id": conversation,
        "owner_id": owner,
        "parent_id": ids[place - 1] if place else None,
        "role": "assistant" if is_answer else "user",
        "content": text,
        "citations": [],
        "html": made.html if is_answer else None,
        "reasoning_html": made.reasoning_html,
        "renderer_version": RENDERER_VERSION if is_answer else None,
        "status": "complete",
        "created_at": datetime.now(UTC),
    }
