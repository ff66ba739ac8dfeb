"""Files of other programs: each is known by one reader alone, and all that it holds arrives."""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.test_formats import JSON
from tests.fakes import exports
from tests.fakes.documents import ASKED, document
from tests.fakes.doubling import is_linear
from tests.fakes.foreign.all import SAMPLES
from tests.fakes.foreign.sample import Chat, Line, Sample
from tests.fakes.law import FOREIGN
from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.elements import elements
from webapp.documents.imports.formats import FORMATS, KNOWN
from webapp.documents.imports.items import items
from webapp.documents.imports.readers.deepseek import read_deepseek
from webapp.documents.imports.readers.grok import read_grok
from webapp.documents.imports.readers.html_text import markdown
from webapp.documents.imports.readers.lobechat import read_lobechat
from webapp.documents.imports.readers.sillytavern import read_sillytavern
from webapp.documents.imports.readers.thoughts import spoken
from webapp.documents.imports.reading import ConversationError, EmptyError
from webapp.documents.imports.records import Bad, Found, Unknown, conversations
from webapp.documents.imports.said import Said
from webapp.documents.imports.soundness import sound
from webapp.documents.imports.unpacking import open_package

PROPERTY = settings(deadline=None, max_examples=300, derandomize=True)

# Marks of these programs' own languages, beside those that no reader leaves.
MARKS = re.compile(
    r"</?grok:|</?xai|\[citation:\d|</?lobe|[^`]\{\{(?:user|char)\}\}|<USER>|<BOT>|<(?:p|b|br|li|ul|code|pre|table)>|&\w+;"
)


def records_of(data: bytes) -> Iterator[bytes]:
    return elements([data], 1_000_000)


def found_in(data: bytes) -> list[Found | Bad | Unknown]:
    return list(conversations(records_of(data)))


def whole(data: bytes) -> list[Document]:
    """All conversations that could be taken. None may be refused but for being empty."""
    found = found_in(data)
    assert not [one for one in found if isinstance(one, Unknown)]
    assert all(isinstance(one.error, EmptyError) for one in found if isinstance(one, Bad)), found
    return [one.document for one in found if isinstance(one, Found)]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_file_is_known_by_one_reader_alone(sample: Sample) -> None:
    values = [msgspec.json.decode(one) for one in records_of(sample.data)]
    known = [[one.key for one in FORMATS if one.is_it(value)] for value in values]
    assert [keys for keys in known if keys] == [[sample.format]] * sum(map(bool, known))
    assert any(known)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (exports.chatgpt(), "chatgpt"),
        (exports.claude(), "claude"),
        (exports.openwebui(), "openwebui"),
        (exports.librechat(), "librechat"),
        (exports.librechat(recursive=True), "librechat"),
        (msgspec.to_builtins(document(ASKED)), "openchat"),
    ],
)
def test_files_of_the_other_readers_are_no_others(value: Any, key: str) -> None:
    assert [one.key for one in FORMATS if one.is_it(value)] == [key]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_all_of_a_file_arrives(sample: Sample) -> None:
    documents = whole(sample.data)
    assert [one.title for one in documents] == [one.title for one in sample.chats]
    for found, expected in zip(documents, sample.chats, strict=True):
        check(found, expected)


def check(found: Document, expected: Chat) -> None:
    assert sound(found) == found
    on_branch = {one.id for one in found.branch}
    beside = [one for one in found.messages if one.id not in on_branch]
    for messages, lines in ((found.branch, expected.shown), (beside, expected.beside)):
        for message, line in zip_longest(messages, lines):
            assert message is not None, line
            assert line is not None, message
            check_message(message, line)
    about = (found.system_prompt, found.pinned, found.archived)
    assert about == (expected.system, expected.pinned, expected.archived)
    assert not expected.model or found.model == expected.model


def check_message(message: DocumentMessage, line: Line) -> None:
    assert (message.role, message.reasoning) == (line.role, line.thoughts), message
    assert message.content == line.text or (line.named and line.text in message.content), message
    assert all(one in message.content for one in line.named), message
    assert (message.status, message.error_message) == ("failed" if line.error else "complete", line.error), message
    assert tuple(one.url for one in message.sources) == line.sources, message
    assert len(message.pictures) == line.pictures, message
    assert line.model is None or message.model == line.model, message
    assert not line.when or message.created_at.isoformat() == line.when, message
    words = f"{message.content}\n{message.reasoning}"
    assert not FOREIGN.search(words), message
    assert not MARKS.search(words), message


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_file_has_the_same_ids_each_time(sample: Sample) -> None:
    def ids() -> list[tuple[str, list[str]]]:
        return [(one.id, [message.id for message in one.messages]) for one in whole(sample.data)]

    assert ids() == ids()
    assert len({key for key, _ in ids()}) == len(sample.chats)


