"""Hugging Face's chat-ui: `conversations.json` of its export, trees by their ancestors; and what its API gives."""

from typing import Any

from tests.fakes.foreign.sample import PICTURE, Sample, answer, chat, sample, user


def _said(key: str, origin: str, content: str, *above: str, **more: Any) -> dict[str, Any]:
    made = {"id": key, "from": origin, "content": content, "ancestors": list(above), "children": []}
    return made | {"createdAt": "2026-01-05T10:00:01.000Z", "updatedAt": "2026-01-05T10:00:01.000Z"} | more


_FILES = {"files": ["file-h-1.png"]}
_TREE = {
    "_id": "h-1",
    "title": "Primes",
    "model": "meta-llama/Llama-3.3-70B-Instruct",
    "rootMessageId": "m0",
    "preprompt": "Short.",
    "messages": [
        _said("m0", "system", "Short.", **_FILES),
        _said("m1", "user", "Is 91 prime?", "m0", **_FILES),
        _said("m2", "assistant", "No.", "m0", "m1", reasoning="Try.", **_FILES),
        _said("m3", "assistant", "<think>\nSeven.\n</think>\n\nNo: 7 × 13.", "m0", "m1", interrupted=True, **_FILES),
        _said("m4", "user", "Sure?", "m0", "m1", "m3", **_FILES),
    ],
    "createdAt": "2026-01-05T10:00:00.000Z",
    "updatedAt": "2026-01-05T10:00:09.000Z",
}
_OF_OLD = {
    "_id": {"$oid": "h-2"},
    "title": "Old",
    "model": "oasst",
    "messages": [
        {"id": "o1", "from": "user", "content": "Hi"},
        {
            "id": "o2",
            "from": "assistant",
            "content": "Hello.",
            "webSearch": {"contextSources": [{"title": "About", "link": "https://example.org/hi"}]},
        },
    ],
    "createdAt": "2023-06-05T10:00:00.000Z",
    "updatedAt": "2023-06-05T10:00:09.000Z",
}
_UPDATES = [
    {"type": "tool", "subtype": "call", "uuid": "u", "call": {"name": "image_gen", "parameters": {}}},
    {"type": "tool", "subtype": "error", "uuid": "v", "message": "No."},
    {"type": "webSearch", "messageType": "sources", "sources": [{"title": "S", "link": "https://example.org/s"}]},
    {"type": "file", "name": "made.webp", "sha": "0", "mime": "image/webp"},
    {"type": "finalAnswer", "text": "Done.", "interrupted": False},
]
_API = {
    "id": "h-3",
    "title": "Draw",
    "updatedAt": "2026-01-05T10:00:09.000Z",
    "modelId": "command-r",
    "messages": [
        {
            "id": "a1",
            "from": "user",
            "content": "Draw",
            "files": [
                {"type": "base64", "value": PICTURE, "mime": "image/png", "name": "fox.png"},
                {"type": "hash", "value": "0", "mime": "application/pdf", "name": "a.pdf"},
            ],
        },
        {"id": "a2", "from": "assistant", "content": "Done.", "updates": _UPDATES},
    ],
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "chatui",
        "branches, thoughts, and an old list with sources",
        [_TREE, _OF_OLD],
        chat(
            "Primes",
            user("Is 91 prime?", "file-h-1.png", when="2026-01-05T10:00:01+00:00"),
            answer("No: 7 × 13.", thoughts="Seven."),
            user("Sure?"),
            beside=(answer("No.", thoughts="Try."),),
            system="Short.",
            model="meta-llama/Llama-3.3-70B-Instruct",
        ),
        chat("Old", user("Hi"), answer("Hello.", sources=("https://example.org/hi",)), model="oasst"),
    ),
    sample(
        "chatui",
        "one conversation of the API, with tools and files",
        _API,
        chat(
            "Draw",
            user("Draw", "a.pdf", pictures=1),
            answer("Done.", "image_gen", "made.webp", sources=("https://example.org/s",)),
            model="command-r",
        ),
    ),
)
