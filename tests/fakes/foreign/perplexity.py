"""Perplexity: one thread, its entries each a question with an answer and its sources."""

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user

_ENTRIES = [
    {
        "uuid": "e1",
        "query": "Is 91 prime?",
        "answer": "No: 7 × 13 [1].",
        "sources": [{"url": "https://example.org/", "title": "Primes"}],
        "model": "sonar",
        "created_at": "2026-01-05T10:00:00Z",
    },
    {"uuid": "e2", "query": "Sure?", "answer": "", "sources": None, "attachments": ["https://example.org/a.pdf"]},
]

SAMPLES: tuple[Sample, ...] = (
    sample(
        "perplexity",
        "entries with sources",
        {"metadata": {"title": "Primes", "uuid": "p-1"}, "conversations": _ENTRIES},
        chat(
            "Primes",
            user("Is 91 prime?", when="2026-01-05T10:00:00+00:00"),
            answer("No: 7 × 13 [1].", sources=("https://example.org/",), model="sonar"),
            user("Sure?", "a.pdf"),
            model="sonar",
        ),
    ),
)
