"""What is read of the files of other programs, and what it is not taken for."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes import exports
from tests.fakes.documents import ASKED, NOW, document, message
from tests.fakes.law import read, read_records
from webapp.documents.document import Document
from webapp.documents.imports.formats import FORMATS
from webapp.documents.imports.reading import ConversationError
from webapp.documents.imports.soundness import sound

PROPERTY = settings(deadline=None, max_examples=300, derandomize=True)


def told(found: Document) -> list[tuple[str, str]]:
    """Who says what, on the branch that is shown."""
    return [(one.role, one.content) for one in found.branch]


def refused(value: Any) -> str:
    with pytest.raises(ConversationError) as caught:
        read(value)
    return str(caught.value)


def test_chatgpt() -> None:
    found = read(exports.chatgpt())
    one = found.document
    assert found.format.name == "ChatGPT"
    assert (one.id, one.title, one.model, one.archived) == ("c-1", "Primes", "gpt-5", True)
    assert told(one) == [
        ("user", "Is 91 prime?"),
        ("assistant", "It is not."),
        ("user", "[Image not imported]\n\nThis?"),
    ]
    by_id = {message.id: message for message in one.messages}
    assert by_id["answer"].parent_id == "question"
    assert by_id["answer"].content == "Code\n\n```python\n91 % 7\n```\n\nOutput\n\n```\n0\n```\n\nNo: 7 × 13."
    assert by_id["answer"].reasoning == "Factors\n7 times 13."
    assert by_id["answer"].model == "gpt-5"
    assert by_id["other"].reasoning == ""
    assert one.created_at.isoformat() == "2023-11-14T22:13:20.250000+00:00"


def test_claude() -> None:
    found = read(exports.claude())
    one = found.document
    assert (found.format.name, one.id, one.title) == ("Claude", "k-1", "Letters")
    assert told(one) == [
        ("user", "Read this.\n\nFile: a.txt\n\n```\nDear aunt,\n```\n\n[Image not imported: b.png]"),
        ("assistant", "[Tool used: search]\n\nA letter."),
    ]
    assert one.messages[1].reasoning == "An aunt."


def test_claude_with_branches() -> None:
    value = exports.claude()
    first, second = value["chat_messages"]
    first["parent_message_uuid"] = "00000000-0000-4000-8000-000000000000"
    second["parent_message_uuid"] = "k-m1"
    other = second | {"uuid": "k-m3", "content": [{"type": "text", "text": "Mail."}]}
    value["chat_messages"].append(other)
    assert [one.parent_id for one in read(value).document.messages] == [None, "k-m1", "k-m1"]
    assert told(read(value).document)[-1] == ("assistant", "Mail.")


def test_open_webui() -> None:
    found = read(exports.openwebui())
    one = found.document
    assert (found.format.name, one.id, one.title, one.pinned) == ("Open WebUI", "w-1", "Colours", True)
    assert (one.model, one.system_prompt) == ("llama", "Be brief.")
    assert told(one) == [("user", "Which colour?"), ("assistant", "Blue.\n\n[File not imported: notes.pdf]")]
    failed, answer = one.messages[1:]
    assert (failed.status, failed.error_message, failed.parent_id) == ("failed", "No credit.", "q")
    assert (answer.reasoning, answer.completion_tokens) == ("Hm & so on.", 2)
    assert [source.url for source in answer.sources] == ["https://example.org/blue"]


def test_open_webui_of_old_has_a_list() -> None:
    value = exports.openwebui()
    rows = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    value["chat"] = {"title": "Old", "messages": rows}
    assert told(read(value).document) == [("user", "Hi"), ("assistant", "Hello.")]


@pytest.mark.parametrize("recursive", [False, True])
def test_librechat(recursive: bool) -> None:
    found = read(exports.librechat(recursive=recursive))
    one = found.document
    assert (found.format.name, one.id, one.title, one.model) == ("LibreChat", "l-1", "Sums", "gpt-4o")
    assert told(one) == [("user", "Two and two?"), ("assistant", "Four."), ("user", "And three?"), ("assistant", "")]
    assert one.messages[1].reasoning == "Simple."
    assert (one.messages[3].status, one.messages[3].error_message) == ("failed", "Rate limited.")


def test_our_own_comes_back_as_it_was() -> None:
    made = document(ASKED, message(2, 1, "assistant", "Hello.", cost=None), system_prompt="Be brief.")
    assert read(made).document == made


def test_what_was_growing_is_interrupted() -> None:
    made = document(ASKED, message(2, 1, "assistant", "Hel", status="streaming"))
    assert read(made).document.messages[1].status == "interrupted"


# What is refused


def with_node(**changes: Any) -> dict[str, Any]:
    value = exports.chatgpt()
    for name, parent in changes.items():
        value["mapping"][name]["parent"] = parent
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "Unknown"),
        ([], "Unknown"),
        ({"mapping": {}}, "no message"),
        ({"mapping": {}, "id": "x"}, "no message"),
        (with_node(system="call", thoughts="system", question="answer"), "ring"),
        (with_node(call="call"), "ring"),
        ({"format": "open-chat", "version": 2}, "newer Open Chat"),
        ({"format": "open-chat", "version": 1, "id": "x"}, "not as an Open Chat writes it"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(value: Any, reason: str) -> None:
    assert reason in refused(value)


MISSING = message(2, 7, "assistant", "Hello.")
UNSOUND: list[tuple[Document, str]] = [
    (document(ASKED, MISSING), "'m7', which is not in it"),
    (document(ASKED, replace(ASKED, parent_id="m1")), "the same id"),
    (document(message(1, 2, "user", "A"), message(2, 1, "assistant", "B")), "ring"),
    (document(message(1, 1, "user", "A")), "ring"),
    (replace(document(ASKED), active_leaf_id="m9"), "ends with"),
    (replace(document(ASKED), created_at=NOW.replace(year=1, month=1, day=1)), "before 1970"),
]


@pytest.mark.parametrize(("made", "reason"), UNSOUND)
def test_what_is_no_tree_is_refused_with_a_reason(made: Document, reason: str) -> None:
    assert reason in refused(made)


def test_an_unknown_role_is_refused_by_name() -> None:
    value = msgspec.json.decode(msgspec.json.encode(document(ASKED)))
    value["messages"][0]["role"] = "oracle"
    assert "'oracle'" in refused(value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "isn't valid JSON"),
        (b'{"a": "\xff"}', "not valid"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"mapping": {"a": "\\ud800"}}', "isn't valid JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ConversationError, match=reason):
        read_records([data])


def test_children_come_after_their_parents() -> None:
    answer, question = message(2, 1, "assistant", "B"), message(1, None, "user", "A")
    made = replace(document(answer, question), active_leaf_id="m2")
    assert [one.id for one in sound(made).messages] == ["m1", "m2"]


# Whatever it is given


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
SAMPLES = [
    exports.chatgpt(),
    exports.claude(),
    exports.openwebui(),
    exports.librechat(),
    exports.librechat(recursive=True),
]
SAMPLES.append(msgspec.json.decode(msgspec.json.encode(document(ASKED, message(2, 1, "assistant", "Hello.")))))


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A file of one of the programs in which something is something else."""
    value = msgspec.json.decode(msgspec.json.encode(draw(st.sampled_from(SAMPLES))))
    place: Any = value
    while isinstance(place, dict | list) and place:
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if draw(st.integers(0, 2)) == 0 or not isinstance(place[key], dict | list) or not place[key]:
            place[key] = draw(JSON)
            break
        place = place[key]
    return value


