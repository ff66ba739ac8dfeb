"""Open WebUI's export: a list of rows, each with a `chat` that has a `history` of messages by id.

Thoughts stand in the text there, as HTML that folds; here they stand beside it.
"""

import html
import re
from collections.abc import Mapping
from typing import Any, Final

from webapp.conversations.messages import Source
from webapp.conversations.pictures import read_picture
from webapp.documents.document import Document, DocumentMessage, DocumentPicture
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text, without_skipped
from webapp.documents.imports.times import Clock, moment
from webapp.rendering.safety import is_web_address

_FOLDED: Final = re.compile(
    r"<details type=\"(?P<kind>reasoning|tool_calls|code_interpreter)\"[^>]*>\n?"
    r"(?:<summary>[^<]*</summary>)?(?P<body>.*?)</details>\n?",
    re.DOTALL,
)
_QUOTED: Final = re.compile(r"^> ?", re.MULTILINE)


def is_openwebui(value: Any) -> bool:
    """A row with a `chat` in it, or, as it was written before there were rows, what is in the `chat`."""
    if not isinstance(value, dict):
        return False
    chat = value.get("chat", value)
    has_tree = accepts(chat, history=dict) and accepts(chat["history"], messages=dict)
    return has_tree or (chat is not value and accepts(chat, messages=list))


def read_openwebui(value: Any) -> Document:
    chat = mapping(value.get("chat", value))
    history = mapping(chat.get("history"))
    began = moment(value.get("created_at")) or moment(chat.get("timestamp"))
    clock = Clock(began)
    by_id = mapping(history.get("messages")) or _linear(chat)
    parents = {key: name(mapping(one).get("parentId")) for key, one in by_id.items()}
    read = [_message(key, mapping(one), clock) for key, one in by_id.items()]
    messages, skipped = without_skipped([one for one in read if one is not None], parents)
    return document(
        name(value.get("id")) or name(chat.get("id")),
        value.get("title") or chat.get("title"),
        messages,
        leaf=skipped.kept_at(name(history.get("currentId"))),
        created_at=began,
        updated_at=moment(value.get("updated_at")),
        model=_model(chat),
        system_prompt=text(mapping(chat.get("params")).get("system")) or text(chat.get("system")),
        archived=value.get("archived") is True,
        pinned=value.get("pinned") is True,
    )


def _linear(chat: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The messages of an old export, which are a list, each below the one before."""
    made, before = dict[str, Mapping[str, Any]](), None
    for place, one in enumerate(objects(chat.get("messages"))):
        key = name(one.get("id")) or f"message {place}"
        made[key] = {"parentId": before, **one}
        before = key
    return made


def _model(chat: Mapping[str, Any]) -> str:
    models = chat.get("models")
    return next((text(one) for one in models if text(one)), "") if isinstance(models, list) else ""


def _message(key: str, message: Mapping[str, Any], clock: Clock) -> DocumentMessage | None:
    role, node_id = message.get("role"), name(key)
    if role not in ("user", "assistant", "system") or node_id is None:
        return None
    content, thoughts = _unfolded(text(message.get("content"))) if role == "assistant" else (message.get("content"), "")
    usage, problem = mapping(message.get("usage")), mapping(message.get("error"))
    error = text(problem.get("content")) or ("No answer came." if message.get("error") is True else "")
    return DocumentMessage(
        id=node_id,
        role=role,
        content=text(content),
        reasoning=thoughts or text(message.get("reasoning_content")),
        status="failed" if error else "complete",
        error_message=error,
        created_at=clock.at(moment(message.get("timestamp"))),
        model=text(message.get("model")) if role == "assistant" else "",
        prompt_tokens=_number(usage.get("prompt_tokens")),
        completion_tokens=_number(usage.get("completion_tokens")),
        sources=_sources(message),
        pictures=_pictures(node_id, message),
    )


def _unfolded(content: str) -> tuple[str, str]:
    """What is said, and what was thought before."""
    thoughts = [
        _QUOTED.sub("", html.unescape(found["body"].strip()))
        for found in _FOLDED.finditer(content)
        if found["kind"] == "reasoning"
    ]
    return _FOLDED.sub("", content).strip(), "\n\n".join(thoughts)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _sources(message: Mapping[str, Any]) -> tuple[Source, ...]:
    found = (mapping(one.get("source")) for one in objects(message.get("sources") or message.get("citations")))
    urls = ((text(one.get("url")) or text(one.get("name")), text(one.get("name"))) for one in found)
    return tuple(Source(url, title if title != url else "") for url, title in urls if is_web_address(url))


def _pictures(key: str, message: Mapping[str, Any]) -> tuple[DocumentPicture, ...]:
    """Pictures that stand in the file itself; others are addresses of the server that wrote it."""
    urls = [text(one.get("url")) for one in objects(message.get("files")) if one.get("type") == "image"]
    read = [picture for url in urls if (picture := read_picture(url)) is not None]
    return tuple(
        DocumentPicture(id=f"{key[:150]} {number}", media_type=one.media_type, data=one.data)
        for number, one in enumerate(read)
    )
