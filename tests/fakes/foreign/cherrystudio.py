"""Cherry Studio: the `data.json` of a backup, topics and blocks in tables, titles in what the browser kept."""

import json
from typing import Any

from tests.fakes.foreign.sample import PICTURE_URL, Sample, answer, chat, sample, user


def _said(key: str, role: str, *blocks: str, **more: Any) -> dict[str, Any]:
    made = {"id": key, "role": role, "blocks": list(blocks), "status": "success", "topicId": "c-1"}
    return made | {"createdAt": "2026-01-05T10:00:01.000Z"} | more


def _block(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "messageId": "m", "type": kind, "status": "success", **more}


_TOPIC = {
    "id": "c-1",
    "messages": [
        _said("m1", "user", "b1", "b2"),
        _said("m2", "assistant", "b3", askId="m1", model={"id": "gpt-5", "name": "GPT-5"}),
        _said("m3", "assistant", "b4", "b5", "b6", "b7", askId="m1", foldSelected=True, model={"id": "deepseek-r1"}),
        _said("c", "user", type="clear"),
        _said("m4", "user", "b8"),
        _said("m5", "assistant", "b9", "b10", "b11", "gone", askId="m4"),
    ],
}
_BLOCKS = [
    _block("b1", "main_text", content="Is 91 prime?"),
    _block("b2", "file", file={"name": "1.pdf", "origin_name": "proof.pdf", "type": "document"}),
    _block("b3", "main_text", content="No."),
    _block("b4", "thinking", content="Try."),
    _block("b5", "tool", toolName="web_search", content="found"),
    _block("b6", "main_text", content="No: 7 × 13."),
    _block(
        "b7",
        "citation",
        response={
            "source": "tavily",
            "results": {"results": [{"title": "About 91", "url": "https://example.org/91", "content": "…"}]},
        },
    ),
    _block("b8", "main_text", content="Draw it"),
    _block("b9", "image", url=PICTURE_URL),
    _block("b10", "code", content="print(91)", language="python"),
    _block("b11", "error", error={"name": "AI", "message": "Quota exceeded."}),
]
_ASSISTANT = {
    "id": "a",
    "name": "Maths",
    "prompt": "Short.",
    "topics": [{"id": "c-1", "name": "Primes", "createdAt": "2026-01-05T10:00:00.000Z", "pinned": True}],
}
_KEPT = {"persist:cherry-studio": json.dumps({"assistants": json.dumps({"assistants": [_ASSISTANT]})})}
_OLD_TOPIC = {
    "id": "c-2",
    "messages": [
        {"id": "o1", "role": "user", "content": "Hi", "createdAt": "2025-01-05T10:00:00.000Z", "type": "text"},
        {
            "id": "o2",
            "role": "assistant",
            "content": "<think>A greeting.</think>Hello.",
            "createdAt": "2025-01-05T10:00:02.000Z",
            "modelId": "qwen",
            "files": [{"origin_name": "a.png", "type": "image"}],
            "metadata": {"citations": ["https://example.org/hi"]},
        },
    ],
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "cherrystudio",
        "blocks, two models, a tool, files, a picture and an error",
        {
            "time": 1767607200000,
            "version": 5,
            "localStorage": _KEPT,
            "indexedDB": {"topics": [_TOPIC, {"id": "c-0", "messages": []}], "message_blocks": _BLOCKS, "files": []},
        },
        chat(
            "Primes",
            user("Is 91 prime?", "proof.pdf", when="2026-01-05T10:00:01+00:00"),
            answer(
                "No: 7 × 13.", "web_search", thoughts="Try.", model="deepseek-r1", sources=("https://example.org/91",)
            ),
            user("Draw it"),
            answer("", "```python\nprint(91)\n```", "Part not imported", error="Quota exceeded.", pictures=1),
            beside=(answer("No.", model="gpt-5"),),
            system="Short.",
            model="deepseek-r1",
            pinned=True,
        ),
    ),
    sample(
        "cherrystudio",
        "messages without blocks, as of old",
        {
            "time": 1,
            "version": 3,
            "localStorage": {"persist:cherry-studio": "{"},
            "indexedDB": {"topics": [_OLD_TOPIC]},
        },
        chat(
            "Hi",
            user("Hi"),
            answer("Hello.", "a.png", thoughts="A greeting.", model="qwen", sources=("https://example.org/hi",)),
            model="qwen",
        ),
    ),
)
