"""Cherry Studio's backup: `data.json`, with topics, and blocks of their messages, in tables.

What the topics are called stands in what the browser kept, as JSON within JSON. Several models can have answered one
question. Before version 4 a message had its text itself.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import msgspec

from webapp.documents.document import Document
from webapp.documents.imports import marks
from webapp.documents.imports.marks import Kind
from webapp.documents.imports.readers.parts import attached, cited, file_name, picture, problem
from webapp.documents.imports.readers.thoughts import spoken
from webapp.documents.imports.readers.turns import Turn, Versions, laid, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

Row = Mapping[str, Any]

_KINDS: Final[dict[str, Kind]] = {"file": "File", "image": "Image", "video": "Video"}


def is_cherrystudio(value: Any) -> bool:
    return accepts(value, indexedDB=dict, localStorage=dict) and accepts(value["indexedDB"], topics=list)


def split_cherrystudio(value: Any) -> Iterator[Any]:
    blocks = {text(one.get("id")): one for one in objects(value["indexedDB"].get("message_blocks"))}
    about = _about(value["localStorage"])
    for topic in objects(value["indexedDB"]["topics"]):
        found = about.get(text(topic.get("id")), {})
        yield {"topic": topic, "about": found, "blocks": blocks}


def _about(kept: Row) -> dict[str, Row]:
    """What is known of topics beside their messages, with the prompt of the assistant they belong to."""
    state = _decoded(kept.get("persist:cherry-studio"))
    assistants = mapping(_decoded(mapping(state).get("assistants")))
    found = dict[str, Row]()
    for one in [*objects(assistants.get("assistants")), mapping(assistants.get("defaultAssistant"))]:
        for topic in objects(one.get("topics")):
            found.setdefault(text(topic.get("id")), {"prompt": one.get("prompt"), **topic})
    return found


def _decoded(value: Any) -> Any:
    try:
        return msgspec.json.decode(text(value))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def read_cherrystudio(value: Any) -> Document:
    topic, about, blocks = value["topic"], value["about"], value["blocks"]
    began = moment(about.get("createdAt"))
    found = laid(_places(topic, blocks), Clock(began))
    return document(
        name(topic.get("id")),
        about.get("name") or topic.get("name"),
        found.messages,
        leaf=found.leaf,
        created_at=began,
        updated_at=moment(about.get("updatedAt")),
        system_prompt=text(about.get("prompt")),
        pinned=about.get("pinned") is True,
    )


def _places(topic: Row, blocks: Mapping[str, Row]) -> Iterator[Versions]:
    """Answers to one question that follow each other are in one place."""
    messages = (one for one in objects(topic.get("messages")) if one.get("type") != "clear")
    for asked, group in groupby(messages, key=lambda one: text(one.get("askId"))):
        rows = list(group)
        if not asked:
            yield from (Versions([_turn(one, blocks)]) for one in rows)
            continue
        selected = [one.get("foldSelected") is True or one.get("useful") is True for one in rows]
        chosen = selected.index(True) if True in selected else 0
        yield Versions([_turn(one, blocks) for one in rows], chosen)


def _turn(message: Row, blocks: Mapping[str, Row]) -> Turn:
    said, role = Said(), role_of(message.get("role")) or "assistant"
    error = problem(message.get("error"))
    keys = message.get("blocks")
    for key in keys if isinstance(keys, list) else ():
        block = blocks.get(text(key))
        if block is None:
            said.missing("Part")
        elif block.get("type") == "error":
            error = problem(block.get("error")) or error or "No answer came."
        else:
            _block(said, block, is_answer=role == "assistant")
    said.thought(text(message.get("reasoning_content")))
    _words(said, message.get("content"), is_answer=role == "assistant")
    cited(said, mapping(message.get("metadata")).get("citations"))
    for one in objects(message.get("files")):
        attached(said, one)
    model = text(mapping(message.get("model")).get("id")) or text(message.get("modelId"))
    return Turn(role, said, moment(message.get("createdAt")), model, error, key=text(message.get("id")))


def _words(said: Said, words: Any, *, is_answer: bool) -> None:
    spoken(said, text(words)) if is_answer else said.text(text(words))


def _block(said: Said, block: Row, *, is_answer: bool) -> None:
    kind, words = text(block.get("type")), text(block.get("content"))
    if kind in ("main_text", "compact"):
        _words(said, words, is_answer=is_answer)
    elif kind == "thinking":
        said.thought(words)
    elif kind == "code":
        said.text(marks.fenced(words, text(block.get("language"))))
    elif kind == "translation":
        said.block("Translation", words)
    elif kind == "tool":
        said.tool(text(block.get("toolName")) or text(block.get("toolId")))
    elif kind == "citation":
        _citation(said, mapping(block.get("response")).get("results"))
        cited(said, [one.get("sourceUrl") for one in objects(block.get("knowledge"))])
    elif kind == "image" and (made := _texts(mapping(block.get("metadata")).get("generateImageResponse"))):
        for address in made:
            picture(said, {"url": address})
    elif kind == "image" and text(block.get("url")):
        picture(said, block)
    elif kind in _KINDS:
        said.missing(_KINDS[kind], file_name(mapping(block.get("file"))) or file_name(block))
    elif kind != "unknown" or words:
        said.missing("Part", kind)


def _texts(made: Any) -> list[str]:
    """The pictures that a model has made, by their addresses or as they are."""
    found = mapping(made).get("images")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _citation(said: Said, results: Any) -> None:
    cited(said, results)
    cited(said, mapping(results).get("results"))
    cited(said, [mapping(one).get("web") for one in objects(mapping(results).get("groundingChunks"))])
