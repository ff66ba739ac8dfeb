"""Msty: one conversation, and those that it is split into beside it."""

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user

_MESSAGES = [
    {"role": "system", "text": "Short."},
    {"role": "user", "text": "Is 91 prime?"},
    {"role": "assistant", "text": "<think>Try.</think>No: 7 × 13.", "model": "qwen3"},
]
_SPLIT = [{"role": "user", "text": "Is 91 prime?"}, {"role": "assistant", "text": "No."}]

SAMPLES: tuple[Sample, ...] = (
    sample(
        "msty",
        "a conversation with a split one",
        {"title": "Primes", "conversation": {"messages": _MESSAGES}, "splitChats": [{"messages": _SPLIT}]},
        chat(
            "Primes",
            user("Is 91 prime?"),
            answer("No: 7 × 13.", thoughts="Try.", model="qwen3"),
            system="Short.",
            model="qwen3",
        ),
        chat("Primes", user("Is 91 prime?"), answer("No.")),
    ),
)
