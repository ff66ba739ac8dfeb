"""T3 Chat: threads and messages in two tables."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _said(key: str, thread: str, role: str, second: int, content: str, **more: Any) -> dict[str, Any]:
    made = {"messageId": key, "threadId": thread, "role": role, "content": content, "status": "done"}
    return made | {"created_at": 1767607200000 + second * 1000} | more


_FILE = {
    "threads": [
        {"threadId": "t-1", "title": "Primes", "created_at": 1767607200000, "model": "gpt-5", "pinned": True},
        {"threadId": "t-2", "title": "Nothing", "created_at": 1767607200000},
    ],
    "messages": [
        _said("m2", "t-1", "assistant", 2, "No: 7 × 13.", reasoning="Try seven.", model="gpt-5"),
        _said("m1", "t-1", "user", 1, "Is 91 prime?", attachments=[{"fileName": "fox.png", "mimeType": "image/png"}]),
        _said("m3", "t-1", "user", 3, "Sure?"),
        _said("m4", "t-1", "assistant", 4, "", status="error", serverError={"message": "No credit."}),
        _said("m5", "lost", "user", 5, "Whose am I?"),
    ],
    "version": "1",
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "t3chat",
        "tables, an attachment, an error, and a message without its thread",
        _FILE,
        chat(
            "Primes",
            user("Is 91 prime?", "fox.png", when="2026-01-05T10:00:01+00:00"),
            answer("No: 7 × 13.", thoughts="Try seven.", model="gpt-5"),
            user("Sure?"),
            answer("", error="No credit."),
            model="gpt-5",
            pinned=True,
        ),
        chat("Whose am I?", user("Whose am I?")),
    ),
)
