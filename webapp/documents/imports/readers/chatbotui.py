"""chatbot-ui's exports of all versions: lists of conversations with `role` and `content`.

Its second program has none, but lets one save what the browser kept of the first.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from webapp.documents.document import Document
from webapp.documents.imports.readers.openai import is_message, turns_of
from webapp.documents.imports.readers.turns import in_turn
from webapp.documents.imports.reading import ConversationError, accepts, document, made_id, mapping, name, objects, text
from webapp.documents.imports.times import Clock


def is_chatbotui(value: Any) -> bool:
    if accepts(value, conversationHistory=str):
        return True
    if "history" in value if isinstance(value, dict) else False:
        return "folders" in value and _are_chats(value["history"])
    return accepts(value, id=int, name=str, messages=list) and _are_chats([value])


def _are_chats(value: Any) -> bool:
    return isinstance(value, list) and any(
        accepts(one, name=str, messages=list) and (not one["messages"] or is_message(one["messages"][0]))
        for one in value
    )


def split_chatbotui(value: Any) -> Iterator[Any]:
    history = value.get("history", [value])
    if "conversationHistory" in value:
        try:
            history = msgspec.json.decode(value["conversationHistory"])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise ConversationError("Its conversations are not valid JSON.") from None
    return objects(history)


def read_chatbotui(value: Any) -> Document:
    system, turns = turns_of(value.get("messages"))
    messages = in_turn(turns, Clock())
    key = value.get("id")
    if not isinstance(key, str):  # numbers begin at one in each browser
        key = made_id(key, value.get("name"), messages[0].content if messages else "")
    model = mapping(value.get("model"))
    return document(
        name(key),
        value.get("name"),
        messages,
        model=text(model.get("id")),
        system_prompt=text(value.get("prompt")) or system,
    )
