"""Messages as OpenAI's API takes them: an object, a list of objects or of messages, and lines for fine-tuning."""

from tests.fakes.foreign.sample import PICTURE, PICTURE_URL, Line, Sample, answer, chat, lines, sample, user

_PLAIN = [{"role": "user", "content": "Is 91 prime?"}, {"role": "assistant", "content": "No: 7 × 13."}]
_PARTS = [
    {"role": "developer", "content": "Short."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": PICTURE_URL, "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "https://example.org/f.png"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "x"}},
            {"type": "hologram"},
        ],
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c", "content": "fox"},
    {"role": "assistant", "content": "A fox.", "reasoning_content": "Red.", "weight": 1},
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "And?"},
    {"role": "assistant", "content": None, "refusal": "I won't."},
    {"role": "user", "content": ""},
    {"role": "assistant", "content": None, "function_call": {"name": "old_call", "arguments": "{}"}},
    {"role": "function", "name": "old_call", "content": "1"},
]
_RESPONSES = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello.", "annotations": []}]},
]
_ANTHROPIC = {
    "model": "claude-4",
    "system": [{"type": "text", "text": "Short."}],
    "messages": [
        {"role": "user", "content": "What is it?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Look."},
                {"type": "tool_use", "id": "t", "name": "look", "input": {}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "fox"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A fox."}]},
        {
            "role": "user",
            "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}],
        },
    ],
}
_BATCH = {"custom_id": "r-1", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": _PLAIN}}
_PREFERENCE = {
    "input": {"messages": _PLAIN[:1], "tools": []},
    "preferred_output": _PLAIN[1:],
    "non_preferred_output": [{"role": "assistant", "content": "Yes."}],
}
_PARTED = [
    {
        "id": "m1",
        "role": "user",
        "parts": [
            {"type": "text", "text": "What is it?"},
            {"type": "file", "mediaType": "image/png", "filename": "fox.png", "url": PICTURE_URL},
        ],
    },
    {
        "id": "m2",
        "role": "assistant",
        "parts": [
            {"type": "step-start"},
            {"type": "reasoning", "text": "Red."},
            {"type": "tool-look", "toolCallId": "c", "state": "output-available"},
            {"type": "source-url", "sourceId": "s", "url": "https://example.org/fox", "title": "Foxes"},
            {"type": "text", "text": "A fox."},
        ],
    },
]
_READ = (user("Is 91 prime?"), answer("No: 7 × 13."))

SAMPLES: tuple[Sample, ...] = (
    sample(
        "openai",
        "one object",
        {"messages": [{"role": "system", "content": "Short."}, *_PLAIN]},
        chat("Is 91 prime?", *_READ, system="Short."),
    ),
    sample("openai", "a bare list of messages", _PLAIN, chat("Is 91 prime?", *_READ)),
    sample("openai", "messages as the Responses API has them", _RESPONSES, chat("Hi", user("Hi"), answer("Hello."))),
    lines(
        "openai",
        "lines for fine-tuning",
        [{"messages": _PLAIN, "tools": []}, {"messages": [*_PLAIN, {"role": "user", "content": "Sure?"}]}],
        chat("Is 91 prime?", *_READ),
        chat("Is 91 prime?", *_READ, user("Sure?")),
    ),
    sample(
        "openai",
        "parts, tools, refusals and further instructions, with a title",
        [{"id": "o-1", "title": "Foxes", "model": "gpt-5", "created_at": 1767607200, "messages": _PARTS}],
        chat(
            "Foxes",
            user("What is it?", "https://example.org/f.png", "Audio not imported", "a.pdf", "hologram", pictures=1),
            answer("", "[Tool used: look]", "A fox.", thoughts="Red."),
            Line("system", "Be kind."),
            user("And?"),
            answer("I won't."),
            answer("", "[Tool used: old_call]"),
            system="Short.",
            model="gpt-5",
        ),
    ),
    sample(
        "openai",
        "messages as Anthropic's API has them",
        _ANTHROPIC,
        chat(
            "What is it?",
            user("What is it?"),
            answer("", "[Tool used: look]", "A fox.", thoughts="Look."),
            user("", pictures=1),
            system="Short.",
            model="claude-4",
        ),
    ),
    lines(
        "openai",
        "requests of a batch, and answers of which one is better",
        [_BATCH, _PREFERENCE],
        chat("Is 91 prime?", *_READ),
        chat("Is 91 prime?", *_READ, beside=(answer("Yes."),)),
    ),
    sample(
        "openai",
        "messages of parts alone, as the AI SDK has them",
        {"id": "o-2", "messages": _PARTED},
        chat(
            "What is it?",
            user("What is it?", pictures=1),
            answer("", "[Tool used: look]", "A fox.", thoughts="Red.", sources=("https://example.org/fox",)),
        ),
    ),
    sample(
        "openai",
        "with an id and a title of its own",
        {
            "conversationId": "b-1",
            "title": "Primes",
            "messages": [{"id": "m1", **_PLAIN[0]}, {"id": "m2", **_PLAIN[1]}],
        },
        chat("Primes", *_READ),
    ),
)
