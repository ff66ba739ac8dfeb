"""What the other programs write less often: each with one file that has it, and nothing else."""

from typing import Any

import pytest

from tests.fakes.law import read
from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.marks import block

PNG = "data:image/png;base64,iVBORw0KGgo="
PAGE = "https://example.org/"


def said(found: Document) -> list[tuple[str, str]]:
    return [(one.role, one.content) for one in found.messages]


def sources(message: DocumentMessage) -> list[str]:
    return [one.url for one in message.sources]


def test_a_block_without_a_name_has_one() -> None:
    assert block("", "So.").startswith("Untitled\n")


# Grok


def grok(*responses: dict[str, Any], **about: Any) -> Document:
    rows = [
        {
            "response": {
                "_id": f"r{place}",
                "message": "",
                "sender": "ASSISTANT" if place % 2 else "human",
                **({"parent_response_id": f"r{place - 1}"} if place else {}),
                **one,
            }
        }
        for place, one in enumerate(responses)
    ]
    return read({"conversation": {"id": "g", "title": "A", **about}, "responses": rows}).document


def test_what_grok_was_told_to_paint_is_a_question() -> None:
    found = grok({"query": "A fox", "query_type": "imagine"}, {"generated_image_urls": ["u/fox.jpg"]})
    assert said(found) == [("user", "A fox"), ("assistant", "[Image not imported: fox.jpg]")]


def test_pages_and_posts_that_grok_looked_at_are_sources() -> None:
    steps = [{"web_search_results": [{"url": f"{PAGE}1"}]}]
    posts = [{"username": "bee", "post_id": "9", "name": "Bee"}]
    found = grok({"message": "Why?"}, {"message": "So.", "steps": steps, "xposts": posts, "webpage_urls": [PAGE]})
    assert sources(found.messages[1]) == [PAGE, f"{PAGE}1", "https://x.com/bee/status/9"]


def test_grok_says_which_branch_is_shown() -> None:
    answers = [{"message": "So."}, {"message": "Thus.", "sender": "ASSISTANT", "parent_response_id": "r0"}]
    assert grok({"message": "Why?"}, *answers, leaf_response_id="r1").active_leaf_id == "r1"


# DeepSeek


def deepseek(*fragments: dict[str, Any], **message: Any) -> DocumentMessage:
    node = {"parent": None, "message": {"fragments": list(fragments), **message}}
    found = read({"id": "d", "inserted_at": "2025-04-01T10:00:00Z", "mapping": {"n": node}}).document
    return found.messages[0]


def test_tools_of_deepseek_are_named_and_their_pages_are_sources() -> None:
    made = deepseek(
        {"type": "TOOL_OPEN", "content": "page 3", "result": {"url": PAGE}}, {"type": "RESPONSE", "content": "So."}
    )
    assert (made.content, sources(made)) == ("[Tool used: TOOL_OPEN]\n\nSo.", [PAGE])


def test_a_question_that_is_a_file_alone_is_no_tool() -> None:
    made = deepseek({"type": "REQUEST", "content": ""}, files=[{"file_name": "a.pdf"}])
    assert (made.role, made.content) == ("user", "[File not imported: a.pdf]")


def test_a_reference_of_deepseek_is_a_link() -> None:
    results = [{"url": PAGE, "cite_index": 1}]
    found = {"type": "SEARCH", "results": results}, {"type": "RESPONSE", "content": "So[reference:1]."}
    assert deepseek(*found).content == f"So[1]({PAGE})."


# Google


def test_what_ai_studio_has_in_place_of_words_is_named() -> None:
    chunks = [
        {"role": "user", "inlineVideo": {"mimeType": "video/mp4"}},
        {"role": "user", "hologram": {"id": "x"}},
        {"role": "user", "text": "Why?"},
        {"role": "model", "inlineAudio": {"mimeType": "audio/wav"}},
    ]
    found = read({"chunkedPrompt": {"chunks": chunks}}).document
    asked = "[Video not imported]\n\n[Part not imported: hologram]\n\nWhy?"
    assert said(found) == [("user", asked), ("assistant", "[Audio not imported]")]


