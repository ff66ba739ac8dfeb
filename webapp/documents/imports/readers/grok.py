"""Grok's export of xAI: `prod-grok-backend.json`, with responses that name the one above them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports import marks
from webapp.documents.imports.readers.parts import cited, last_of
from webapp.documents.imports.readers.turns import Turn
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text, without_skipped
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import Marked, closed_by, marked
from webapp.documents.imports.times import Clock, moment

_CARD: Final = re.compile(r"<grok:[a-z_]+\b[^<>]*>")
_CARD_END: Final = re.compile("</grok:[a-z_]+>")
_ARTIFACT: Final = re.compile(r"<xaiArtifact\b[^<>]*>")
_USED: Final = re.compile(r"<xai:tool_usage_card\b[^<>]*>")
_TOOL: Final = re.compile(r"<xai:tool_name>([^<]*)</xai:tool_name>")


def is_grok(value: Any) -> bool:
    return _is_chat(value) or (
        accepts(value, conversations=list) and any(_is_chat(one) for one in value["conversations"])
    )


def _is_chat(value: Any) -> bool:
    return accepts(value, conversation=dict, responses=list)


def split_grok(value: Any) -> Iterator[Any]:
    return iter([value]) if _is_chat(value) else (one for one in value["conversations"] if _is_chat(one))


def read_grok(value: Any) -> Document:
    about = value["conversation"]
    began = moment(about.get("create_time"))
    parents, read, clock = dict[str, str | None](), list[DocumentMessage](), Clock(began)
    before: str | None = None
    for place, one in enumerate(objects(value["responses"])):
        response = mapping(one.get("response"))
        key = name(response.get("_id")) or f"message {place}"
        named = name(response.get("parent_response_id"))
        parents[key] = named if named is not None or "_id" in response else before
        before = key
        turn = _turn(response)
        if not turn.is_empty:
            read.append(turn.message(key, clock))
    known = {key: above if above in parents else None for key, above in parents.items()}
    messages, skipped = without_skipped(read, known)
    return document(
        name(about.get("id")),
        about.get("title"),
        messages,
        leaf=skipped.kept_at(leaf if (leaf := name(about.get("leaf_response_id"))) in parents else before),
        created_at=began,
        updated_at=moment(about.get("modify_time")),
        pinned=about.get("starred") is True,
    )


def _turn(response: Mapping[str, Any]) -> Turn:
    said, is_asked = Said(), text(response.get("sender")).lower() in ("human", "user")
    said.thought(_thought(text(response.get("thinking_trace"))))
    for one in objects(response.get("agent_thinking_traces")):
        said.thought(_thought(text(one.get("thinking_trace"))))
    if is_asked:
        said.text(text(response.get("message")) or text(response.get("query")))
    else:
        _answer(said, text(response.get("message")), _cards(response))
    for one in (response, *objects(response.get("steps"))):
        for key in ("cited_web_search_results", "web_search_results", "webpage_urls"):
            cited(said, one.get(key))
    for post in objects(response.get("xposts")):
        said.source(_post(post), text(post.get("name")))
    for url in _texts(response.get("generated_image_urls")):
        said.missing("Image", last_of(url))
    for _ in _texts(response.get("file_attachments")):
        said.missing("File")
    return Turn(
        "user" if is_asked else "assistant",
        said,
        moment(response.get("create_time")),
        text(response.get("model")),
        text(response.get("error")),
    )


def _post(post: Mapping[str, Any]) -> str:
    """The address of a post on X."""
    author, key = text(post.get("username")), text(post.get("post_id"))
    return f"https://x.com/{author}/status/{key}" if author and key else ""


def _answer(said: Said, words: str, cards: Mapping[str, str]) -> None:
    for piece in marked(words, _ARTIFACT, closed_by("</xaiArtifact>")):
        if isinstance(piece, Marked):
            said.block(piece.attribute("title"), piece.body.strip("\n"), _language(piece.attribute("contentType")))
        else:
            shown = marked(piece, _CARD, _Cards())
            linked = "".join(_card(one, cards) if isinstance(one, Marked) else one for one in shown)
            said.text(linked if piece is words else linked.strip("\n"))


def _language(kind: str) -> str:
    """The language of an artifact, whose kind is such as "text/python"."""
    plain = "" if kind == "text/plain" else kind.rpartition("/")[2]
    return marks.language_of(kind) or plain


class _Cards:
    """Where a card ends: at its end mark, or, if it has none, at once."""

    def __init__(self) -> None:
        self._last: int | None = None  # from here on there are no more end marks

    def __call__(self, words: str, place: int) -> tuple[int, int]:
        is_open = not words.endswith("/>", 0, place) and (self._last is None or place < self._last)
        found = _CARD_END.search(words, place) if is_open else None
        if found is None and is_open:
            self._last = place
        return found.span() if found else (place, place)


def _cards(response: Mapping[str, Any]) -> dict[str, str]:
    """The links to the cards that an answer shows, by their ids."""
    found = dict[str, str]()
    for one in _texts(response.get("card_attachments_json")):
        try:
            card = mapping(msgspec.json.decode(one))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            continue
        if url := text(card.get("url")):
            found.setdefault(text(card.get("id")), f"[{len(found) + 1}]({url})")
    return found


def _card(card: Marked, cards: Mapping[str, str]) -> str:
    """A citation becomes a link, a picture is named; others show nothing that could come."""
    if "image" in card.attribute("card_type"):
        return marks.missing("Image")
    return cards.get(card.attribute("card_id"), "")


def _thought(words: str) -> str:
    pieces = list[str]()
    for one in marked(words, _USED, closed_by("</xai:tool_usage_card>")):
        if isinstance(one, Marked):
            named = _TOOL.search(one.body)
            pieces.append(marks.tool(named[1] if named else ""))
        else:
            pieces.append(one.strip())
    return "\n\n".join(piece for piece in pieces if piece)


def _texts(value: Any) -> Iterator[str]:
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else iter(())
