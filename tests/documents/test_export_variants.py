"""What the four largest programs write less often, or wrote in other versions: none of it vanishes."""

import json
from typing import Any

import pytest

from tests.documents.test_formats import chatgpt_of, says
from tests.fakes import exports
from tests.fakes.law import Held, check, read
from webapp.documents.document import Document, DocumentMessage

MARK = "\ue200{}\ue202{}\ue201"


# ChatGPT


def answer_of(*nodes: dict[str, Any]) -> DocumentMessage:
    """The answer that these steps of ChatGPT's become, below a question."""
    keys = ["q", *(f"n{place}" for place in range(len(nodes)))]
    steps = [(keys[place + 1], keys[place], one.get("role", "assistant"), one) for place, one in enumerate(nodes)]
    made = chatgpt_of(("q", None, "user", says("Why?")), *steps)
    assert len(made.messages) == 2
    return made.messages[1]


def words_of(words: str, **details: Any) -> str:
    return answer_of(says(words) | {"metadata": details}).content


@pytest.mark.parametrize("kind", ["product_entity", "business_entity"])
def test_a_thing_that_is_named_in_a_sentence_stays_in_it(kind: str) -> None:
    mark = MARK.format(kind, '["turn0product3","The Kettle"]')
    assert words_of(f"Take {mark} today.") == "Take The Kettle today."


def test_a_file_that_is_cited_is_named() -> None:
    mark = MARK.format("cite", "turn0file1")
    reference = {"matched_text": mark, "type": "file", "name": "report.pdf"}
    assert words_of(f"So it is {mark}.", content_references=[reference]) == "So it is (report.pdf)."


def test_a_file_that_was_cited_by_its_place_is_named() -> None:
    old = {"start_ix": 5, "end_ix": 17, "metadata": {"type": "file", "name": "My report.pdf"}}
    assert words_of("So it【4:0†source】 is.", citations=[old]) == "So it (My report.pdf) is."


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ('by \ue200cite\ue202turn0search0\ue201\ue200entity\ue202["person","Ada"]\ue201.', "by Ada."),
        ('so \ue200cite\ue202turn0\ue200entity\ue202["person","Ada"]\ue201 is', "so Ada is"),
        ("so \ue200cite\ue202a\ue201 \ue200cite\ue202b\ue201.", "so."),
        ("so \ue200cite\ue202a\ue201 (and on)", "so (and on)"),
        ("so \ue200cite\ue202a\ue201and on", "so and on"),
    ],
)
def test_words_beside_marks_keep_their_gaps(words: str, shown: str) -> None:
    assert words_of(words) == shown


def test_files_whose_names_have_spaces_and_brackets_are_named_whole() -> None:
    words = "[Get](sandbox:/mnt/data/a_(1).csv) ![plot](sandbox:/mnt/data/p q.png)"
    assert words_of(words) == "Get [File not imported: a_(1).csv] plot [Image not imported: p q.png]"


def test_a_page_that_was_opened_is_a_source() -> None:
    page = {"content_type": "sonic_webpage", "url": "https://example.org/", "title": "A", "text": "Long."}
    made = answer_of({"role": "tool", "author": {"role": "tool", "name": "web"}, "content": page}, says("So."))
    assert [(one.url, one.title) for one in made.sources] == [("https://example.org/", "A")]
    assert made.content == "[Tool used: web]\n\nSo."


def test_a_picture_of_a_screen_is_named() -> None:
    output = {"content_type": "computer_output", "screenshot": {"content_type": "image_asset_pointer"}}
    tool = {"role": "tool", "author": {"role": "tool", "name": "computer.do"}, "content": output}
    assert answer_of(tool, says("So.")).content == "[Tool used: computer.do]\n\n[Image not imported]\n\nSo."


