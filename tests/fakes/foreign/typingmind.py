"""TypingMind: all chats with their messages in one object."""

from typing import Any

from tests.fakes.foreign.sample import PICTURE_URL, Sample, answer, chat, sample, user


def _said(key: str, role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"uuid": key, "role": role, "content": content, "createdAt": "2026-01-05T10:00:01.000Z", **more}


_CHAT: dict[str, Any] = {
    "id": "t-1",
    "chatID": "t-1",
    "chatTitle": "Primes",
    "createdAt": "2026-01-05T10:00:00.000Z",
    "updatedAt": "2026-01-05T10:05:00.000Z",
    "model": "gpt-5",
    "chatParams": {"systemMessage": "Short.", "temperature": 1},
    "messages": [
        _said(
            "m1",
            "user",
            [
                {"type": "text", "text": "Is 91 prime?"},
                {"type": "tm_text_file", "text": "7 × 13", "metadata": {"name": "a.txt"}},
            ],
        ),
        _said(
            "m2",
            "assistant",
            [{"type": "thinking", "thinking": "Try."}, {"type": "text", "text": "No."}],
            model="claude-4",
        ),
        _said("m3", "user", [{"type": "image_url", "image_url": {"url": PICTURE_URL}}]),
        _said("m4", "assistant", "", tool_calls=[{"id": "c", "type": "function", "function": {"name": "web_search"}}]),
        _said("m5", "tool", "found", tool_call_id="c", name="web_search"),
        {
            "uuid": "m6",
            "type": "tm_multi_responses",
            "createdAt": "2026-01-05T10:00:06.000Z",
            "responses": [
                {"model": "gpt-5", "messages": [_said("r1", "assistant", "It is a fox.")]},
                {"model": "claude-4", "messages": [_said("r2", "assistant", "A fox.")]},
            ],
        },
        _said("m7", "user", "Thanks"),
    ],
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "typingmind",
        "one chat by itself",
        _CHAT | {"messages": _CHAT["messages"][-1:]},
        chat("Primes", user("Thanks"), system="Short.", model="gpt-5"),
    ),
    sample(
        "typingmind",
        "parts, thoughts, a tool, a picture and two models",
        {"data": {"chats": [_CHAT, _CHAT | {"id": "t-2", "messages": []}], "folders": []}, "checksum": "0"},
        chat(
            "Primes",
            user("Is 91 prime?", "a.txt", "7 × 13", when="2026-01-05T10:00:01+00:00"),
            answer("No.", thoughts="Try.", model="claude-4"),
            user("", pictures=1),
            answer("", "[Tool used: web_search]", "It is a fox.", model="gpt-5"),
            user("Thanks"),
            beside=(answer("", "[Tool used: web_search]", "A fox.", model="claude-4"),),
            system="Short.",
            model="gpt-5",
        ),
    ),
)
