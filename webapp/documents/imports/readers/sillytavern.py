"""SillyTavern's chats: JSON Lines, a head and then a message a line, with its other versions beside it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.documents.document import Document
from webapp.documents.imports.marks import Kind
from webapp.documents.imports.readers.parts import attached, file_name, last_of, tools
from webapp.documents.imports.readers.thoughts import spoken
from webapp.documents.imports.readers.turns import Turn, Versions, laid
from webapp.documents.imports.reading import accepts, document, made_id, mapping, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import code_in
from webapp.documents.imports.times import Clock, moment

_MACRO: Final = re.compile(r"\{\{(?i:(user)|char)\}\}|<(?:(USER)|BOT)>")
_KINDS: Final[dict[str, Kind]] = {"video": "Video", "audio": "Audio"}

Row = Mapping[str, Any]


def is_sillytavern(value: Any) -> bool:
    return accepts(value, mes=str, name=str, is_user=bool) or (
        _is_head(value) and accepts(value, user_name=str, character_name=str)
    )


def _is_head(value: Row) -> bool:
    return accepts(value) and "mes" not in value and ("chat_metadata" in value or "create_date" in value)


def split_sillytavern(value: Any) -> Iterator[Any]:
    """A file is one chat, but files that were put behind each other are as many as there are heads."""
    chats = list[dict[str, Any]]()
    for one in objects(value):
        if _is_head(one):
            chats.append({"head": one, "messages": []})
        else:
            if not chats:
                chats.append({"head": {}, "messages": []})
            is_user = one.get("is_user") is True
            chats[-1]["messages"].append(
                {**one, "mes": text(one.get("mes")), "name": text(one.get("name")), "is_user": is_user}
            )
    return iter(chats)


def read_sillytavern(value: Any) -> Document:
    head, rows = value["head"], value["messages"]
    speakers = list(dict.fromkeys(one["name"] for one in rows if not one["is_user"] and not _is_of_the_program(one)))
    asker = next((one["name"] for one in rows if one["is_user"]), text(head.get("user_name")))
    began = moment(head.get("create_date")) or next(
        (when for one in rows if (when := moment(one.get("send_date")))), None
    )
    found = laid((_place(one, asker, len(speakers) > 1) for one in rows), Clock(began))
    return document(
        _key(head, rows),
        _listed(speakers) or text(head.get("character_name")),
        found.messages,
        leaf=found.leaf,
        created_at=began,
    )


def _key(head: Row, rows: list[Row]) -> str:
    """What a chat is known by. Those of before have no such; then when it was begun, and with whom."""
    known = text(mapping(head.get("chat_metadata")).get("integrity"))
    if known:
        return made_id(known)
    began = text(head.get("create_date"))
    return made_id(began, rows[0]["name"] if rows else "", "" if began else [one["mes"] for one in rows])


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _is_of_the_program(message: Row) -> bool:
    """Whether the program itself says it, as what tools did."""
    return message.get("is_system") is True


def _place(message: Row, asker: str, is_group: bool) -> Versions:
    swipes, chosen = message.get("swipes"), message.get("swipe_id")
    if not isinstance(swipes, list) or not isinstance(chosen, int) or not 0 <= chosen < len(swipes):
        return Versions([_turn(message, message["mes"], message, asker, is_group)])
    infos = message.get("swipe_info")
    turns = list[Turn]()
    for number, swipe in enumerate(swipes):
        info = mapping(infos[number]) if isinstance(infos, list) and number < len(infos) else {}
        # What is shown can have been edited since.
        words = message["mes"] if number == chosen else text(swipe) or text(mapping(swipe).get("message"))
        turns.append(_turn(message, words, info if info else message, asker, is_group))
    return Versions(turns, chosen)


def _turn(message: Row, words: str, about: Row, asker: str, is_group: bool) -> Turn:
    said, extra = Said(), mapping(about.get("extra"))
    said.thought(text(extra.get("reasoning")))
    if tools(said, extra.get("tool_invocations")):
        words = ""  # it only names the tools
    elif is_group and not message["is_user"] and not _is_of_the_program(message):
        said.text(f"**{message['name']}**")
    words = _named(words, asker, message["name"])
    said.text(words) if message["is_user"] else spoken(said, words)
    _attached(said, extra)
    when = moment(about.get("send_date")) or moment(message.get("send_date"))
    return Turn("user" if message["is_user"] else "assistant", said, when, text(extra.get("model")))


def _named(words: str, asker: str, speaker: str) -> str:
    """With names where the program would put them."""
    is_code = code_in(words)
    return _MACRO.sub(
        lambda found: found[0] if is_code(found.start()) else asker if found[1] or found[2] else speaker, words
    )


def _attached(said: Said, extra: Row) -> None:
    for one in [*objects([extra.get("file")]), *objects(extra.get("files"))]:
        if words := text(one.get("text")):
            said.block(f"File: {file_name(one)}", words)
        else:
            attached(said, one)
    if text(extra.get("image")):
        said.missing("Image", text(extra.get("title")) or last_of(text(extra.get("image"))))
    for one in objects(extra.get("media")):
        named = text(one.get("title")) or last_of(text(one.get("url")))
        said.missing(_KINDS.get(text(one.get("type")), "Image"), named)