@PROPERTY
@given(spoiled())
def test_of_a_spoiled_file_comes_a_sound_conversation_or_a_reason(value: Any) -> None:
    try:
        found = read(value)
    except ConversationError:
        return
    assert sound(found.document) == found.document


@PROPERTY
@given(JSON)
def test_a_reader_raises_nothing_but_its_own_error(value: Any) -> None:
    made = {
        "mapping": value,
        "chat_messages": value,
        "messages": value,
        "chat": {"history": value},
        "format": "open-chat",
    }
    for one in FORMATS:
        if one.is_it(made | {"conversationId": "x"}):
            with suppress(ConversationError):
                one.read(made | {"conversationId": "x", "id": "x", "uuid": "x"})


# What is between messages


def chatgpt_of(*nodes: tuple[str, str | None, str, dict[str, Any]]) -> Document:
    """A conversation of ChatGPT's of these nodes: key, parent, role, and what its message has beside that."""
    mapping = {
        key: {"parent": parent, "message": {"author": {"role": role}, "recipient": "all"} | message}
        for key, parent, role, message in nodes
    }
    return read({"id": "c", "mapping": mapping}).document


def says(words: str) -> dict[str, Any]:
    return {"content": {"content_type": "text", "parts": [words]}}


PAINTED = {"content": {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}]}}


