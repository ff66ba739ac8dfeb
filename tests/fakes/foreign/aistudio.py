"""Google AI Studio: a file in Google Drive for each prompt, its turns cut into chunks."""

from typing import Any

from tests.fakes.foreign.sample import PICTURE, Sample, answer, chat, sample, user


def _file(chunks: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "runSettings": {"temperature": 1.0, "model": "models/gemini-2.5-pro", "safetySettings": []},
        "systemInstruction": {},
        "chunkedPrompt": {"chunks": chunks, "pendingInputs": [{"text": "", "role": "user"}]},
        **more,
    }


_RICH = [
    {"driveImage": {"id": "abc"}, "role": "user", "tokenCount": 258},
    {"inlineImage": {"mimeType": "image/png", "data": PICTURE}, "role": "user"},
    {"text": "Is 91 prime?", "role": "user", "tokenCount": 5, "createTime": "2026-01-05T10:00:00.000Z"},
    {"text": "Try seven.", "role": "model", "isThought": True, "parts": [{"text": "Try seven.", "thought": True}]},
    {"executableCode": {"language": "PYTHON", "code": "print(91 % 7)"}, "role": "model"},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "0\n"}, "role": "model"},
    {
        "text": "No: 7 × 13.",
        "role": "model",
        "finishReason": "STOP",
        "createTime": "2026-01-05T10:00:09.000Z",
        "grounding": {"groundingSources": [{"referenceNumber": 1, "title": "About 91", "uri": "https://example.org/"}]},
    },
    {"youtubeVideo": {"id": "x1"}, "role": "user"},
    {"driveDocument": {"id": "doc"}, "text": "And these?", "role": "user"},
    {"role": "model", "errorMessage": "Resource exhausted."},
]
_PARTS = [
    {"role": "user", "parts": [{"text": "First "}, {"text": "half"}]},
    {"role": "model", "parts": [{"text": "Hm.", "thought": True}, {"text": "Sec"}, {"text": "ond."}]},
    {"role": "user", "text": "A"},
    {"role": "user", "text": "B"},
    {"role": "model", "text": ""},
]

SAMPLES: tuple[Sample, ...] = (
    sample(
        "aistudio",
        "thoughts, code, pictures, a search and an error",
        _file(_RICH, systemInstruction={"parts": [{"text": "Short."}]}),
        chat(
            "Is 91 prime?",
            user("Is 91 prime?", "Image not imported", pictures=1, when="2026-01-05T10:00:00+00:00"),
            answer(
                "",
                "```python\nprint(91 % 7)\n```",
                "```\n0\n```",
                "No: 7 × 13.",
                thoughts="Try seven.",
                sources=("https://example.org/",),
                model="gemini-2.5-pro",
            ),
            user("And these?", "https://www.youtube.com/watch?v=x1", "File not imported"),
            answer("", error="Resource exhausted."),
            system="Short.",
            model="gemini-2.5-pro",
        ),
    ),
    sample(
        "aistudio",
        "texts in parts alone",
        _file(_PARTS, systemInstruction={"text": "Rhyme."}),
        chat(
            "First half",
            user("First half"),
            answer("Second.", thoughts="Hm."),
            user("A"),
            user("B"),
            system="Rhyme.",
            model="gemini-2.5-pro",
        ),
    ),
)
