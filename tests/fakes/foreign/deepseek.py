"""DeepSeek: `conversations.json`, a list of trees like ChatGPT's, whose messages are fragments without a role."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _node(key: str, parent: str | None, children: list[str], **message: Any) -> dict[str, Any]:
    return {"id": key, "parent": parent, "children": children, "message": message or None}


def _tree(*nodes: dict[str, Any], key: str = "d-1", title: str = "Primes") -> dict[str, Any]:
    return {
        "id": key,
        "title": title,
        "inserted_at": "2026-01-05T18:00:00.123000+08:00",
        "updated_at": "2026-01-05T18:05:00.123000+08:00",
        "mapping": {one["id"]: one for one in nodes},
    }


def _part(kind: str, content: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": kind, "content": content, **more}


def _at(second: int) -> str:
    return f"2026-01-05T18:00:{second:02}.500000+08:00"


_ASKED = [_part("REQUEST", "Is 91 prime?")]
_THOUGHT = [_part("THINK", "Try seven.", elapsed_secs=2.5), _part("RESPONSE", "No: 7 × 13.")]
_FOUND = [
    _part("SEARCH", results=[{"url": "https://example.org/91", "title": "About 91", "cite_index": 1}]),
    _part("TOOL_OPEN", {"url": "https://example.org/91"}),
    _part("RESPONSE", "It is seven [citation:1] times thirteen.[citation:9]"),
]
_BRANCHED = _tree(
    _node("root", None, ["1"]),
    _node("1", "root", ["2", "3"], model="deepseek-chat", inserted_at=_at(1), files=[], fragments=_ASKED),
    _node("2", "1", [], model="deepseek-reasoner", inserted_at=_at(2), files=[], fragments=_THOUGHT),
    _node("3", "1", ["4"], model="deepseek-chat", inserted_at=_at(9), files=[], fragments=_FOUND),
    _node(
        "4",
        "3",
        [],
        model="deepseek-chat",
        inserted_at=_at(12),
        files=[{"file_name": "proof.pdf", "file_size": 12}],
        fragments=[_part("REQUEST", "And this?")],
    ),
)
_OF_OLD = _tree(
    _node("root", None, ["1"]),
    _node("1", "root", ["2"], model="deepseek-reasoner", inserted_at=_at(1), content="Hi", reasoning_content=None),
    _node(
        "2", "1", [], model="deepseek-reasoner", inserted_at=_at(2), content="Hello.", reasoning_content="A greeting."
    ),
    key="d-2",
    title="Of old",
)

_SESSION = {"id": "d-3", "title": "Saved", "inserted_at": 1767607200.5, "updated_at": 1767607300.5, "pinned": True}
_MESSAGES = [
    {"message_id": 1, "parent_id": None, "role": "USER", "fragments": _ASKED, "inserted_at": 1767607201.5},
    {"message_id": 2, "parent_id": 1, "role": "ASSISTANT", "content": "No.", "thinking_content": "Hm."},
    {"message_id": 3, "parent_id": 1, "role": "ASSISTANT", "fragments": _THOUGHT},
]
_SAVED = {"code": 0, "data": {"biz_data": {
    "chat_session": {**_SESSION, "current_message_id": 2}, "chat_messages": _MESSAGES}}}  # fmt: skip

SAMPLES: tuple[Sample, ...] = (
    sample(
        "deepseek",
        "thoughts, search, a file and two answers",
        [_BRANCHED],
        chat(
            "Primes",
            user("Is 91 prime?", when="2026-01-05T10:00:01.500000+00:00"),
            answer(
                "It is seven [1](https://example.org/91) times thirteen.",
                "TOOL_OPEN",
                sources=("https://example.org/91",),
                model="deepseek-chat",
            ),
            user("And this?", "proof.pdf"),
            beside=(answer("No: 7 × 13.", thoughts="Try seven.", model="deepseek-reasoner"),),
            model="deepseek-chat",
        ),
    ),
    sample(
        "deepseek",
        "one conversation as the API gives it",
        _SAVED,
        chat(
            "Saved",
            user("Is 91 prime?", when="2026-01-05T10:00:01.500000+00:00"),
            answer("No.", thoughts="Hm."),
            beside=(answer("No: 7 × 13.", thoughts="Try seven."),),
            pinned=True,
        ),
    ),
    sample(
        "deepseek",
        "messages without fragments, as in 2025",
        [_OF_OLD],
        chat("Of old", user("Hi"), answer("Hello.", thoughts="A greeting."), model="deepseek-reasoner"),
    ),
)