def test_a_made_picture_is_an_answer_where_no_text_follows() -> None:
    found = chatgpt_of(
        ("q", None, "user", says("A fox.")), ("t", "q", "tool", PAINTED), ("q2", "t", "user", says("With a hat."))
    )
    assert [(one.role, "Image not imported" in one.content) for one in found.branch] == [
        ("user", False),
        ("assistant", True),
        ("user", False),
    ]


def test_what_two_answers_share_is_there_once() -> None:
    thought = {"content": {"content_type": "thoughts", "thoughts": [{"content": "Hm."}]}}
    found = chatgpt_of(
        ("q", None, "user", says("Why?")),
        ("t", "q", "assistant", thought),
        ("a", "t", "assistant", says("So.")),
        ("b", "t", "assistant", says("Thus.")),
    )
    assert [(one.id, one.parent_id, one.reasoning) for one in found.messages] == [
        ("q", None, ""),
        ("t", "q", "Hm."),
        ("a", "t", ""),
        ("b", "t", ""),
    ]


def test_custom_instructions_are_the_system_prompt() -> None:
    hidden = {"is_visually_hidden_from_conversation": True}
    told = {"content_type": "user_editable_context", "user_profile": "I keep bees.", "user_instructions": "Be brief."}
    found = chatgpt_of(
        ("i", None, "user", {"content": told, "metadata": hidden}), ("q", "i", "user", says("Why do they swarm?"))
    )
    assert found.system_prompt == "I keep bees.\n\nBe brief."
    assert [one.content for one in found.messages] == ["Why do they swarm?"]


def test_a_conversation_without_any_time_is_of_today() -> None:
    found = chatgpt_of(("q", None, "user", says("Why?")))
    assert found.updated_at > NOW.replace(year=2025)


def test_without_an_id_a_conversation_keeps_its_own_when_it_grows() -> None:
    value = exports.openwebui()
    del value["id"]
    key = read(value).document.id
    value["chat"]["history"]["messages"]["q2"] = {"parentId": "a2", "role": "user", "content": "And red?"}
    assert read(value).document.id == key


@pytest.mark.parametrize(
    "value",
    [
        {"mapping": {"1": {"parent": None, "message": {"fragments": [{"type": "REQUEST", "content": "Why?"}]}}}},
        {"conversationId": "c", "messages": [{"id": "m", "role": "user", "content": "Why?"}]},
        {"chat_messages": [{"role": "user", "content": "Why?"}]},
        {"history": {"messages": []}},
        {"chat": {"messages": {}}},
        {"messages": [{"role": "user", "content": "Why?"}]},
    ],
)
def test_what_another_program_writes_is_taken_for_none_of_these(value: Any) -> None:
    assert not [one.key for one in FORMATS[:5] if one.is_it(value)]
