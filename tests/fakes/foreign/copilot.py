"""GitHub Copilot in VS Code: a chat that was exported from its panel."""

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user

_RESPONSE = [
    {"kind": "mcpServersStarting", "didStartServerIds": []},
    {"kind": "thinking", "value": "Try."},
    {"kind": "toolInvocationSerialized", "toolId": "copilot_readFile", "invocationMessage": {"value": "Reading"}},
    {"value": "It is in ", "supportThemeIcons": False},
    {"kind": "inlineReference", "inlineReference": {"path": "/src/primes.py"}},
    {"value": ": 7 × 13."},
    {"kind": "textEditGroup", "uri": {"path": "/src/primes.py"}, "edits": []},
    {"kind": "hologram"},
]
_FILE = {
    "requesterUsername": "ann",
    "responderUsername": "GitHub Copilot",
    "initialLocation": "panel",
    "requests": [
        {
            "requestId": "r-1",
            "message": {"text": "Is 91 prime?", "parts": []},
            "variableData": {"variables": [{"kind": "file", "name": "file:a.py", "value": {}}]},
            "response": _RESPONSE,
            "modelId": "copilot/gpt-5",
            "timestamp": 1767607200000,
            "result": {"timings": {}},
        },
        {
            "requestId": "r-2",
            "message": {"parts": [{"text": "Sure"}, {"text": "?"}]},
            "response": [],
            "result": {"errorDetails": {"message": "Sorry, no answer."}},
        },
    ],
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "copilot",
        "thoughts, tools, edits and an error",
        _FILE,
        chat(
            "Is 91 prime?",
            user("Is 91 prime?", "file:a.py", when="2026-01-05T10:00:00+00:00"),
            answer(
                "It is in `primes.py`: 7 × 13.",
                "[Tool used: copilot_readFile]",
                "edit of primes.py",
                "hologram",
                thoughts="Try.",
                model="gpt-5",
            ),
            user("Sure?"),
            answer("", error="Sorry, no answer."),
            model="gpt-5",
        ),
    ),
)
