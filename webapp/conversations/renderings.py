"""A finished message as HTML."""

from uuid import UUID

from webapp.conversations.messages import Rendering, anchor
from webapp.rendering.markdown import render


def rendering(message_id: UUID, text: str, reasoning: str) -> Rendering:
    """What an answer says, and what was thought before it, as safe HTML by the present renderer."""
    name = anchor(message_id)
    return Rendering(render(text, anchor=name), render(reasoning, anchor=f"{name}-thoughts") if reasoning else "")
