"""LobeChat: sessions, topics and messages in tables of their own; of old as `state`, later as `data`."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _old(key: str, role: str, second: int, content: str, **more: Any) -> dict[str, Any]:
    made = {"id": key, "role": role, "content": content, "sessionId": "s", "topicId": "t"}
    return made | {"createdAt": 1767607200000 + second * 1000, "updatedAt": 1767607200000 + second * 1000} | more


_SESSION = {
    "id": "s",
    "type": "agent",
    "meta": {"title": "Maths"},
    "config": {"model": "gpt-5", "systemRole": "Short."},
    "createdAt": 1767607200000,
    "updatedAt": 1767607200000,
}
_TOPIC = {"id": "t", "sessionId": "s", "title": "Primes", "createdAt": 1767607200000, "updatedAt": 1767607300000}
_ARTIFACT = (
    "<lobeThinking>A picture.</lobeThinking>\nHere:\n\n"
    '<lobeArtifact identifier="fox" type="image/svg+xml" title="A fox">\n<svg></svg>\n</lobeArtifact>'
)
_STATE = {
    "sessions": [_SESSION],
    "sessionGroups": [],
    "topics": [_TOPIC | {"favorite": True}, _TOPIC | {"id": "empty", "title": "Nothing"}],
    "messages": [
        _old("m2", "assistant", 2, "No.", parentId="m1", extra={"fromModel": "gpt-5"}),
        _old("m1", "user", 1, "Is 91 prime?", files=["f"]),
        _old("m3", "assistant", 3, "No: 7 × 13.", parentId="m1", fromModel="gpt-5-mini"),
        _old("m4", "user", 4, "Draw it"),
        _old("m5", "assistant", 5, _ARTIFACT, parentId="m4"),
        _old("m6", "user", 6, "More"),
        _old("m7", "assistant", 7, "", parentId="m6", error={"type": "429", "message": "Too many requests."}),
        _old("x1", "user", 8, "Outside of topics", topicId=None),
    ],
}


def _row(key: str, role: str, second: int, content: str | None, **more: Any) -> dict[str, Any]:
    made = {"id": key, "role": role, "content": content, "sessionId": None, "topicId": "t", "threadId": None}
    made |= {"parentId": None, "tools": None, "reasoning": None, "search": None, "error": None, "model": None}
    return made | {"createdAt": f"2026-01-05T10:00:{second:02}.000Z"} | more


_SEARCH = {"citations": [{"url": "https://example.org/91", "title": "About 91"}], "searchQueries": ["91"]}
_TABLES = {
    "agents": [{"id": "a", "title": "Maths", "model": "gpt-5", "systemRole": "Rhyme."}],
    "agentsToSessions": [{"agentId": "a", "sessionId": "s"}],
    "sessions": [{"id": "s", "title": "Maths", "pinned": False}],
    "topics": [{"id": "t", "title": "Primes", "sessionId": "s", "favorite": False}],
    "threads": [{"id": "h", "topicId": "t", "sourceMessageId": "m2"}],
    "files": [{"id": "f", "name": "fox.png", "fileType": "image/png"}],
    "messagesFiles": [{"fileId": "f", "messageId": "m1"}],
    "messagePlugins": [{"id": "m3", "identifier": "web", "apiName": "search"}],
    "messages": [
        _row("m1", "user", 1, "Is 91 prime?"),
        _row(
            "m2", "assistant", 2, "", parentId="m1", model="gpt-5", tools=[{"identifier": "web", "apiName": "search"}]
        ),
        _row("m3", "tool", 3, '{"n": 91}', parentId="m2"),
        _row("m4", "assistant", 4, "No.", parentId="m3", reasoning={"content": "Try.", "duration": 9}, search=_SEARCH),
        _row("h1", "user", 5, "Aside", threadId="h"),
    ],
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "lobechat",
        "an export of 2024: two answers, an artifact, an error, and what is outside of topics",
        {"exportType": "sessions", "state": _STATE, "version": 7},
        chat(
            "Primes",
            user("Is 91 prime?", "File not imported", when="2026-01-05T10:00:01+00:00"),
            answer("No: 7 × 13.", model="gpt-5-mini"),
            user("Draw it"),
            answer("", "Here:", "A fox", "```svg\n<svg></svg>\n```", thoughts="A picture."),
            user("More"),
            answer("", error="Too many requests."),
            beside=(answer("No.", model="gpt-5"),),
            system="Short.",
            model="gpt-5",
            pinned=True,
        ),
        chat("Maths", user("Outside of topics"), system="Short.", model="gpt-5"),
    ),
    sample(
        "lobechat",
        "an export of 2025: tables, a tool, thoughts, sources and an aside",
        {"data": _TABLES, "mode": "pglite", "schemaHash": "0"},
        chat(
            "Primes",
            user("Is 91 prime?", "fox.png"),
            answer("", "[Tool used: web: search]", model="gpt-5"),
            answer("No.", thoughts="Try.", sources=("https://example.org/91",)),
            beside=(user("Aside"),),
            system="Rhyme.",
            model="gpt-5",
        ),
    ),
)
