"""LM Studio: a `….conversation.json` for each conversation, every message with its versions."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _message(*versions: dict[str, Any], selected: int = 0) -> dict[str, Any]:
    return {"versions": list(versions), "currentlySelected": selected}


def _asked(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "singleStep", "role": "user", "content": list(content)}


def _answered(*steps: dict[str, Any], model: str = "qwen3") -> dict[str, Any]:
    return {"type": "multiStep", "role": "assistant", "senderInfo": {"senderName": model}, "steps": list(steps)}


def _step(*content: dict[str, Any], thinks: bool = False) -> dict[str, Any]:
    style = {"style": {"type": "thinking", "ended": True}, "prefix": "<think>", "suffix": "</think>"} if thinks else {}
    return {"type": "contentBlock", "stepIdentifier": "s", "content": list(content), **style}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


_CALL = {"type": "toolCallRequest", "callId": 1, "name": "web_search", "parameters": {}}
_RESULT = {"type": "toolCallResult", "toolCallRequestId": "1", "content": "[]"}
_IMAGE = {"type": "file", "fileIdentifier": "fox.png", "fileType": "image", "sizeBytes": 9}
_FILE: dict[str, Any] = {
    "name": "Primes",
    "pinned": True,
    "createdAt": 1767607200000,
    "preset": "",
    "tokenCount": 9,
    "systemPrompt": "Short.",
    "messages": [
        _message(_asked(_text("Is 91 prime?"), _IMAGE)),
        _message(
            _answered(_step(_text("No."))),
            _answered(
                _step(_text("Try."), thinks=True),
                _step(_CALL),
                _step(_RESULT),
                {"type": "toolStatus", "callId": 1},
                _step(_text("No: "), _text("7 × 13.")),
                {"type": "debugInfoBlock", "debugInfo": "x"},
                model="qwen3-8b",
            ),
            selected=1,
        ),
        _message(_asked(_text("Sure?"))),
        _message(_answered()),
    ],
    "lastUsedModel": {"identifier": "qwen3", "indexedModelIdentifier": "qwen/qwen3"},
}
_FIELDS = {"fields": [{"key": "llm.prediction.systemPrompt", "value": "Rhyme."}]}
_PLAIN = {
    "name": "",
    "createdAt": 1767607300000,
    "messages": [_message(_asked(_text("Hi")))],
    "perChatPredictionConfig": _FIELDS,
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "lmstudio",
        "versions, thoughts, a tool and a picture",
        _FILE,
        chat(
            "Primes",
            user("Is 91 prime?", "fox.png"),
            answer("No: 7 × 13.", "web_search", thoughts="Try.", model="qwen3-8b"),
            user("Sure?"),
            beside=(answer("No.", model="qwen3"),),
            system="Short.",
            model="qwen3",
            pinned=True,
        ),
    ),
    sample("lmstudio", "without a name", _PLAIN, chat("Hi", user("Hi"), system="Rhyme.")),
)
