"""ShareGPT: `conversations` of turns `from` and `value`, in data sets as JSON and as JSON Lines."""

from tests.fakes.foreign.sample import Sample, answer, chat, lines, sample, user

_TURNS = [{"from": "system", "value": "Short."}, {"from": "human", "value": "Is 91 prime?"}]
_SHARED = [
    {"id": "s-1", "conversations": [*_TURNS, {"from": "gpt", "value": "<think>Try.</think>No: 7 × 13."}]},
    {"id": "s-2_0", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]},
]
_TOOLS = {
    "system": "Use tools.",
    "tools": "[]",
    "conversations": [
        {"from": "human", "value": "Weather?"},
        {"from": "function_call", "value": '{"name": "weather", "arguments": {}}'},
        {"from": "observation", "value": "sun"},
        {"from": "gpt", "value": "Sun."},
        {"from": "oracle", "value": "Beware."},
    ],
}
_OTHER_NAMES = {"conversations": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "sharegpt",
        "a list",
        _SHARED,
        chat("Is 91 prime?", user("Is 91 prime?"), answer("No: 7 × 13.", thoughts="Try."), system="Short."),
        chat("Hi", user("Hi"), answer("Hello.")),
    ),
    lines(
        "sharegpt",
        "lines, with tools, an unknown speaker and other names",
        [_TOOLS, _OTHER_NAMES],
        chat(
            "Weather?",
            user("Weather?"),
            answer("", "[Tool used: weather]", "Sun."),
            answer("", "oracle", "Beware."),
            system="Use tools.",
        ),
        chat("Hi", user("Hi"), answer("Hello.")),
    ),
)
