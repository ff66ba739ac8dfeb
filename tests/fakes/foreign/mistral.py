"""Mistral's Le Chat: `chat-….json` for each conversation, a list of messages in no order."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _message(key: str, role: str, second: int, content: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "version": 0,
        "chatId": "l-1",
        "content": content,
        "contentChunks": None,
        "role": role,
        "createdAt": f"2026-01-05T10:00:{second:02}.000Z",
        "reaction": "neutral",
        "canvas": [],
        "quotes": [],
        "files": [],
        **more,
    }


_TOOL = {
    "type": "tool_call",
    "name": "web_search",
    "isDone": True,
    "publicArguments": "{}",
    "publicResult": {"results": [{"url": "https://example.org/91", "title": "About 91"}]},
}
_MESSAGES = [
    _message(
        "m2",
        "assistant",
        2,
        "No: 7 × 13. Sure.",
        contentChunks=[
            {"type": "thinking", "thinking": [{"type": "text", "text": "Try seven."}]},
            _TOOL,
            {"type": "text", "text": "No: 7 × 13."},
            {"type": "reference", "referenceIds": [0]},
            {"type": "text", "text": " Sure."},
        ],
    ),
    _message("m1", "user", 1, "Is 91 prime?", files=[{"type": "image", "name": "fox.png"}]),
    _message("m3", "user", 3, "Draw and write"),
    _message(
        "m4",
        "assistant",
        4,
        "",
        contentChunks=[
            {"type": "image_url", "imageUrl": "https://example.org/made.jpg?x=1"},
            {"type": "custom_element", "kind": "chart"},
        ],
        canvas=[{"title": "Letter", "content": "Dear aunt", "type": "text/markdown"}],
    ),
]

SAMPLES: tuple[Sample, ...] = (
    sample(
        "mistral",
        "thoughts, a search, pictures and a canvas",
        _MESSAGES,
        chat(
            "Is 91 prime?",
            user("Is 91 prime?", "fox.png", when="2026-01-05T10:00:01+00:00"),
            answer(
                "No: 7 × 13. Sure.",
                "web_search",
                thoughts="Try seven.",
                sources=("https://example.org/91",),
            ),
            user("Draw and write"),
            answer("", "Image not imported: made.jpg", "custom_element", "Letter", "Dear aunt"),
        ),
    ),
    sample(
        "mistral",
        "plain messages",
        [_message("p1", "user", 1, "Hi", chatId="l-2"), _message("p2", "assistant", 2, "Hello.", chatId="l-2")],
        chat("Hi", user("Hi"), answer("Hello.")),
    ),
)
