"""Perplexity: one thread, its entries each a question with an answer and its sources.

As its export has it, or as its API gives it to extensions of browsers: an entry made of blocks.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import attached, cited, content, last_of
from webapp.documents.imports.readers.turns import Turn, in_turn
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

_OWN_LINK: Final = re.compile(r"\[([^\[\]\n]*)\]\(pplx://[^()\s]*\)")  # to ask on; nothing is there for others

Row = Mapping[str, Any]


def is_perplexity(value: Any) -> bool:
    return (
        accepts(value, conversations=list)
        and any(accepts(one, query=str) and "answer" in one for one in value["conversations"])
    ) or _is_thread(value)


def _is_thread(value: Any) -> bool:
    return accepts(value, entries=list) and any(accepts(one, query_str=str, blocks=list) for one in value["entries"])


def read_perplexity(value: Any) -> Document:
    entries = list(objects(value["entries"] if _is_thread(value) else value["conversations"]))
    about = mapping(value.get("metadata")) or entries[0]
    turns = [turn for one in entries for turn in _turns(one)]
    times = [one.when for one in turns if one.when]
    began = moment(about.get("created_at")) or min(times, default=None)
    return document(
        name(about.get("context_uuid")) or name(about.get("uuid")) or name(about.get("id")),
        about.get("title") or about.get("thread_title"),
        in_turn(turns, Clock(began)),
        created_at=began,
        updated_at=moment(about.get("updated_at")),
    )


def _turns(entry: Row) -> Iterator[Turn]:
    asked, answer = Said(), Said()
    when = moment(entry.get("created_at")) or moment(entry.get("entry_updated_datetime"))
    asked.text(text(entry.get("query")) or text(entry.get("query_str")))
    sent = entry.get("attachments")
    for one in sent if isinstance(sent, list) else ():
        attached(asked, {"name": last_of(one)} if isinstance(one, str) else mapping(one))
    content(answer, entry.get("answer"), is_answer=True)
    cited(answer, entry.get("sources"))
    for block in objects(entry.get("blocks")):
        _block(answer, block)
    yield Turn("user", asked, when)
    yield Turn("assistant", answer, when, text(entry.get("model")) or text(entry.get("display_model")))


def _block(answer: Said, block: Row) -> None:
    words = text(mapping(block.get("markdown_block")).get("answer"))
    if block.get("intended_usage") == "ask_text":  # the same text can stand in other blocks once more
        answer.text(_OWN_LINK.sub(r"\1", words))
    for row in objects(mapping(block.get("sources_mode_block")).get("rows")):
        cited(answer, [row.get("web_result")])
    cited(answer, mapping(block.get("web_result_block")).get("web_results"))
    for one in objects(mapping(block.get("image_mode_block")).get("media_items")):
        answer.missing("Image", text(one.get("name")) or text(one.get("image")))
    for one in objects(mapping(block.get("video_mode_block")).get("media_items")):
        answer.missing("Video", text(one.get("name")) or text(one.get("url")))
