"""Jan: the `messages.jsonl` of a thread."""

from typing import Any

from tests.fakes.foreign.sample import PICTURE_URL, Sample, answer, chat, lines, user


def _said(key: str, role: str, second: int, *content: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {"id": key, "object": "thread.message", "thread_id": "j-1", "role": role, "content": list(content)}
    return made | {"created_at": 1767607200000 + second * 1000, "status": "ready", "metadata": {}} | more


def _text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": []}}


SAMPLES: tuple[Sample, ...] = (
    lines(
        "jan",
        "messages of a thread, with thoughts and a picture",
        [
            _said("m1", "user", 1, _text("What is it?"), {"type": "image_url", "image_url": {"url": PICTURE_URL}}),
            _said("m2", "assistant", 2, _text("<think>Red.</think>A fox."), metadata={"model": "qwen3"}),
            _said("m3", "user", 3, _text("Sure?")),
            _said("m4", "assistant", 4, status="error", metadata={"error": "No model."}),
        ],
        chat(
            "What is it?",
            user("What is it?", pictures=1, when="2026-01-05T10:00:01+00:00"),
            answer("A fox.", thoughts="Red.", model="qwen3"),
            user("Sure?"),
            answer("", error="No model."),
            model="qwen3",
        ),
    ),
)