def test_the_report_of_a_research_comes() -> None:
    reference = {"type": "webpage", "url": "https://example.org/", "title": "A"}
    report = says("# Report\n\nAll of it.") | {"metadata": {"content_references": [reference]}}
    kept = {"chatgpt_sdk": {"widget_state": json.dumps({"status": "done", "report_message": report})}}
    author = {"role": "tool", "name": "api_tool.call_tool"}
    made = answer_of({"role": "tool", "author": author, "metadata": kept, **says("The latest state.")})
    assert made.content == "[Tool used: api_tool.call_tool]\n\n# Report\n\nAll of it."
    assert [one.url for one in made.sources] == ["https://example.org/"]


def test_thoughts_may_be_json_within_json() -> None:
    thoughts = {"content_type": "thoughts", "thoughts": json.dumps([{"summary": "S", "content": "Hm."}])}
    assert answer_of({"content": thoughts}, says("So.")).reasoning == "S\nHm."


def test_code_whose_output_is_shown_comes() -> None:
    code = {"recipient": "python_user_visible", "content": {"content_type": "code", "text": "91 % 7"}}
    assert answer_of(code, says("So.")).content == "Code\n\n```python\n91 % 7\n```\n\nSo."


@pytest.mark.parametrize("mark", [":contentReference[oaicite:3]{index=3}", "【oaicite:0】"])
def test_marks_that_have_leaked_into_a_text_are_gone(mark: str) -> None:
    assert words_of(f"So it is.{mark}") == "So it is."


@pytest.mark.parametrize(
    ("pattern", "content"),
    [
        (".*", "Canvas, new text of: untitled\n\n```\nAll.\n```"),
        (r"[\s\S]*", "Canvas, new text of: untitled\n\n```\nAll.\n```"),
        ("red", "Canvas, change to: untitled\n\n```\nred\n→\nAll.\n```"),
    ],
)
def test_a_change_of_a_canvas_says_how_much_it_changes(pattern: str, content: str) -> None:
    told = json.dumps({"updates": [{"pattern": pattern, "multiple": False, "replacement": "All."}]})
    change = {"recipient": "canmore.update_textdoc", "content": {"content_type": "code", "text": told}}
    assert answer_of(change, says("So.")).content == f"{content}\n\nSo."


def test_a_title_is_made_of_words_and_not_of_what_is_missing() -> None:
    picture = {"content_type": "image_asset_pointer"}
    asked = {"content": {"content_type": "multimodal_text", "parts": [picture, "What is this?"]}}
    assert chatgpt_of(("q", None, "user", asked)).title == "What is this?"


# Claude


def claude_of(*messages: dict[str, Any]) -> Document:
    rows = [
        {"uuid": f"m{place}", "sender": "assistant" if place % 2 else "human", **one}
        for place, one in enumerate(messages)
    ]
    return read({"uuid": "c", "name": "A", "created_at": "2025-04-01T10:00:00Z", "chat_messages": rows}).document


def call(tool: str, **told: Any) -> dict[str, Any]:
    return {"type": "tool_use", "name": tool, "input": told}


def test_a_text_beside_an_empty_block_comes() -> None:
    (made,) = claude_of({"text": "Why?", "content": [{"type": "text", "text": ""}]}).messages
    assert made.content == "Why?"


def test_an_artifact_keeps_its_name_and_kind_when_it_changes() -> None:
    made = claude_of(
        {"text": "A page."},
        {"content": [call("artifacts", id="a", command="create", title="Bees", type="text/html", content="<p>")]},
        {"text": "Change it."},
        {
            "content": [
                call("artifacts", id="a", command="update", old_str="<p>", new_str="<b>"),
                call("artifacts", id="a", command="rewrite", title=None, type=None, content="<i>"),
            ]
        },
    )
    assert made.messages[3].content == (
        "Change to artifact: Bees\n\n```\n<p>\n→\n<b>\n```\n\nArtifact: Bees\n\n```html\n<i>\n```"
    )