def gemini(**activity: Any) -> Document:
    return read({"header": "Gemini Apps", "time": "2025-05-01T10:00:00Z", "products": ["Gemini Apps"], **activity})[1]


def test_files_beside_an_activity_are_named_once() -> None:
    subtitles = [{"name": "Attached 1 file."}, {"name": "-  fox.png", "url": "fox-1.png"}]
    found = gemini(title="Prompted Hm", subtitles=subtitles, imageFile="fox-1.png", attachedFiles=["b.pdf", "b.pdf"])
    assert said(found) == [("user", "Hm\n\n[Image not imported: fox.png]\n\n[File not imported: b.pdf]")]


def test_interactions_of_gemini_are_a_question_and_an_answer() -> None:
    inner = {"request": '[{"text": "Why?"}]', "response": "So."}
    found = gemini(title="Used Gemini Apps", userInteractions=[{"userInteraction": inner}])
    assert said(found) == [("user", "Why?"), ("assistant", "So.")]


# Others


def test_what_is_quoted_in_a_question_to_mistral_comes() -> None:
    about = {"chatId": "c", "role": "user", "createdAt": "2025-10-01T10:00:00Z", "version": 0}
    found = read({**about, "content": "Why?", "quotes": ["One.\nTwo.", {"text": "Three."}]}).document
    assert said(found) == [("user", "> One.\n> Two.\n\n> Three.\n\nWhy?")]


def lobechat(**tables: Any) -> Document:
    return read({"schemaHash": "x", "data": {"sessions": [], "topics": [], **tables}}).document


def test_a_translation_of_lobechats_comes() -> None:
    row = {"id": "m", "role": "assistant", "content": "So.", "createdAt": 1_750_000_000_000}
    content = "So.\n\nTranslation\n\n```\nAlso.\n```"
    assert lobechat(messages=[row], messageTranslates=[{"id": "m", "content": "Also."}]).messages[0].content == content
    assert lobechat(messages=[{**row, "translate": {"content": "Also."}}]).messages[0].content == content


def test_a_picture_that_is_listed_twice_is_named_once() -> None:
    row = {"id": "m", "role": "user", "content": "So.", "files": ["f"], "imageList": [{"id": "f", "alt": "a.png"}]}
    assert lobechat(messages=[row]).messages[0].content == "So.\n\n[Image not imported: a.png]"


def test_documents_thoughts_and_sources_of_typingmind_come() -> None:
    cited = [{"type": "url_citation", "url_citation": {"url": PAGE, "title": "A"}}]
    asked = [
        {"type": "tm_document", "metadata": {"name": "d.pdf"}, "text": "All."},
        {"type": "tm_attachment", "metadata": {"name": "e.pdf"}},
    ]
    answer = {"role": "assistant", "content": "So.", "reasoning_content": "Hm.", "annotations": cited}
    found = read({"chatID": "t", "messages": [{"role": "user", "content": asked}, answer]}).document
    assert said(found)[0] == ("user", "File: d.pdf\n\n```\nAll.\n```\n\n[File not imported: e.pdf]")
    assert (found.messages[1].reasoning, sources(found.messages[1])) == ("Hm.", [PAGE])


def test_the_answer_that_typingmind_goes_on_with_is_shown() -> None:
    answers = [{"model": key, "messages": [{"role": "assistant", "content": key}]} for key in ("a", "b")]
    place = {"responses": answers, "mainResponseModel": "b"}
    found = read({"chatID": "t", "messages": [{"role": "user", "content": "Why?"}, place]}).document
    assert [one.content for one in found.branch] == ["Why?", "b"]


def test_pictures_and_knowledge_of_cherry_studio_come() -> None:
    blocks = [
        {"id": "i", "type": "image", "metadata": {"generateImageResponse": {"images": [PNG]}}},
        {"id": "k", "type": "citation", "knowledge": [{"sourceUrl": PAGE}]},
    ]
    topic = {"id": "t", "messages": [{"id": "m", "role": "assistant", "blocks": ["i", "k"]}]}
    made = read({"localStorage": {}, "indexedDB": {"topics": [topic], "message_blocks": blocks}}).document.messages[0]
    assert (len(made.pictures), sources(made)) == (1, [PAGE])


