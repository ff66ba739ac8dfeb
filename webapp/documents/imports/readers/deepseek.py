"""DeepSeek's export: `conversations.json`, a list of trees of messages that are made of fragments.

The kind of its fragments says whose a message is. In exports of before there are none: there questions and answers
take turns.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.readers.parts import attached, cited
from webapp.documents.imports.readers.turns import Role, Turn, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text, without_skipped
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import code_in
from webapp.documents.imports.times import Clock, moment

_CITATION: Final = re.compile(r"\[(?:citation|reference):(\d{1,6})\]")
_TOOLS: Final = ("TOOL_", "READ_LINK")
_SPOKEN: Final = ("REQUEST", "TEMPLATE_RESPONSE", "TIP")
_RESULTS: Final = ("results", "search_results")


def is_deepseek(value: Any) -> bool:
    return accepts(value, mapping=dict, inserted_at=str) or _session(value) is not None


def _session(value: Any) -> Any:
    """What the program's API says of one conversation, as extensions of browsers save it; None for anything else."""
    found = mapping(mapping(mapping(value).get("data")).get("biz_data")) or mapping(value)
    return found if accepts(found, chat_session=dict, chat_messages=list) else None


def split_deepseek(value: Any) -> Iterator[Any]:
    """The conversation as the export has it."""
    session = _session(value)
    if session is None:
        return iter([value])
    nodes = {
        str(one.get("message_id")): {"parent": name(one.get("parent_id")), "message": one}
        for one in objects(session["chat_messages"])
    }
    return iter([{**session["chat_session"], "mapping": nodes}])


def read_deepseek(value: Any) -> Document:
    nodes = {key: node for key, node in value["mapping"].items() if isinstance(node, dict)}
    parents = {key: name(node.get("parent")) for key, node in nodes.items()}
    clock, read = Clock(moment(value.get("inserted_at"))), list[DocumentMessage]()
    asking = _questions(parents)
    for key, node in nodes.items():
        message = mapping(node.get("message"))
        turn = _turn(message, role_of(message.get("role")) or ("user" if key in asking else "assistant"))
        if name(key) is not None and not turn.is_empty:
            read.append(turn.message(key, clock))
    messages, skipped = without_skipped(read, parents)
    return document(
        name(value.get("id")),
        value.get("title"),
        messages,
        leaf=skipped.kept_at(name(value.get("current_message_id"))) or _newest(messages),
        created_at=moment(value.get("inserted_at")),
        updated_at=moment(value.get("updated_at")),
        pinned=value.get("pinned") is True,
    )


def _turn(message: Mapping[str, Any], role: Role) -> Turn:
    said, fragments = Said(), list(objects(message.get("fragments")))
    kinds = {text(one.get("type")) for one in fragments}
    if fragments:
        role = "user" if "REQUEST" in kinds else "assistant"
    else:
        said.thought(text(message.get("reasoning_content")) or text(message.get("thinking_content")))
    results = [one for part in (message, *fragments) for key in _RESULTS for one in objects(part.get(key))]
    pages = {str(one.get("cite_index"))[:10]: text(one.get("url")) for one in results}
    for fragment in fragments or [{"type": "RESPONSE", "content": message.get("content")}]:
        _fragment(said, fragment, pages)
    cited(said, results)
    for one in objects(message.get("files")):
        attached(said, one)
    return Turn(role, said, moment(message.get("inserted_at")), text(message.get("model")))


def _fragment(said: Said, fragment: Mapping[str, Any], pages: Mapping[str, str]) -> None:
    kind, words = text(fragment.get("type")), text(fragment.get("content"))
    if kind == "THINK":
        said.thought(words)
    elif kind == "RESPONSE":
        said.text(_cited(words, pages))
    elif kind == "FILE":
        attached(said, fragment)
    elif kind.startswith(_TOOLS):
        if not any(key in fragment for key in _RESULTS):
            said.tool(kind)
        cited(said, [fragment.get("result")])
    elif words or kind in _SPOKEN:
        said.text(words)
    elif not any(key in fragment for key in _RESULTS):
        said.tool(kind)


def _cited(words: str, pages: Mapping[str, str]) -> str:
    """A text in which the marks for pages that were found are links; those of unknown ones are gone."""
    is_code = code_in(words)

    def link(found: re.Match[str]) -> str:
        url = pages.get(found[1], "")
        return found[0] if is_code(found.start()) else f"[{found[1]}]({url})" if url else ""

    return _CITATION.sub(link, words)


def _questions(parents: Mapping[str, str | None]) -> set[str]:
    """The nodes that are an odd number of steps below the root."""
    depths = dict[str, int]()
    for key in parents:
        way, above = dict[str, None](), str(key)
        while above in parents and above not in depths and above not in way:
            way[above] = None
            above = str(parents[above])
        depth = depths.get(above, -1)
        for one in reversed(way):
            depth += 1
            depths[one] = depth
    return {key for key, depth in depths.items() if depth % 2}


def _newest(messages: list[DocumentMessage]) -> str | None:
    """The end of the branch that was written last: the file doesn't say which is shown."""
    above = {one.parent_id for one in messages}
    ends: list[tuple[datetime, int, str]] = [
        (one.created_at, place, one.id) for place, one in enumerate(messages) if one.id not in above
    ]
    return max(ends)[2] if ends else None
