"""big-AGI: all conversations, or one, whose messages are fragments; of old, plain texts."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _said(key: str, role: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    fragments = [{"ft": "content", "fId": "f", "part": part} for part in parts]
    return {"id": key, "role": role, "fragments": fragments, "created": 1767607201000, "updated": None, **more}


_CITED = {"type": "citation", "url": "https://example.org/91", "title": "About 91", "ranges": []}
_DOC = {
    "ft": "attachment",
    "fId": "d",
    "title": "a.py",
    "part": {"pt": "doc", "vdt": "text/plain", "data": {"idt": "text", "text": "print(91)"}, "l1Title": "a.py"},
}
_CHAT: dict[str, Any] = {
    "id": "b-1",
    "messages": [
        _said("m0", "system", {"pt": "text", "text": "Short."}),
        _said("m1", "user", {"pt": "text", "text": "Is 91 prime?"}),
        _said(
            "m2",
            "assistant",
            {"pt": "ma", "aType": "reasoning", "aText": "Try."},
            {"pt": "tool_invocation", "id": "i", "invocation": {"type": "function_call", "name": "look", "args": "{}"}},
            {"pt": "tool_response", "id": "i", "error": False, "response": {"type": "function_call", "name": "look"}},
            {"pt": "text", "text": "No: 7 × 13."},
            {"pt": "annotations", "annotations": [_CITED]},
            {"pt": "image_ref", "altText": "A fox", "dataRef": {"reftype": "dblob"}},
            generator={"mgt": "aix", "name": "gpt-5", "aix": {"vId": "openai", "mId": "openai-gpt-5"}},
        ),
        {**_said("m3", "user", {"pt": "text", "text": "Run it"})},
        _said("m4", "assistant", {"pt": "error", "error": "No credit."}, {"pt": "ph", "pText": "..."}),
    ],
    "systemPurposeId": "Generic",
    "userTitle": "Primes",
    "autoTitle": "Numbers",
    "isArchived": True,
    "created": 1767607200000,
    "updated": 1767607300000,
}
_CHAT["messages"][3]["fragments"].append(_DOC)
_OLD = {
    "id": "b-2",
    "messages": [
        {"id": "o1", "role": "user", "sender": "You", "text": "Hi", "created": 1},
        {"id": "o2", "role": "assistant", "sender": "Bot", "text": "Hello.", "originLLM": "gpt-4", "created": 2},
    ],
    "systemPurposeId": "Generic",
    "autoTitle": "Of old",
    "created": 1687607200000,
    "updated": 1687607300000,
}
_READ_OLD = chat("Of old", user("Hi"), answer("Hello.", model="gpt-4"), model="gpt-4")

SAMPLES: tuple[Sample, ...] = (
    sample(
        "bigagi",
        "fragments, a tool, a file, sources and an error, beside texts of old",
        {"conversations": [_CHAT, _OLD], "models": {"sources": []}},
        chat(
            "Primes",
            user("Is 91 prime?", when="2026-01-05T10:00:01+00:00"),
            answer(
                "",
                "No: 7 × 13.",
                "[Tool used: look]",
                "Image not imported: A fox",
                thoughts="Try.",
                model="gpt-5",
                sources=("https://example.org/91",),
            ),
            user("Run it", "a.py", "print(91)"),
            answer("", error="No credit."),
            system="Short.",
            model="gpt-5",
            archived=True,
        ),
        _READ_OLD,
    ),
    sample("bigagi", "one conversation by itself", _OLD, _READ_OLD),
)
