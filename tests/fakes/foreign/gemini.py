"""Gemini: "My Activity" of Google Takeout as JSON, each prompt with its answer in HTML, newest first."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user

_HTML = (
    '<h3>Is it?</h3><p>No: <b>7</b> × <em>13</em>, see <a href="https://example.org/">here</a> &amp; '
    "<code>91 % 7</code>.<br>Really.</p><ul><li>seven</li><li>thirteen<ol><li>last</li></ol></li></ul>"
    '<pre><code class="language-python">print(91 % 7)\n&lt;ok&gt;\n</code></pre>'
    "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2 | 3</td></tr></tbody></table>"
    '<blockquote><p>Quoted *twice*</p></blockquote><hr><img src="x.png" alt="A fox">'
)
_MARKDOWN = """### Is it?

No: **7** × *13*, see [here](https://example.org/) & `91 % 7`.\x20\x20
Really.

- seven
- thirteen
  1. last

```python
print(91 % 7)
<ok>
```

| a | b |
| --- | --- |
| 1 | 2 \\| 3 |

> Quoted \\*twice\\*

---

[Image not imported: A fox]"""


def _did(title: str, time: str, *answers: str, **more: Any) -> dict[str, Any]:
    made = {
        "header": "Gemini Apps",
        "title": title,
        "time": time,
        "products": ["Gemini Apps"],
        "activityControls": ["Gemini Apps Activity"],
        **more,
    }
    return made | ({"safeHtmlItem": [{"html": one} for one in answers]} if answers else {})


_ACTIVITIES = [
    _did("Prompted And 93?", "2026-01-06T08:00:00.000Z", "<p>No: 3 × 31.</p>"),
    _did("Gave feedback: Good response", "2026-01-05T10:03:00.000Z"),
    _did(
        "Prompted Look at this\n\nplease",
        "2026-01-05T10:02:00.000Z",
        "<p>I see.</p>",
        subtitles=[{"name": "Attached 1 file."}, {"name": "-  fox.png", "url": "fox-1.png"}],
        imageFile="fox-1.png",
    ),
    _did("Prompted Is 91 prime?", "2026-01-05T10:00:00.000Z", _HTML),
]
_GERMAN = [
    {"header": "Gemini-Apps", "title": "Eingegebener Prompt: Hallo", "time": "2026-01-07T08:00:00.000Z"},
    {"header": "YouTube", "title": "Watched a film", "time": "2026-01-07T08:01:00.000Z", "products": ["YouTube"]},
]
_DETAILS = [
    _did(
        "Used Gemini Apps",
        "2026-01-05T11:00:00.000Z",
        titleUrl="https://gemini.google.com/app/c/abc",
        details=[{"name": "Request", "value": "Again"}, {"name": "Response", "value": "Yes."}],
    ),
    _did(
        "Used Gemini Apps",
        "2026-01-04T11:00:00.000Z",
        titleUrl="https://gemini.google.com/app/c/abc",
        details=[{"name": "Request", "value": "Once"}, {"name": "Response", "value": "No."}],
    ),
]
_CHAT = {
    "title": "Primes",
    "creation_time": "2026-01-05T10:00:00Z",
    "last_modification_time": "2026-01-05T10:05:00Z",
    "conversation_turns": [
        {"user_turn": {"prompt": "Is 91 prime?", "turn_index": 0, "turn_last_modified": "2026-01-05T10:00:00Z"}},
        {
            "system_turn": {
                "model_thoughts": [{"headline": "Factors", "description": "Try seven."}],
                "text": [{"data": "No: 7 × 13."}, {"cards": [{"content": "Really."}]}],
                "images": ["conversation_1_turn_1_images_0"],
                "turn_index": 1,
            }
        },
    ],
}

SAMPLES: tuple[Sample, ...] = (
    sample(
        "gemini",
        "two sittings, HTML, a file and a remark",
        _ACTIVITIES,
        chat(
            "Is 91 prime?",
            user("Is 91 prime?", when="2026-01-05T10:00:00+00:00"),
            answer(_MARKDOWN),
            user("Look at this\n\nplease", "fox.png"),
            answer("I see.", when="2026-01-05T10:02:00+00:00"),
            answer("", "Gave feedback: Good response"),
        ),
        chat("And 93?", user("And 93?"), answer("No: 3 × 31.")),
    ),
    sample(
        "gemini",
        "another language, without an answer, and beside it what was done elsewhere",
        _GERMAN,
        chat("Eingegebener Prompt: Hallo", user("Eingegebener Prompt: Hallo")),
    ),
    sample(
        "gemini",
        "a conversation of an organisation's account",
        _CHAT,
        chat(
            "Primes",
            user("Is 91 prime?", when="2026-01-05T10:00:00+00:00"),
            answer("No: 7 × 13.", "Really.", "images_0", thoughts="Factors\n\nTry seven."),
        ),
    ),
    sample(
        "gemini",
        "conversations known by their address",
        _DETAILS,
        chat("Once", user("Once"), answer("No."), user("Again"), answer("Yes.")),
    ),
)
