"""Chatbox: a backup of its store, sessions under keys of their own, or of old in one list."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _said(key: str, role: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": key, "role": role, "contentParts": list(parts), "timestamp": 1767607201000, **more}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


_SEARCHED = {
    "type": "tool-call",
    "state": "result",
    "toolCallId": "c",
    "toolName": "web_search",
    "args": {},
    "result": {"searchResults": [{"title": "About 91", "link": "https://example.org/91", "snippet": "…"}]},
}
_SESSION = {
    "id": "x-1",
    "type": "chat",
    "name": "Primes",
    "starred": True,
    "threadName": "Now",
    "messages": [
        _said("m0", "system", _text("Short.")),
        _said(
            "m1",
            "user",
            _text("Is 91 prime?"),
            {"type": "image", "storageKey": "k"},
            files=[{"id": "f", "name": "a.pdf", "fileType": "application/pdf"}],
            links=[{"id": "l", "url": "https://example.org/page", "title": "A page"}],
        ),
        _said("m2", "assistant", {"type": "reasoning", "text": "Try."}, _SEARCHED, _text("No: 7 × 13."), model="gpt-5"),
        _said("m3", "user", _text("More")),
        _said("m4", "assistant", error="No credit.", errorCode=1),
    ],
    "messageForksHash": {
        "m1": {
            "position": 1,
            "lists": [{"id": "l0", "messages": [_said("k1", "assistant", _text("No."))]}, {"id": "l1", "messages": []}],
            "createdAt": 0,
        }
    },
    "threads": [
        {"id": "x-1t", "name": "Before", "createdAt": 1767607100000, "messages": [_said("t1", "user", _text("Old"))]}
    ],
}
_OLD = {
    "id": "x-2",
    "name": "Of old",
    "messages": [
        {"id": "o1", "role": "user", "content": "Hi"},
        {
            "id": "o2",
            "role": "assistant",
            "content": "Hello.",
            "reasoningContent": "A greeting.",
            "pictures": [{"url": "https://example.org/f.png"}],
            "webBrowsing": {"query": ["hi"], "links": [{"title": "Hi", "url": "https://example.org/hi"}]},
        },
    ],
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "chatbox",
        "one session by itself",
        {"id": "x-3", "name": "Alone", "messages": [_said("m1", "user", _text("Hi"))]},
        chat("Alone", user("Hi")),
    ),
    sample(
        "chatbox",
        "branches, a thread of before, a tool, files and an error",
        {
            "__exported_items": ["conversations"],
            "__exported_at": "2026-01-05T11:00:00.000Z",
            "chat-sessions-list": [{"id": "x-1", "name": "Primes", "type": "chat"}],
            "session:x-1": _SESSION,
            "settings": {"openaiKey": "sk-no"},
        },
        chat(
            "Primes",
            user(
                "Is 91 prime?",
                "Image not imported",
                "a.pdf",
                "https://example.org/page",
                when="2026-01-05T10:00:01+00:00",
            ),
            answer("No: 7 × 13.", "web_search", thoughts="Try.", model="gpt-5", sources=("https://example.org/91",)),
            user("More"),
            answer("", error="No credit."),
            beside=(answer("No."),),
            system="Short.",
            model="gpt-5",
            pinned=True,
        ),
        chat("Before", user("Old"), pinned=True),
    ),
    sample(
        "chatbox",
        "sessions in a list, as of old",
        {"chat-sessions": [_OLD], "__exported_items": ["conversations"], "__exported_at": "2024-01-05T11:00:00.000Z"},
        chat(
            "Of old",
            user("Hi"),
            answer(
                "Hello.",
                "Image not imported",
                "web_search",
                thoughts="A greeting.",
                sources=("https://example.org/hi",),
            ),
        ),
    ),
)