def test_marks_around_thoughts_of_lm_studio_are_no_part_of_them() -> None:
    thought = [{"type": "text", "text": "<think>", "isStructural": True}, {"type": "text", "text": "Hm."}]
    steps = [
        {"type": "contentBlock", "content": thought, "style": {"type": "thinking"}},
        {"type": "contentBlock", "content": [{"type": "text", "text": "So."}]},
        {"type": "citationBlock", "fileName": "a.pdf"},
    ]
    version = {"role": "assistant", "type": "multiStep", "steps": steps}
    (made,) = read({"messages": [{"versions": [version]}]}).document.messages
    assert (made.reasoning, made.content) == ("Hm.", "So.\n\n[File not imported: a.pdf]")


def test_what_models_say_pictures_and_pages_of_openai_messages_come() -> None:
    cited = [{"type": "url_citation", "url_citation": {"url": PAGE}}]
    answer = {"role": "assistant", "content": "So.", "annotations": cited, "audio": {"transcript": "Spoken."}}
    image = {"type": "image_url", "image_url": {"url": PNG}}
    found = read({"messages": [{"role": "user", "content": "Why?"}, {**answer, "images": [image]}]}).document
    made = found.messages[1]
    assert (made.content, sources(made), len(made.pictures)) == ("So.\n\n[Audio not imported]\n\nSpoken.", [PAGE], 1)


def test_pages_that_a_part_cites_are_sources() -> None:
    part = {"type": "text", "text": "So.", "citations": [{"url": PAGE}]}
    found = read([{"role": "user", "content": "Why?"}, {"role": "assistant", "content": [part]}]).document
    assert sources(found.messages[1]) == [PAGE]


def test_the_text_of_a_file_in_sillytavern_comes() -> None:
    file = {"name": "n.txt", "text": "All."}
    found = read({"name": "Ann", "is_user": True, "mes": "See.", "extra": {"file": file}}).document
    assert said(found) == [("user", "See.\n\nFile: n.txt\n\n```\nAll.\n```")]


def test_a_turn_of_sharegpts_may_call_its_words_text() -> None:
    found = read({"conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "text": "So."}]}).document
    assert said(found) == [("user", "Why?"), ("assistant", "So.")]


# Grown, and changed where they come from


def rows(*words: str, key: str) -> list[dict[str, Any]]:
    """Messages with an id of their own: A and C are questions, B and D are answers."""
    roles = {"A": "user", "B": "assistant", "C": "user", "D": "assistant", "E": "user"}
    return [{key: f"id {one[0]}", "role": roles[one[0]], "content": one} for one in words]


def nextchat(*words: str) -> Any:
    return {"chat-next-web-store": {"sessions": [{"id": "n", "messages": rows(*words, key="id")}]}}


def typingmind(*words: str) -> Any:
    return {"chatID": "t", "messages": rows(*words, key="uuid")}


def bigagi(*words: str) -> Any:
    made = rows(*words, key="id")
    parts = [{**one, "fragments": [{"part": {"pt": "text", "text": one["content"]}}]} for one in made]
    return {"id": "b", "systemPurposeId": "Generic", "messages": parts}


def cherry(*words: str) -> Any:
    topic = {"id": "t", "messages": rows(*words, key="id")}
    return {"localStorage": {}, "indexedDB": {"topics": [topic], "message_blocks": []}}


def openai(*words: str) -> Any:
    return {"id": "o", "messages": rows(*words, key="id")}


@pytest.mark.parametrize("write", [nextchat, typingmind, bigagi, cherry, openai])
@pytest.mark.parametrize(("words", "new"), [(("A", "B", "D"), []), (("A", "B", "C!", "D", "E"), ["C!", "E"])])
def test_messages_with_ids_are_known_when_others_are_gone_or_changed(write: Any, words: Any, new: list[str]) -> None:
    before = {one.id for one in read(write("A", "B", "C", "D")).document.messages}
    assert [one.content for one in read(write(*words)).document.messages if one.id not in before] == new


def test_two_messages_of_the_same_id_are_two() -> None:
    value = openai("A", "B", "A", "B")
    assert [one.content for one in read(value).document.branch] == ["A", "B", "A", "B"]
