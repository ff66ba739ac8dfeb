"""ChatGPT's export: `conversations.json`, a list of conversations, each a `mapping` of nodes with parents.

Each node with text is a message. What is between two of them, thoughts, tools, canvases and made pictures, goes into
the answer below it; where none is below, it is an answer by itself.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.chatgpt_parts import instructions, piece_of
from webapp.documents.imports.reading import ConversationError, accepts, document, mapping, name, text, without_skipped
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


class _Node(NamedTuple):
    parent: str | None
    message: Mapping[str, Any]

    @property
    def role(self) -> str:
        return text(mapping(self.message.get("author")).get("role"))

    @property
    def is_tool(self) -> bool:
        """Whether a tool is called here, or gives an answer."""
        return self.role == "tool" or (text(self.message.get("recipient")) or "all") != "all"


class _Step(NamedTuple):
    """What was said on the way to a message, and the last node that said something."""

    key: str
    said: Said


def is_chatgpt(value: Any) -> bool:
    """Others write a `mapping` as well, whose messages have no author."""
    if not accepts(value, mapping=dict):
        return False
    messages = [mapping(node).get("message") for node in value["mapping"].values()]
    written = [one for one in messages if isinstance(one, dict)]
    return not written or any(accepts(one, author=dict) for one in written)


def read_chatgpt(value: Any) -> Document:
    nodes = {
        key: _Node(name(node.get("parent")), mapping(node.get("message")))
        for key, node in value["mapping"].items()
        if isinstance(node, dict) and name(key)
    }
    parents = {key: node.parent for key, node in nodes.items()}
    messages, skipped = without_skipped(_messages(nodes, _clock(value, nodes)), parents)
    return document(
        name(value.get("conversation_id")) or name(value.get("id")),
        value.get("title"),
        messages,
        leaf=skipped.kept_at(name(value.get("current_node"))),
        created_at=moment(value.get("create_time")),
        updated_at=moment(value.get("update_time")),
        model=text(value.get("default_model_slug")),
        system_prompt=instructions(node.message for node in nodes.values()),
        archived=value.get("is_archived") is True,
        pinned=value.get("is_starred") is True,
    )


def _clock(value: Mapping[str, Any], nodes: Mapping[str, _Node]) -> Clock:
    begun = moment(value.get("create_time"))
    known = (moment(node.message.get("create_time")) for node in nodes.values())
    return Clock(begun) if begun else Clock(moment(value.get("update_time")), *known)


def _messages(nodes: Mapping[str, _Node], clock: Clock) -> list[DocumentMessage]:
    """The messages of all nodes, without their place in the tree."""
    children = Counter(node.parent for node in nodes.values())
    canvases = {node.parent: title for node in nodes.values() if (title := _canvas(node))}
    made, steps = list[DocumentMessage](), dict[str | None, _Step]()  # by the node that they have got to
    for key in _downwards(nodes):
        node, above = nodes[key], nodes.get(nodes[key].parent or "")
        is_after_tool = above is not None and above.is_tool
        piece = piece_of(node.message, canvas=canvases.get(key, ""), is_after_tool=is_after_tool)
        before = steps.pop(node.parent, None)
        is_answer = node.role not in ("user", "system")
        if before is not None and (children[node.parent] > 1 or (piece.is_text and not is_answer)):
            made.append(_message(before.key, nodes[before.key], before.said, clock))
            before = None
        said = before.said if before else Said()
        said.add(piece.said)
        if piece.is_text:
            made.append(_message(key, node, said, clock))
        elif not said.is_empty:
            steps[key] = _Step(before.key if before and piece.said.is_empty else key, said)
    made += [_message(one.key, nodes[one.key], one.said, clock) for one in steps.values() if one.said.has_words]
    return made


def _message(key: str, node: _Node, said: Said, clock: Clock) -> DocumentMessage:
    details = mapping(node.message.get("metadata"))
    is_cut = mapping(details.get("finish_details")).get("type") == "interrupted"
    role: Literal["user", "system", "assistant"] = (
        "user" if node.role == "user" else "system" if node.role == "system" else "assistant"
    )
    return said.message(
        key,
        role,
        clock.at(moment(node.message.get("create_time"))),
        model=text(details.get("model_slug")) if role == "assistant" else "",
        status="stopped" if is_cut and role == "assistant" else "complete",
    )


def _canvas(node: _Node) -> str:
    """The title of the canvas that a tool worked on."""
    return text(mapping(mapping(node.message.get("metadata")).get("canvas")).get("title"))


def _downwards(nodes: Mapping[str, _Node]) -> Iterator[str]:
    """All nodes, each after its parent. ConversationError where parents lead in a ring."""
    below = dict[str | None, list[str]]()
    for key, node in nodes.items():
        below.setdefault(node.parent if node.parent in nodes else None, []).append(key)
    waiting, count = below.get(None, [])[::-1], 0
    while waiting:
        key = waiting.pop()
        count += 1
        yield key
        waiting += reversed(below.get(key, []))
    if count < len(nodes):
        raise ConversationError("Its messages answer each other in a ring.")
