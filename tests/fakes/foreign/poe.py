"""Poe: what exporters write of one chat, `sender` and `text`."""

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user

SAMPLES: tuple[Sample, ...] = (
    sample(
        "poe",
        "a chat with a bot",
        {
            "bot": "Claude",
            "title": "Primes",
            "messages": [
                {"sender": "human", "text": "Is 91 prime?", "timestamp": 1767607200},
                {"sender": "bot", "text": "No: 7 × 13.", "attachments": [{"name": "fox.png"}]},
            ],
        },
        chat(
            "Primes",
            user("Is 91 prime?", when="2026-01-05T10:00:00+00:00"),
            answer("No: 7 × 13.", "fox.png", model="Claude"),
            model="Claude",
        ),
    ),
)
