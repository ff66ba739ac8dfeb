"""NextChat: a backup of the browser's store with all sessions."""

from typing import Any

from tests.fakes.foreign.sample import PICTURE_URL, Sample, answer, chat, sample, user


def _said(key: str, role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"id": key, "date": "1/5/2026, 10:00:01 AM", "role": role, "content": content, **more}


_PARTS = [{"type": "text", "text": "Is it red?"}, {"type": "image_url", "image_url": {"url": PICTURE_URL}}]
_LINKED = [
    {"type": "text", "text": "And it?"},
    {"type": "image_url", "image_url": {"url": "https://example.org/f.png"}},
]
_TOOL = {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": "{}"}, "isError": False}
_SESSION = {
    "id": "n-1",
    "topic": "Colours",
    "memoryPrompt": "They talked of colours.",
    "messages": [
        _said("m1", "user", _PARTS),
        _said("m2", "assistant", "<think>\nLook.\n</think>\n\nNo.", model="deepseek-r1", tools=[_TOOL]),
        _said("m3", "user", _LINKED, date="2026/1/5 10:00:03"),
        _said("m4", "assistant", '{"error": "No credit."}', isError=True),
        _said("m5", "user", "Speak", date="5.1.2026, 10:00:05"),
        _said("m6", "assistant", "Said.", audio_url="https://example.org/said.mp3"),
    ],
    "lastUpdate": 1767607300000,
    "mask": {
        "name": "New",
        "modelConfig": {"model": "gpt-4o"},
        "context": [_said("c1", "system", "Short."), _said("c2", "assistant", "Ask me.")],
    },
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "nextchat",
        "pictures, a tool, thoughts and an error",
        {
            "chat-next-web-store": {"sessions": [_SESSION, {"id": "n-2", "topic": "None", "messages": []}]},
            "access-control": {"openaiApiKey": "sk-no"},
            "app-config": {},
        },
        chat(
            "Colours",
            answer("Ask me."),
            user("Is it red?", pictures=1, when="2026-01-05T10:00:01+00:00"),
            answer("", "No.", "look_up", thoughts="Look.", model="deepseek-r1"),
            user("And it?", "https://example.org/f.png", when="2026-01-05T10:00:03+00:00"),
            answer("", error='{"error": "No credit."}'),
            user("Speak"),
            answer("Said.", "Audio not imported"),
            system="Short.",
            model="gpt-4o",
        ),
    ),
)
