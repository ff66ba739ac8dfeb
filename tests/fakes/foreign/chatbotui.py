"""chatbot-ui: its export files of four versions, and what its second program lets one save of the first one."""

import json
from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user

_MESSAGES = [{"role": "user", "content": "Is 91 prime?"}, {"role": "assistant", "content": "No: 7 × 13."}]
_CHAT: dict[str, Any] = {
    "id": "b-1",
    "name": "Primes",
    "messages": _MESSAGES,
    "model": {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000},
    "prompt": "Short.",
    "temperature": 1,
    "folderId": None,
}
_PLAIN = {"id": 1, "name": "First", "messages": _MESSAGES}
_READ = (user("Is 91 prime?"), answer("No: 7 × 13."))
_WHOLE = chat("Primes", *_READ, system="Short.", model="gpt-4")

SAMPLES: tuple[Sample, ...] = (
    sample(
        "chatbotui",
        "version 1",
        [_PLAIN, _PLAIN | {"id": 2, "name": "Second"}],
        chat("First", *_READ),
        chat("Second", *_READ),
    ),
    sample(
        "chatbotui", "version 2", {"history": [_PLAIN], "folders": [{"id": 1, "name": "Work"}]}, chat("First", *_READ)
    ),
    sample("chatbotui", "version 4", {"version": 4, "history": [_CHAT], "folders": [], "prompts": []}, _WHOLE),
    sample(
        "chatbotui",
        "what the browser kept",
        {"conversationHistory": json.dumps([_CHAT]), "folders": "[]", "apiKey": "sk-no", "prompts": None},
        _WHOLE,
    ),
)
