"""Perplexity: one thread, its entries each a question with an answer and its sources."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import attached, cited, content, last_of
from webapp.documents.imports.readers.turns import Turn, in_turn
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_perplexity(value: Any) -> bool:
    return accepts(value, conversations=list) and any(
        accepts(one, query=str) and "answer" in one for one in value["conversations"]
    )


def read_perplexity(value: Any) -> Document:
    about, entries = mapping(value.get("metadata")), list(objects(value["conversations"]))
    times = [when for one in entries if (when := moment(one.get("created_at")))]
    began = moment(about.get("created_at")) or min(times, default=None)
    return document(
        name(about.get("uuid")) or name(about.get("id")),
        about.get("title"),
        in_turn((turn for one in entries for turn in _turns(one)), Clock(began)),
        created_at=began,
        updated_at=moment(about.get("updated_at")),
    )


def _turns(entry: Mapping[str, Any]) -> Iterator[Turn]:
    asked, answer, when = Said(), Said(), moment(entry.get("created_at"))
    asked.text(text(entry.get("query")))
    sent = entry.get("attachments")
    for one in sent if isinstance(sent, list) else ():
        attached(asked, {"name": last_of(one)} if isinstance(one, str) else mapping(one))
    content(answer, entry.get("answer"), is_answer=True)
    cited(answer, entry.get("sources"))
    yield Turn("user", asked, when)
    yield Turn("assistant", answer, when, text(entry.get("model")))