def test_a_chat_that_has_grown_is_known_again() -> None:
    (sample,) = [one for one in SAMPLES if one.name.startswith("swipes")]
    (grown,), (before,) = whole(sample.data), whole(b"\n".join(sample.data.splitlines()[:-2]))
    assert grown.id == before.id
    assert [one.id for one in grown.messages][: len(before.messages)] == [one.id for one in before.messages]


def test_every_program_has_a_file_here_and_a_name() -> None:
    own = {"openchat", "chatgpt", "claude", "openwebui", "librechat"}
    assert {one.format for one in SAMPLES} == {one.key for one in FORMATS} - own
    assert all(one.name in KNOWN for one in FORMATS)


def test_a_zip_of_files_without_an_ending_is_read(tmp_path: Path) -> None:
    drive = [one for one in SAMPLES if one.format == "aistudio"]
    with zipfile.ZipFile(tmp_path / "drive.zip", "w") as archive:
        archive.writestr("Google AI Studio/fox.png", b"")
        for one in drive:
            archive.writestr(f"Google AI Studio/{one.name}", one.data)
    with open_package(tmp_path / "drive.zip", limit=1_000_000) as package:
        assert [one.title for one in items(package, limit=1_000_000)] == [one.chats[0].title for one in drive]


# Whatever it is given


def grok(words: str) -> Any:
    return {"conversation": {"id": "g"}, "responses": [{"response": {"_id": "r", "message": words}}]}


def deepseek(words: str) -> Any:
    node = {"parent": None, "message": {"fragments": [{"type": "RESPONSE", "content": words}]}}
    return {"id": "d", "inserted_at": "", "mapping": {"n": node}}


def lobechat(words: str) -> Any:
    row = {"id": "m", "role": "assistant", "content": words}
    return {"key": "k", "about": {}, "title": "", "agent": {}, "messages": [row], "files": {}, "threads": {}}


def sillytavern(words: str) -> Any:
    return {"head": {}, "messages": [{"name": "Bee", "is_user": False, "mes": words}]}


READERS: dict[str, Callable[[str], Any]] = {
    "markdown": markdown,
    "thoughts": lambda words: spoken(Said(), words),
    "grok": lambda words: read_grok(grok(words)),
    "deepseek": lambda words: read_deepseek(deepseek(words)),
    "lobechat": lambda words: read_lobechat(lobechat(words)),
    "sillytavern": lambda words: read_sillytavern(sillytavern(words)),
}
PIECES = [
    "<think>", "</think>", "<think></think>", "a\n</think>\n", '<grok:render card_id="x">', "<grok:render/>",
    "</grok:x>", '<xaiArtifact title="', "<xaiArtifact>", "<lobeThinking>", '<lobeArtifact title="x">', "{{user}}",
    "{{", "`", "```\n", "` <think>`", "[citation:1]", "[citation:", "<", "<!", '<a href="', "<a b='c' \"", "<ul><li>",
    "<b>", "</b>", "<p>", "<pre>", "&#", "&amp", "*", "_a", "\n", " ", "<td>|", "<table><tr>", "<br>",
]  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_twice_the_text_takes_twice_the_time(name: str) -> None:
    for piece in PIECES:
        assert is_linear(partial(_read, READERS[name], piece), 40_000), piece


def _read(read: Callable[[str], Any], piece: str, length: int) -> None:
    with suppress(EmptyError):
        read(piece * (length // len(piece)))


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A file in which something is gone, or is something else."""
    sample = draw(st.sampled_from(SAMPLES))
    values = [msgspec.json.decode(one) for one in records_of(sample.data)]
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, values)
    return b"\n".join(msgspec.json.encode(one) for one in values)


def _spoil(draw: st.DrawFn, values: list[Any]) -> None:
    place: Any = values
    while isinstance(place, dict | list) and place:
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if draw(st.integers(0, 3)) == 0 or not isinstance(inner, dict | list) or not inner:
            if draw(st.booleans()):
                del place[key]
            else:
                place[key] = draw(st.one_of(st.none(), st.just([inner]), st.just({"id": inner}), JSON))
            return
        place = inner


@PROPERTY
@given(spoiled())
def test_of_a_spoiled_file_come_sound_conversations_or_reasons(data: bytes) -> None:
    for one in found_in(data):
        if isinstance(one, Found):
            assert sound(one.document) == one.document
            msgspec.convert(msgspec.to_builtins(one.document), Document)


@PROPERTY
@given(spoiled(), st.sampled_from(FORMATS))
def test_a_reader_raises_nothing_but_its_own_error(data: bytes, format_: Any) -> None:
    values = [msgspec.json.decode(one) for one in records_of(data)]
    known = [one for one in values if format_.is_it(one)]
    for one in [known] if format_.gathers and known else known:
        try:
            for chat in format_.split(one):
                format_.read(chat)
        except ConversationError:
            pass