def test_what_claude_shows_by_a_tool_comes() -> None:
    made = claude_of(
        {"text": "A letter."},
        {
            "content": [
                call("message_compose_v1", summary_title="Ask", variants=[{"label": "Warm", "body": "Dear Ann"}]),
                call("ask_user_input_v0", questions=[{"question": "Which?", "options": ["This", {"label": "That"}]}]),
                call("visualize:show_widget", title="Bees", widget_code="<svg/>"),
                call("artifacts", id="r", title="R", content="So.", md_citations=[{"url": "https://example.org/"}]),
            ]
        },
    )
    named = ["Draft: Ask: Warm", "Widget: Bees", "Artifact: R"]
    words = ["Dear Ann", "Which?\n- This\n- That", "<svg/>", "So."]
    check(made, [Held("user", ["A letter."]), Held("assistant", words, (), named, ["https://example.org/"])])


# Open WebUI


def openwebui_answer(words: str, **beside: Any) -> DocumentMessage:
    value = exports.openwebui()
    value["chat"]["history"]["messages"]["a2"] |= {"content": words, "sources": [], **beside}
    return read(value).document.branch[-1]


def test_what_is_folded_is_known_by_its_type_wherever_that_stands() -> None:
    words = '<details id="x" type="reasoning" done="true">\n<summary>Thought</summary>\n&gt; Hm.\n</details>\nSo.'
    made = openwebui_answer(words)
    assert (made.content, made.reasoning) == ("So.", "Hm.")


def test_what_is_folded_of_another_type_stays_as_words() -> None:
    made = openwebui_answer('<details type="plan" done="true">\n<summary>Plan</summary>\nFirst this.\n</details>\nSo.')
    assert made.content == "Plan\n\nFirst this.\n\nSo."


def test_pictures_that_a_tool_made_come() -> None:
    files = "[&quot;data:image/png;base64,iVBORw0KGgo=&quot;, &quot;/api/v1/files/1/a.pdf&quot;]"
    made = openwebui_answer(f'<details type="tool_calls" done="true" name="paint" files="{files}">\n</details>\nSo.')
    assert made.content == "[Tool used: paint]\n\n[File not imported: a.pdf]\n\nSo."
    assert len(made.pictures) == 1


def test_pages_that_a_search_found_are_sources() -> None:
    found = [{"action": "web_search", "items": [{"link": "https://example.org/", "title": "A"}]}]
    assert [one.url for one in openwebui_answer("So.", statusHistory=found).sources] == ["https://example.org/"]


@pytest.mark.parametrize("row", [None, {"role": "assistant", "parentId": "a2", "content": "", "done": False}])
def test_what_says_nothing_is_no_message(row: Any) -> None:
    value = exports.openwebui()
    value["chat"]["history"]["messages"]["x"] = row
    assert [one.id for one in read(value).document.messages] == ["q", "a1", "a2"]


@pytest.mark.parametrize("output", [{"stdout": "3"}, '{"stdout": "3"}', "3"])
def test_output_of_code_comes_in_each_shape(output: Any) -> None:
    ran = {"type": "open_webui:code_interpreter", "code": "1 + 2", "output": output}
    assert openwebui_answer("", output=[ran]).content == "Code\n\n```python\n1 + 2\n```\n\nOutput\n\n```\n3\n```"


# LibreChat


def librechat_answer(**fields: Any) -> DocumentMessage:
    value = exports.librechat()
    value["messages"][1] |= fields
    return read(value).document.messages[1]


def test_a_text_beside_parts_that_are_tools_comes() -> None:
    parts = [{"type": "tool_call", "tool_call": {"name": "calc"}}]
    assert librechat_answer(text="Four.", content=parts).content == "[Tool used: calc]\n\nFour."


def test_a_text_that_repeats_the_thoughts_does_not_come_twice() -> None:
    made = librechat_answer(text="Simple.", content=[{"type": "think", "think": "Simple."}])
    assert (made.content, made.reasoning) == ("", "Simple.")


def test_an_artifact_may_be_indented() -> None:
    words = ' :::artifact{title="A"}\n```md\nSo.\n```\n:::'
    assert librechat_answer(text=words, content=None).content == "Artifact: A\n\n```md\nSo.\n```"


def test_a_message_without_an_id_is_there() -> None:
    value = exports.librechat()
    del value["messages"][3]["messageId"]
    made = read(value).document
    assert [one.error_message for one in made.messages] == ["", "", "", "Rate limited."]
    assert made.messages[3].parent_id == "q2"
