"""Grok: `prod-grok-backend.json` of xAI, conversations with responses that name their parents."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, sample, user


def _said(key: str, parent: str | None, sender: str, message: str, milliseconds: int, **more: Any) -> dict[str, Any]:
    response = {
        "_id": key,
        "conversation_id": "g-1",
        "message": message,
        "sender": sender,
        "create_time": {"$date": {"$numberLong": str(milliseconds)}},
        "model": "grok-4",
        "metadata": {},
        **({"parent_response_id": parent} if parent else {}),
        **more,
    }
    return {"response": response, "share_link": None}


def _chat(key: str, title: str, *responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {
        "id": key,
        "title": title,
        "create_time": "2026-01-05T10:00:00.000000Z",
        "modify_time": "2026-01-05T10:05:00.000000Z",
        "starred": True,
        **more,
    }
    return {"conversation": about, "responses": list(responses)}


_CARD = (
    '<grok:render card_id="c1" card_type="citation_card" type="render_inline_citation">'
    '<argument name="citation_id">0</argument></grok:render>'
)
_TOOL = (
    "Let me look.\n<xai:tool_usage_card>\n<xai:tool_name>web_search</xai:tool_name>\n"
    "<xai:tool_args><![CDATA[{}]]></xai:tool_args>\n</xai:tool_usage_card>\nSeven."
)
_ARTIFACT = (
    'Here it is:\n\n<xaiArtifact artifact_id="a" title="primes.py" contentType="text/python">\nprint(91 % 7)\n'
    "</xaiArtifact>\n\nRun it."
)
_BRANCHED = _chat(
    "g-1",
    "Primes",
    _said("r1", None, "human", "Is 91 prime?", 1767607200000, file_attachments=["f-1"]),
    _said("r2", "r1", "ASSISTANT", "No.", 1767607201000, error="", thinking_trace=_TOOL),
    _said(
        "r3",
        "r1",
        "grok-3",
        f'No: 7 × 13.{_CARD}<grok:render card_id="x" /> So.',
        1767607202000,
        card_attachments_json=['{"id":"c1","type":"render_inline_citation","url":"https://example.org/91"}'],
        web_search_results=[{"url": "https://example.org/91", "title": "About 91", "preview": "…"}],
    ),
    _said("r4", "r3", "human", "Draw it", 1767607203000),
    _said("r5", "r4", "ASSISTANT", "", 1767607204000, generated_image_urls=["users/1/fox.jpg"], query_type="imagine"),
    _said("r6", "r5", "human", "And code?", 1767607205000),
    _said("r7", "r6", "assistant", _ARTIFACT, 1767607206000),
    _said("r8", "r7", "human", "More", 1767607207000),
    _said("r9", "r8", "assistant", "", 1767607208000, error="Failed to respond."),
)
_PLAIN = _chat("g-2", "Plain", _said("s1", None, "human", "Hi", 1767607300000, model=None), starred=False)

SAMPLES: tuple[Sample, ...] = (
    sample(
        "grok",
        "branches, thoughts, sources, pictures, code and an error",
        {"conversations": [_BRANCHED, _PLAIN], "projects": [], "tasks": [], "media_posts": []},
        chat(
            "Primes",
            user("Is 91 prime?", "File not imported", when="2026-01-05T10:00:00+00:00"),
            answer(
                "No: 7 × 13.[1](https://example.org/91) So.",
                model="grok-4",
                sources=("https://example.org/91",),
                when="2026-01-05T10:00:02+00:00",
            ),
            user("Draw it"),
            answer("", "Image not imported: fox.jpg"),
            user("And code?"),
            answer("", "Here it is:", "primes.py", "```python\nprint(91 % 7)\n```", "Run it."),
            user("More"),
            answer("", error="Failed to respond."),
            beside=(answer("No.", thoughts="Let me look.\n\n[Tool used: web_search]\n\nSeven."),),
            model="grok-4",
            pinned=True,
        ),
        chat("Plain", user("Hi"), model=""),
    ),
)
