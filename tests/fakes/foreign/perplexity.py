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
_THREAD = {
    "status": "success",
    "entries": [
        {
            "uuid": "x1",
            "context_uuid": "p-2",
            "thread_title": "Primes",
            "query_str": "Is 91 prime?",
            "display_model": "turbo",
            "entry_updated_datetime": "2026-01-05T10:00:00.123456",
            "blocks": [
                {"intended_usage": "plan", "plan_block": {}},
                {"intended_usage": "ask_text", "markdown_block": {"answer": "No: [7](pplx://ask/7) × 13 [1]."}},
                {
                    "intended_usage": "sources_answer_mode",
                    "sources_mode_block": {"rows": [{"web_result": {"name": "91", "url": "https://example.org/91"}}]},
                },
                {"intended_usage": "image_answer_mode", "image_mode_block": {"media_items": [{"name": "A fox"}]}},
            ],
        }
    ],
}

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
    sample(
        "perplexity",
        "a thread as the API gives it",
        _THREAD,
        chat(
            "Primes",
            user("Is 91 prime?", when="2026-01-05T10:00:00.123456+00:00"),
            answer("No: 7 × 13 [1].", "Image not imported: A fox", sources=("https://example.org/91",), model="turbo"),
        ),
    ),
)
